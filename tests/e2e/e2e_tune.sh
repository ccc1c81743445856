#!/usr/bin/env bash
# latimer tune: what it chooses is in the run's folder, translate goes by it and gives the score that was told; the command
# line comes before it; it can be left aside and forgotten; another checkpoint is said; what does not fit is refused.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

# Pairs half learned by heart, and a set of those: settings must differ.
corpus corpus 200 20 20
cat >toy.yaml <<'YAML'
data: {src: en, trg: de, train: [corpus/train], dev: corpus/train, test: [corpus/test]}
tokenizer: {type: bpe, vocab_size: 400}
model:
  encoder: {layers: 1, hidden: 48, embedding: 48}
  decoder: {layers: 1, hidden: 48, embedding: 48, attention: dot}
  dropout: {rnn: 0}
training: {batch_tokens: 200, learning_rate: 0.01, label_smoothing: 0, max_updates: 150, validate_every: 75, early_stopping: {metric: loss}}
decoding: {beam_size: 2, normalize: 0.3}
YAML
must train toy.yaml --quiet --threads 1 --runs runs >run && run=$(cat run)
translate() { must translate "$run" -i corpus/train.en --quiet --no-record "$@"; }
others=() # what is searched beside, held at its default
"$LATIMER" tune --help >help && grep -q -- --coverage-penalty help && others=(--grid coverage_penalty=0)
tune_some() { must tune "$run" "${others[@]}" "$@"; }
tune() { tune_some --threads 2 --grid beam_size=1,2,4 --grid normalize=0,0.3,1,2 "$@"; }
of_file() { sed -n "s/^ *$1: //p" "$run/decoding.yaml" | tr -d '"'; }
rows() { grep -c '^beam_size=' "$1"; }
scores() { sed -n 's/^\([a-z_]*=[^ ]* *\)\{1,\}\([0-9.]*\) .*/\2/p' "$1" | sort -n; } # of a table, the lowest first

translate >before
translate -n 2 --beam-size 4 >wide
cmp -s before wide && fail "all settings give the same: nothing can be told"

# ---- what it chooses ----

tune --min-gain 0 --standard-errors 0 --metric chrf >table
cp err told
grep -Eq '^chosen of .* a gain of \+[0-9.]+ on the run.s own \(p = [0-9.]+\); written' err || fail "tune says $(cat err)"
[ "$(head -2 table | tail -1 | cut -c1-26)" = "beam_size=2 normalize=0.3 " ] || fail "the run's own is not the first: $(head -2 table)"
[ "$(rows table)" = "$(of_file settings)" ] || fail "$(rows table) rows of $(of_file settings) settings"
best=$(scores table | tail -1)
[ "$(printf '%.2f' "$(of_file score)")" = "$best" ] || fail "$(of_file score) was chosen, the best of the table is $best"
beam=$(of_file beam_size) normalize=$(of_file normalize)
[ "$beam $normalize" = "2 0.3" ] && fail "the run's own was chosen: nothing can be told"
[ "$(of_file checksum)" = "$(head -c 30000 "$run/best.safetensors" | grep -aoE 'crc32:[0-9a-f]+' | head -1)" ] || fail "checksum $(of_file checksum)"
grep -q max_length "$run/decoding.yaml" && fail "more was written than was chosen"
no_temporary_files "$run"

translate --beam-size "$beam" --normalize "$normalize" --no-tuned >expected
translate >out
same expected out "translate of a tuned run, and with the same options given"
score=$("$LATIMER" score corpus/train.de -i out -m chrf --json | field score)
awk -v a="$score" -v b="$(of_file score)" 'BEGIN { exit !(a - b < 0.0001 && b - a < 0.0001) }' ||
    fail "translate scores $score, tune said $(of_file score)"
translate --no-tuned >out
same before out "--no-tuned"
translate --beam-size 4 --normalize 2 >out
same wide out "what is given comes before what was tuned"
"$LATIMER" translate "$run" -i corpus/test.en --no-record >out 2>err || fail "translate: $(cat err)"
grep -q "^beam_size=$beam normalize=$normalize.* as tuned ($run/decoding.yaml" err || fail "translate does not say how: $(cat err)"
"$LATIMER" translate "$run" -i corpus/test.en -b 1 --no-record >out 2>err || fail "translate: $(cat err)"
grep -q "^normalize=$normalize.* as tuned" err || fail "translate -b 1 says: $(cat err)"

# The same whatever the threads and batches, but for the speed.
for options in "--threads 1" "--threads 2 --mini-batch 7 --mini-batch-words 50"; do
    # shellcheck disable=SC2086
    tune --min-gain 0 --standard-errors 0 --metric chrf --no-record $options >again
    cmp -s <(sed 's/ *[^ ]*$//' table) <(sed 's/ *[^ ]*$//' again) || fail "another table with $options"
