#!/usr/bin/env bash
# translate --alignment: right where the translation is word for word, within its lines whatever these are, the same in any
# company, and refused without attention.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

# Each word becomes one of other letters, some of them two, so that pieces do not match pieces.
corpus corpus 1200 60 100
for set in train dev test; do
    tr 'A-Za-z' 'N-ZA-Mn-za-m' <corpus/$set.en | sed 's/[nrvbh]/&x/g' >corpus/$set.xx
done
cat >words.yaml <<'YAML'
data: {src: en, trg: xx, train: [corpus/train], dev: corpus/dev}
tokenizer: {type: bpe, vocab_size: 400, joint: false}
model:
  encoder: {cell: gru, layers: 1, hidden: 48, embedding: 48, bidirectional: true, reverse_source: false}
  decoder: {cell: gru, layers: 1, hidden: 48, embedding: 48, attention: general}
  dropout: {rnn: 0}
training:
  {batch_tokens: 600, learning_rate: 0.005, label_smoothing: 0, max_epochs: 0, max_updates: 800, validate_every: 400,
   early_stopping: {patience: 0}}
decoding: {beam_size: 2}
YAML
train() { must train words.yaml --quiet --threads 1 "$@"; }
translate() { must translate "$run" --no-record --quiet "$@"; }

# ---- right ----

# in_place RIGHT SHARE: of the test's lines at least so many are translated right, and of the pairs of these so large a share
# is i-i.
in_place() {
    translate -i corpus/test.en --alignment --threads 1 >aligned
    awk -F' [|][|][|] ' -v least="$1" -v share="$2" '
        FNR == NR { wanted[FNR] = $0; next }
        $1 == wanted[FNR] {
            right++
            words += split($1, word, " ")
            count = split($2, pair, " ")
            for (i = 1; i <= count; i++) { split(pair[i], end, "-"); pairs++; straight += end[1] == end[2] }
        }
        END {
            print right " of " FNR " lines right; " pairs " pairs for " words " words, " straight " of them straight"
            exit !(right >= least && straight >= share * pairs && straight >= share * words)
        }' corpus/test.xx aligned
}
train >run && run=$(cat run)
in_place 60 0.97 >said || fail "general attention, both directions: $(cat said)"
train --set model.encoder.bidirectional=false --set model.encoder.reverse_source=true >reversed_run && run=$(cat reversed_run)
in_place 20 0.75 >said || fail "general attention, source reversed: $(cat said)"
run=$(cat run)

# ---- within the lines, whatever these are ----

kinds=(
    '' ' ' '\t\t' '   \t \v \f ' '\302\240' '\343\200\200' '\342\200\250' '\302\240The\302\240dog\302\240sees\302\240'
    'The dog \377\376 sees' '\303\050' 'cut \342\226' '\200\200\200' 'NUL \0 the \0\0 dog' '\0' 'the\rdog' 'The dog sees.\r' '\r'
    '\001\002\033[31m\177 control' 'the\342\200\250dog' 'the\vdog\fsees' '\001\v\001\v\001\vdog' '  The   dogs\t\tsee it  . '
    'e\314\201\314\201 combining' '\314\201alone' '\302\264quoted\302\264 and\342\200\246 so on' '\360\237\221\251\342\200\215\360\237\232\200'
    '\344\275\240\345\245\275\344\270\226\347\225\214' '\344\275\240 \345\245\275\v\344\270\226 dog' '...!?!?.,;:' '|||' 'a ||| b ||| 0-0'
    '\342\226\201' '\342\226\201\342\226\201the\342\226\201dog \342\226\201' '<s>' '</s> the <unk> <0x20>' '\342\201\207' '12345678901234567890'
    'Are the simple rules accepted?' 'They explained no rule to the sisters at 11:30.'
)
for ((i = 0; i < 1200; i++)); do
    # shellcheck disable=SC2059
    printf -- "${kinds[i % ${#kinds[@]}]}"
    ((i % 5)) || printf ' the sisters see %d' "$i"
    echo
done >short
{ cat short; yes 'the happy sisters see my small rules ' | head -c 300000 | tr '\n' ' '; echo; } >input
translate -i input --threads 2 >plain
translate -i input --threads 2 --alignment >aligned
[ "$(wc -l <aligned)" = 1201 ] || fail "1201 lines gave $(wc -l <aligned)"
sed 's/ ||| [-0-9 ]*$//' aligned >out
same plain out "--alignment changes translations"
sed 's/.* ||| //' aligned | grep -vcE '^([0-9]+-[0-9]+( [0-9]+-[0-9]+)*)?$' | grep -qx 0 || fail "no pairs: $(sed 's/.* ||| //' aligned | grep -vE '^[-0-9 ]*$' | head -3)"
words() { tr '\0' 'x' | awk -F'[ \t\v\f\r]+' '{ print NF - (NF && $1 == "") - (NF > 1 && $NF == "") }'; }
paste -d' ' <(words <input) <(words <plain) <(sed 's/.* ||| //' aligned) | awk '
    {
        for (i = 3; i <= NF; i++) {
            split($i, end, "-")
            if (end[1] >= $1 || end[2] >= $2) { print "line " NR ": " $i " of " $1 " and " $2 " words"; exit 1 }
            if (i > 3 && (end[1] < s || (end[1] == s && end[2] <= t))) { print "line " NR ": " $i " behind " s "-" t; exit 1 }
            s = end[1] + 0; t = end[2] + 0
            pairs++
        }
    }
    END { if (pairs < 1500) { print pairs " pairs"; exit 1 } }' >said || fail "pairs out of range or order: $(cat said)"
printf '\n \n' | translate --alignment >out
[ "$(cat out)" = " ||| "$'\n'" ||| " ] || fail "blank lines gave '$(cat out)'"

# ---- the same in any company ----

tac input | translate --alignment --threads 1 --mini-batch 1 | tac >out
same aligned out "reversed, --mini-batch 1, 1 thread"
translate -i short --alignment --threads 2 --mini-batch 7 >out
cmp -s <(head -1200 aligned) out || fail "--mini-batch 7, 2 threads: differs"

# ---- beside the other figures ----

head -50 input >some
head -50 aligned >some.aligned
translate -i some --alignment --word-scores >out
grep -vcE ' \|\|\| [-0-9 ]* ?\|\|\| WordScores=( -?[0-9.]+)+$' out | grep -qx 0 || fail "with word scores: $(head -3 out)"
sed 's/ ||| WordScores=.*//' out >cut
same some.aligned cut "--word-scores"
translate -i some --alignment --n-best 2 >out
grep -vcE '^[0-9]+ \|\|\| .*\|\|\| [-0-9 ]* ?\|\|\| F0=-?[0-9]+\.[0-9]{6} \|\|\| -?[0-9]+\.[0-9]{6}$' out | grep -qx 0 ||
    fail "with --n-best: $(head -3 out)"
sort -t' ' -k1,1n -u -s out | sed 's/^[0-9]* ||| //; s/ ||| F0=[^|]*||| [^|]*$//' >cut
same some.aligned cut "the first of --n-best"

# ---- without attention ----

train --set model.decoder.attention=none --set training.max_updates=20 --set training.validate_every=20 >run
expect 2 '^latimer translate: --alignment: alignments come from attention, and this model has none' \
    translate "$(cat run)" --alignment --no-record --quiet
[ -s out ] && fail "there is output all the same"

finish
