#!/usr/bin/env bash
# translate's decoding options through the binary: each does what it says, is the same in any company, stands in the record, and
# combinations without meaning are refused.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

# Each word becomes one of other letters, and in every line stands a name that no other line has, the same in both.
corpus corpus 1200 60 100
mkdir names
for set in train dev test; do
    awk -v set=$set '{ at = NR % (NF + 1); line = at ? "" : "Q" set NR
        for (i = 1; i <= NF; i++) line = line (line == "" ? "" : " ") $i (i == at ? " Q" set NR : ""); print line }' corpus/$set.en >names/$set.en
    awk '{ for (i = 1; i <= NF; i++) { if ($i !~ /^Q/) $i = tr($i); printf "%s%s", $i, i < NF ? " " : "\n" } }
        function tr(w,  i, c, o) { for (i = 1; i <= length(w); i++) { c = substr(w, i, 1); p = index(from, c); o = o (p ? substr(to, p, 1) : c) } return o }
        BEGIN { from = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"; to = "nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM" }' names/$set.en >names/$set.xx
done
known=$(tr ' ' '\n' <names/train.en | grep -v '^Q' | sort | uniq -c | awk '$1 > 1' | wc -l)
cat >words.yaml <<YAML
data: {src: en, trg: xx, train: [names/train], dev: names/dev}
tokenizer: {type: word, vocab_size: $known, joint: false}
model:
  encoder: {cell: gru, layers: 1, hidden: 48, embedding: 48, bidirectional: true, reverse_source: false}
  decoder: {cell: gru, layers: 1, hidden: 48, embedding: 48, attention: general}
  dropout: {rnn: 0}
training:
  {batch_tokens: 600, learning_rate: 0.005, label_smoothing: 0, max_epochs: 0, max_updates: 700, validate_every: 700,
   early_stopping: {patience: 0}}
decoding: {beam_size: 4}
YAML
must train words.yaml --quiet --threads 1 >run && run=$(cat run)
translate() { must translate "$run" --no-record --quiet "$@"; }

# any_company FILE OPTION...: the same in other batches, order (but for n-best lists, which have numbers), and number of threads.
any_company() {
    local file=$1
    shift
    translate -i "$file" --threads 2 "$@" >together
    translate -i "$file" --threads 1 --mini-batch 1 "$@" >alone
    same together alone "$*: --mini-batch 1, 1 thread"
    if [[ $* != *n-best* ]]; then
        tac "$file" | translate --threads 1 --mini-batch 16 "$@" | tac >alone
        same together alone "$*: reversed"
    fi
    translate -i "$file" --threads 2 --mini-batch 7 "$@" >alone
    same together alone "$*: --mini-batch 7, 2 threads"
}
hostile_lines 300 >hostile
cat names/test.en hostile >input
n_best_format='^[0-9]+ \|\|\| .*\|\|\| F0=-?[0-9]+\.[0-9]{6} \|\|\| -?[0-9]+\.[0-9]{6}$'
well_formed() { grep -avcE "$n_best_format" "$1" | grep -qx 0 || fail "$2: $(grep -avE "$n_best_format" "$1" | head -3)"; }
# score, without the coverage penalty, is F0 / (pieces + 1)
f0() { sed 's/.*||| F0=\([^ ]*\) ||| .*/\1/' "$1"; }

# ---- unknown words ----

translate -i names/test.en --threads 2 >plain
translate -i names/test.en --threads 2 --replace-unk >replaced
grep -q 'Qtest' plain && fail "a name is known: the test is too easy"
paste -d'|' replaced names/test.xx | awk -F'|' '
    { n = split($1, word, " "); split($2, wanted, " "); for (i = 1; i <= n; i++) if (word[i] ~ /^Qtest/) { names++; for (w in wanted) right += wanted[w] == word[i] } }
    END { print names " names put in, " right " of them the reference has"; exit !(names >= 60 && right >= 0.9 * names) }' >said ||
    fail "replace_unk: $(cat said)"
any_company input --replace-unk
[ "$(wc -l <together)" = "$(wc -l <input)" ] || fail "replace_unk: $(wc -l <input) lines gave $(wc -l <together)"
translate -i names/test.en --replace-unk --alignment >aligned
sed 's/ ||| [-0-9 ]*$//' aligned >out
same replaced out "--replace-unk with --alignment"
paste -d'|' <(sed 's/ ||| / @ /' aligned) names/test.en | awk -F'[@|]' '
    { split($1, trg, " "); n = split($2, pair, " "); split($3, src, " ")
      for (i in trg) names += trg[i] ~ /^Qtest/
      for (i = 1; i <= n; i++) { split(pair[i], end, "-"); t = trg[end[2] + 1]; same += t ~ /^Qtest/ && t == src[end[1] + 1] } }
    END { print names " names, " same " go with the same"; exit !(names >= 60 && same == names) }' >said || fail "alignment of replaced words: $(cat said)"
translate -i names/test.en --replace-unk --n-best 3 >nbest
well_formed nbest "--replace-unk --n-best"
sort -t' ' -k1,1n -u -s nbest | sed 's/^[0-9]* ||| //; s/ ||| F0=[^|]*||| [^|]*$//' >out
same replaced out "--replace-unk: the first of --n-best"
translate -i names/test.en --replace-unk --word-scores | sed 's/ ||| WordScores=.*//' >out
same replaced out "--replace-unk --word-scores"

# ---- coverage, lengths, n-grams ----

translate -i input --threads 2 --n-best 4 >plain.nbest
any_company input --coverage-penalty 2 --n-best 4
well_formed together "--coverage-penalty --n-best"
same <(sort plain.nbest | sed 's/ ||| [^|]*$//') <(sort together | sed 's/ ||| [^|]*$//') "coverage ranks, it does not search: the beam"
awk -F' [|][|][|] ' 'FNR == NR { score[$1 " " $2] = $4; next } { key = $1 " " $2; if ($4 > score[key] + 1e-6) exit 1; less += $4 < score[key] - 0.01 } END { exit !(less > 100) }' \
    plain.nbest together || fail "with a coverage penalty scores are not lower"
# Best first, but for those that met the length limit, which stand behind.
awk -F' [|][|][|] ' '
    FNR == NR { limit[FNR - 1] = 2 * (split($0, word, " ") + 1); next }
    $1 < 100 && split($2, word, " ") < limit[$1] { if ($1 == line && $4 > before + 1e-6) { print; exit 1 } line = $1; before = $4; listed++ }
    END { print listed " listed"; exit listed < 60 }' names/test.en together >said || fail "n-best is not in the order of score: $(cat said)"

any_company input --min-length-factor 1.5
paste -d'|' names/test.en together | head -100 | awk -F'|' '{ if (split($2, a, " ") < 1.4 * split($1, b, " ")) { print; exit 1 } }' >said ||
    fail "shorter than --min-length-factor: $(cat said)"
any_company input --min-length-factor 2 --no-repeat-ngram 2
head -100 together | awk '{ delete seen; for (i = 2; i <= NF; i++) if (seen[$(i - 1) " " $i]++) { print; exit 1 } }' >said ||
    fail "--no-repeat-ngram 2 repeats: $(cat said)"
translate -i names/test.en --min-length-factor 2 >out
awk '{ delete seen; for (i = 2; i <= NF; i++) if (seen[$(i - 1) " " $i]++) exit 1 }' out &&
    fail "nothing repeats without --no-repeat-ngram: the test is too easy"

# ---- sampling ----

any_company input --sampling
cp together sampled
any_company input --sampling --temperature 1.5 --top-k 20 --top-p 0.9 --no-repeat-ngram 3
cmp -s sampled together && fail "--temperature changes nothing"
any_company input --sampling --precision int8
any_company names/test.en --sampling --n-best 4
well_formed together "--sampling --n-best"
[ "$(wc -l <together)" = 400 ] || fail "4 samples of 100 lines are $(wc -l <together)"
"$LATIMER" translate "$run" -i names/test.en --sampling --n-best 4 --max-length-factor 0.1 --no-record >/dev/null 2>err
cut=$(sed -n 's/.*; \([0-9]*\) translations were cut.*/\1/p' err)
[ "${cut:-0}" -gt 200 ] || fail "of 400 samples of a piece or two '$cut' were cut: $(cat err)"
cp -r "$run" covering && sed -i 's/^  coverage_penalty: .*/  coverage_penalty: 0.2/' covering/experiment.yaml
must translate covering -i names/test.en --sampling --n-best 4 --no-record --quiet >out
same together out "samples of a run whose searches have a coverage penalty"
sed -n '1~4s/^[0-9]* ||| //; 1~4s/ ||| F0=.*//p' together >out
head -100 sampled >cut
same cut out "the first sample, alone and of four"
translate -i names/test.en --sampling --sampling-seed 2 >out
cmp -s cut out && fail "--sampling-seed changes nothing"
translate -i names/test.en --beam-size 1 >greedy
translate -i names/test.en --sampling --top-k 1 >out
same greedy out "--top-k 1 and a beam of one"
yes 'the sisters see my small rules Qx .' | head -5 | translate --sampling | sort -u | wc -l | grep -qx 1 || fail "the same line gives other samples"
# Figures are those of the text: what rescore says.
sed 's/^[0-9]* ||| //; s/ ||| F0=[^|]*||| [^|]*$//' together >some.trg
awk '{ print $1 + 1 "p" }' together >script
while read -r p; do sed -n "$p" names/test.en; done <script >some.src
must rescore "$run" some.src some.trg --quiet >out
same <(f0 together) out "F0 of samples and rescore"
must shortlist "$run" --quiet --first 50 --best 10
any_company input --sampling --shortlist
any_company input --coverage-penalty 0.2 --no-repeat-ngram 3 --min-length-factor 0.5 --replace-unk --shortlist

# ---- the record ----

"$LATIMER" translate "$run" -i names/test.en -o out --coverage-penalty 0.2 --replace-unk --ref names/test.xx 2>err || fail "recording: $(cat err)"
decoding=$(sed -n 's/^recorded as \([0-9a-f]*\) in .*/\1/p' err)
must show "$decoding" --json >shown
grep -q '"decoding.coverage_penalty": "0.2"' shown || fail "the coverage penalty is not recorded"
grep -q 'allow_unk=false coverage_penalty=0.2 replace_unk=true"' shown || fail "the scores do not say how: $(grep allow_unk= shown)"

# ---- what makes no sense ----

refused() {
    local pattern=$1
    shift
    expect 2 "^latimer translate: decoding\.$pattern" translate "$run" --no-record --quiet "$@"
    [ -s out ] && fail "$*: there is output all the same"
}
refused 'temperature: .*set sampling' --temperature 0.5
refused 'top_k: .*set sampling' --top-k 5
refused 'sampling_seed: ' --sampling-seed 3
refused 'coverage_penalty: .*leave one of them out' --sampling --coverage-penalty 0.2
refused 'min_length_factor: ' --min-length-factor 4
expect 2 'top.p' translate "$run" --sampling --top-p 0
expect 2 'temperature' translate "$run" --sampling --temperature 0
expect 2 'beam' translate "$run" --sampling --n-best 9 --no-record --quiet
for key in coverage_penalty=0.2 replace_unk=true; do
    expect 2 "decoding.${key%=*}: .*no attention" train words.yaml --set model.decoder.attention=none --set decoding.$key --quiet
done
must train words.yaml --quiet --threads 1 --set model.decoder.attention=none --set training.max_updates=5 --set training.validate_every=5 >blind
run=$(cat blind)
refused 'coverage_penalty: .*no attention' --coverage-penalty 0.2
refused 'replace_unk: .*no attention' --replace-unk
any_company input --sampling --no-repeat-ngram 2 --min-length-factor 0.5
# Nothing is validated by chance.
expect 2 'decoding.sampling: .*by chance' train words.yaml --set decoding.sampling=true --quiet
# What divides the fields of an n-best list is not copied into it.
must train words.yaml --quiet --threads 1 --set training.max_updates=5 --set training.validate_every=5 >barred
run=$(cat barred)
printf '||| a|||b ||| |||\n' >bars
translate -i bars --replace-unk --n-best 2 >out
awk -F ' [|][|][|] ' 'NF != 4 { exit 1 }' out || fail "an n-best list that cannot be read: $(cat out)"

finish