done
[ "$(of_file beam_size) $(of_file normalize)" = "$beam $normalize" ] || fail "another choice"

# ---- in the database ----

must runs --decodings --json >runs.json
[ "$(grep -c '"kind": "decoding"' runs.json)" = 2 ] || fail "not the run's own and the chosen setting are recorded: $(cat runs.json)"
chosen=$(sed -n 's/.*recorded as \([0-9a-f]*\) in.*/\1/p' told | tail -1)
must show "$chosen" >shown
[ "$(sed -n '/^Settings tried/,/^$/p' shown | grep -c '^ *[0-9]')" = "$(rows table)" ] || fail "not all settings are recorded: $(cat shown)"
must show "$chosen" --json >shown
[ "$(field decoding.beam_size shown)" = "$beam" ] || fail "recorded with a beam of $(field decoding.beam_size shown)"
[ "$(field input_sha256 shown)" = "$(sha256 corpus/train.en)" ] || fail "recorded input: $(field input_sha256 shown)"
must compare $(sed -n 's/.*recorded as \([0-9a-f]*\) in.*/\1/p' told) >compared
grep -q 'decoding.normalize' compared || fail "compare does not tell them apart: $(cat compared)"
must show "$run" >shown
grep -q "^tuned  *beam_size=$beam normalize=$normalize.* (chrf $best on train, a gain of +" shown || fail "show: $(grep ^tuned shown)"
must show "$run" --json >shown
grep -q "\"decoding\": \"beam_size=$beam normalize=$normalize[^\"]*\"" shown || fail "show --json does not say it"

# ---- by other metrics, with fixed options, on another set ----

tune --min-gain 100 --no-record --quiet >again
[ -s err ] && fail "--quiet: $(cat err)"
[ "$(of_file normalize)" = 0.3 ] || fail "--min-gain 100 chose normalize $(of_file normalize)"
tune --metric chrf --min-gain 0 --standard-errors 100 --no-record >again
[ "$(of_file normalize)" = 0.3 ] || fail "within a hundred standard errors normalize $(of_file normalize) was chosen"
tune --metric ter --min-gain 0 --standard-errors 0 --no-record >again
least=$(scores again | head -1)
[ "$(printf '%.2f' "$(of_file score)")" = "$least" ] || fail "by TER $(of_file score) was chosen, the least is $least"
tune_some --beam-size 3 --grid normalize=1 --src corpus/dev.en --ref corpus/dev.de --no-record >again
[ "$(of_file beam_size) $(of_file set) $(rows again)" = "3 dev 3" ] || fail "a fixed beam: $(cat again "$run/decoding.yaml")"
translate >out && translate --no-tuned -b 3 -n "$(of_file normalize)" >expected
same expected out "a beam that was fixed"
tune_some --precision int8 --grid beam_size=1 --grid normalize=1 --no-record >again
[ "$(of_file precision)" = int8 ] || fail "precision $(of_file precision)"
tune_some --grid allow_unk=true,false --grid beam_size=2 --grid normalize=1 --no-record >again
grep -q 'allow_unk=true' again || fail "a key that is not searched otherwise: $(cat again)"
tune_some --grid max_length=3 --grid beam_size=2 --grid normalize=1 --no-record >again
sed -i 's/max_length: .*/max_length: 3/' "$run/decoding.yaml" # by hand
must rescore "$run" corpus/train.en corpus/train.de >out && must rescore "$run" corpus/train.en corpus/train.de --max-length 3 >expected
same expected out "rescore cuts as translate does"
must rescore "$run" corpus/train.en corpus/train.de --no-tuned >out
cmp -s expected out && fail "rescore --no-tuned cuts all the same"

# ---- the folder alone ----

cp -r "$run" alone && tune --no-record >again
rm -rf elsewhere && mkdir elsewhere && cp -r "$run" elsewhere/run
(cd elsewhere && must translate run -i ../corpus/train.en --quiet --no-record >out) && translate >expected
same expected elsewhere/out "the folder alone"

# ---- another checkpoint ----

cp "$run/decoding.yaml" kept
must quantize "$run" --quiet
"$LATIMER" translate "$run" -i corpus/test.en --no-record --precision int8 >out 2>err || fail "int8: $(cat err)"
grep -q 'another checkpoint' err && fail "integers made of the checkpoint are taken for another: $(cat err)"
must train --resume "$run" --set training.max_updates=300 --quiet --threads 1 >out
same kept "$run/decoding.yaml" "--resume"
"$LATIMER" translate "$run" -i corpus/test.en --no-record >out 2>err || fail "stale: $(cat err)"
grep -q "^these were chosen with another checkpoint (best.safetensors of update 150) than best.safetensors of update 300; 'latimer tune $run'" err ||
    fail "another checkpoint is not said: $(cat err)"
tune --no-record >again
"$LATIMER" translate "$run" -i corpus/test.en --no-record >out 2>err || fail "tuned anew: $(cat err)"
grep -q 'another checkpoint' err && fail "it was tuned anew: $(cat err)"

# ---- what does not fit ----

cp "$run/decoding.yaml" kept
no() { expect "$@"; same kept "$run/decoding.yaml" "a failure"; }
cp corpus/train.de train.de && sed -i '1s/^/x/' corpus/train.de
no 1 "^latimer tune: data.dev: .*corpus/train.de is not the file the run was validated on.* --src FILE --ref FILE$" tune "$run" --quiet
rm corpus/train.de
no 1 "^latimer tune: data.dev .or give a set by --src FILE --ref FILE.: .*train" tune "$run" --quiet
cp train.de corpus/train.de
no 2 "--src and --ref go together" tune "$run" --src corpus/dev.en --quiet
no 2 "--src -: the text is read once for every setting" tune "$run" --src - --ref corpus/dev.de --quiet
head -5 corpus/dev.de >short
no 1 "has 20 lines and short has 5" tune "$run" --src corpus/dev.en --ref short --quiet
no 2 "--grid beam_sise=1: .*did you mean 'beam_size'" tune "$run" --grid beam_sise=1 --quiet
no 2 "--grid mini_batch: it never changes a translation" tune "$run" --grid mini_batch=1,2 --quiet
no 2 "--grid top_k: it is of translations that are drawn" tune "$run" --grid top_k=0,5 --quiet
no 2 "--grid beam_size: the option for the same key fixes" tune "$run" --grid beam_size=1,2 -b 2 --quiet
no 2 "--grid min_length_factor=4.0: decoding.min_length_factor: .* longer than decoding.max_length_factor, 3" tune "$run" --grid min_length_factor=0,4 --quiet
[ -s out ] && fail "settings were tried before one that cannot be was refused: $(cat out)"
no 2 "--grid max_length_factor=1.0 with min_length_factor=2.0: " tune "$run" --grid min_length_factor=0,2 --grid max_length_factor=1,3 --quiet
no 2 "--forget chooses nothing: leave out the option for min_gain" tune "$run" --forget --min-gain 1 --quiet

"$LATIMER" tune "$run" --grid beam_size=1,50,100,150 --grid normalize=0,1 --no-record --threads 1 >stopped 2>err &
wait_for "setting" grep -qs '^beam_size=' stopped
kill -TERM $!
wait $!
[ $? = 143 ] || fail "stopped by SIGTERM with another status"
grep -q "nothing was chosen: stopped by SIGTERM" err || fail "stopped: $(cat err)"
same kept "$run/decoding.yaml" "stopped by a signal"
no_temporary_files "$run"

echo 'decoding: {beam_sise: 3}' >"$run/decoding.yaml"
expect 2 "^latimer translate: --tuned .--no-tuned goes without.*decoding.yaml:1:12: .*did you mean 'beam_size'" translate "$run" -i corpus/test.en --no-record --quiet
must translate "$run" -i corpus/test.en --no-tuned --no-record --quiet >out
must show "$run" >shown
grep -q '^tuned .*did you mean' shown || fail "show says nothing of a file that cannot be read"

# ---- forgotten ----

expect 0 "^removed $run/decoding.yaml$" tune "$run" --forget
[ -e "$run/decoding.yaml" ] && fail "--forget left it"
expect 0 "has no decoding.yaml$" tune "$run" --forget
translate >out && translate --no-tuned >expected
same expected out "--forget"
must show "$run" >shown
grep -q ^tuned shown && fail "show says what was forgotten"

# ---- with attention, and without ----

if [ ${#others[@]} -gt 0 ]; then
    must tune "$run" --grid beam_size=2 --grid normalize=0.3 --min-gain 0 --standard-errors 0 --metric chrf --no-record >table
    [ "$(grep -c 'coverage_penalty=0.2' table)" = 1 ] || fail "the coverage penalty is not searched: $(cat table)"
    [ "$(printf '%.2f' "$(of_file score)")" = "$(scores table | tail -1)" ] || fail "not the best coverage penalty: $(cat table)"
    translate >out && translate --no-tuned --coverage-penalty "$(of_file coverage_penalty)" >expected
    same expected out "a coverage penalty"
fi
must train toy.yaml --quiet --threads 1 --runs plain --set model.decoder.attention=none --set training.max_updates=20 >run && run=$(cat run)
must tune "$run" --grid beam_size=1,2 --no-record >table
grep -q coverage_penalty "$run/decoding.yaml" && fail "a penalty of attention without attention"
expect 2 "coverage_penalty" tune "$run" --grid coverage_penalty=0,0.2 --no-record --quiet
[ "$(of_file metric)" = bleu ] || fail "metric $(of_file metric)"
finish
