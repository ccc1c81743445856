#!/usr/bin/env bash
# A classifier from beginning to end: trained, stopped and resumed to the same bits, labels for any bytes that depend on
# nothing but the line, scores that can be counted again, and its use as the language filter of corpus clean.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 900 60 80
# labelled SET: its English and German lines in turn, and which is which.
labelled() {
    paste -d'\n' "corpus/$1.en" "corpus/$1.de" >"corpus/$1.text"
    awk '{ print NR % 2 ? "en" : "de" }' "corpus/$1.text" >"corpus/$1.label"
}
for set in train dev test; do labelled $set; done
cat >classify.yaml <<'YAML'
task: classify
data: {src: text, trg: label, train: [corpus/train], dev: corpus/dev, test: [corpus/test]}
tokenizer: {vocab_size: 200}
model:
  encoder: {cell: gru, layers: 1, hidden: 24, embedding: 24, bidirectional: true}
  dropout: {embedding: 0.1, output: 0.1, source_word: 0.05}
training: {batch_tokens: 1000, learning_rate: 0.01, max_updates: 60, validate_every: 20, checkpoint_every: 7}
YAML
options=(--threads 1 --quiet)

# ---- the same bits: twice, killed, stopped ----

must train classify.yaml --runs whole "${options[@]}" >/dev/null
run=$(the_run whole)
same_run() { # RUN WHAT
    for file in best.safetensors last.safetensors labels.txt hyp/test.label; do same "$run/$file" "$1/$file" "$2"; done
}
printf 'de\nen\n' | cmp -s - "$run/labels.txt" || fail "labels.txt: $(cat "$run/labels.txt")"
must train classify.yaml --runs again "${options[@]}" >/dev/null
same_run "$(the_run again)" "the same training twice"
saved() { grep -qs "\"event\":\"checkpoint\",\"epoch\":[0-9]*,\"update\":$2," "$1"/*/log.jsonl; }
for signal in KILL TERM; do
    runs=stopped_$signal
    "$LATIMER" train classify.yaml --runs $runs "${options[@]}" --set training.checkpoint_every=1 >/dev/null 2>err &
    wait_for "checkpoint of update 10" saved $runs 10
    kill -s $signal $!
    wait $! 2>/dev/null
    must train --resume "$(the_run $runs)" "${options[@]}" --set training.checkpoint_every=7 >/dev/null
    same_run "$(the_run $runs)" "stopped by SIG$signal, resumed"
done
expect 1 "corpus\.train\.trg was [0-9a-f]{64} and is" train --resume "$run" "${options[@]}" --set data.train=[corpus/dev]

cp corpus/train.text more.text
sed '1s/.*/fr/' corpus/train.label >more.label
expect 1 "corpus\.train\.trg was [0-9a-f]{64} and is" train --resume "$run" "${options[@]}" --set data.train=[more]

# ---- labels: one a line, of nothing but the line ----

{
    cat corpus/test.text
    printf '\n \t\n\xff\xfe\xc3\na\0b\ncr\r\n\xe2\x80\xa8\xe2\x80\xa9\n<s> </s> <pad>\n'
    head -c 300000 /dev/zero | tr '\0' 'x'
    printf '\nder '
    head -c 200000 /dev/zero | tr '\0' ' '
    printf 'Hund\nno newline at the end'
} >hostile
lines=$(($(wc -l <hostile) + 1))
classify() { "$LATIMER" classify "$run" --no-record --quiet "$@" 2>err || fail "classify $*: $(cat err)"; }
classify -i hostile -p --threads 1 >labels
[ "$(wc -l <labels)" = $lines ] || fail "$(wc -l <labels) labels of $lines lines"
awk -F'\t' 'NF != 4 || ($1 != "en" && $1 != "de") || $2 + $4 < 0.99999 || $2 + $4 > 1.00001 || $2 < $4 { exit 1 }' labels ||
    fail "no labels with their probabilities: $(sed -n '1p;$p' labels)"
for more in "--threads 2" "--threads 3 --mini-batch 1" "--mini-batch 7" "--mini-batch 5000"; do
    # shellcheck disable=SC2086
    classify -i hostile -p $more >other
    same labels other "classify $more"
done
cat hostile | classify -p >other
same labels other "classify from a pipe"
gzip -c hostile >hostile.gz
classify -i hostile.gz -p -o written
same labels written "classify of a .gz into a file"
tac corpus/test.text | classify -p | tac >other
head -160 labels | cmp -s - other || fail "labels depend on the lines around them"
for line in 3 77 161; do # alone
    sed -n "${line}p" hostile | classify -p >other
    sed -n "${line}p" labels | cmp -s - other || fail "line $line alone: $(cat other)"
done
classify -i hostile >other
cut -f1 labels | cmp -s - other || fail "the best labels are not the first of --probabilities"
classify -i hostile --n-best 2 >other
cut -f1,3 labels | cmp -s - other || fail "--n-best 2 is not the labels of --probabilities"
classify -i /dev/null >other
[ -s other ] && fail "no lines, and yet: $(cat other)"
"$LATIMER" classify "$run" --no-record -i hostile >/dev/null 2>err
grep -Eq "classified $lines lines .*; [2-4] without text were given a label all the same; of [0-9]* only the first 100 pieces" err ||
    fail "what was cut and empty is not said: $(cat err)"
mkfifo typed
"$LATIMER" classify "$run" --no-record --quiet <typed >answer 2>err &
exec 3>typed
sed -n 1p corpus/test.text >&3
wait_for "answer to a typed line" test -s answer
exec 3>&-
wait $! || fail "a typed line: $(cat err)"

# ---- scores, counted again ----

must classify "$run" -i corpus/test.text -r corpus/test.label -o predicted --quiet >scores
same predicted "$run/hyp/test.label" "what a training says of its test set, and classify"
awk 'NR == FNR { wanted[FNR] = $1; next }
    { right[$1] += $1 == wanted[FNR]; predicted[$1]++; reference[wanted[FNR]]++; all++ }
    END {
        for (c in reference) { hits += right[c]; f1 += 2 * right[c] / (reference[c] + predicted[c]); n++ }
        printf "test: accuracy %.2f, macro-F1 %.2f (%d texts)\n", 100 * hits / all, 100 * f1 / n, all
    }' corpus/test.label predicted >counted
head -1 scores | cmp -s - counted || fail "the scores are $(head -1 scores), counted $(cat counted)"
accuracy=$(sed 's/.*accuracy \([0-9.]*\),.*/\1/' counted)
awk -v a="$accuracy" 'BEGIN { exit !(a > 80) }' || fail "two languages are told apart by $accuracy% only"
must classify "$run" -i corpus/test.text -r corpus/test.label --json --quiet >json
awk -v a="$(field accuracy json)" -v b="$accuracy" 'BEGIN { exit !(a - b < 0.006 && b - a < 0.006) }' || fail "JSON: $(head -5 json)"
must show "$run" >shown
for pattern in "test +accuracy +$accuracy +160 +max_length=100 +classes:2\|labels:[0-9a-f]{8}\|version:latimer" \
    "^label +texts +precision +recall +F1 +as de +as en" "training.early_stopping.metric +accuracy" "dev.macro_f1"; do
    grep -Eq "$pattern" shown || fail "show has no '$pattern'"
done
grep -q decoder shown && fail "a classifier has a decoder: $(grep decoder shown)"
"$LATIMER" show "$run" --json | tr -d ' \n' | grep -Eq '"confusion":\{"labels":\["de","en"\],"counts":\[\[[0-9]+,[0-9]+\],\[' ||
    fail "show --json has no confusion matrix"
must train classify.yaml --runs little "${options[@]}" --set name=little --set training.max_updates=2 >/dev/null
must compare classify little >compared
grep -Eq "^test \(160 segments\)" compared && grep -Eq "accuracy +delta +p +macro-F1" compared || fail "compare: $(cat compared)"

# ---- the language filter ----

head -40 corpus/test.en >mixed.en
head -40 corpus/test.de >mixed.de
for line in 4 9; do # swapped sides: neither is in its language
    sed -n "${line}p" corpus/test.de >>mixed.en
    sed -n "${line}p" corpus/test.en >>mixed.de
done
sed -n '14p' corpus/test.de >>mixed.en # one side only: a German source
sed -n '15p' corpus/test.de >>mixed.de
sed -n '24p' corpus/test.en >>mixed.en # and an English target
sed -n '25p' corpus/test.en >>mixed.de
printf 'same\n\n' >>mixed.en
printf 'same\nleer\n' >>mixed.de
head -1 corpus/test.en >>mixed.en
head -1 corpus/test.de >>mixed.de
"$LATIMER" corpus clean mixed --src en --trg de -o kept --language-model "$run" 2>err || fail "corpus clean: $(cat err)"
read=$(sed -n 's/^read \([0-9]*\), wrote .*/\1/p' err) wrote=$(sed -n 's/^read .*, wrote \([0-9]*\) .*/\1/p' err)
dropped=$(awk '/^dropped/ { sum += $2 } END { print sum + 0 }' err)
[ "$read" = 47 ] && [ $((wrote + dropped)) = 47 ] && [ "$(wc -l <kept.en)" = "$wrote" ] && [ "$(wc -l <kept.de)" = "$wrote" ] ||
    fail "clean: the counts do not add up: $(cat err)"
grep -q "^dropped 1: both sides are the same (the first is line 45)" err && grep -q "^dropped 1: a side is empty" err &&
    grep -q "^dropped 1: the same pair was there before" err || fail "clean: $(cat err)"
for line in 4 9 14; do
    sed -n "${line}p" corpus/test.de | grep -qxFf - kept.en && fail "a German source was kept"
done
sed -n '25p' corpus/test.en | grep -qxFf - kept.de && fail "an English target was kept"
judged=$(sed -n 's/^dropped \([0-9]*\): a side is not in its language.*/\1/p' err)
[ "${judged:-0}" -ge 4 ] && [ "$judged" -le 14 ] || fail "the filter dropped $judged of 44 of which 4 are wrong: $(cat err)"
must corpus clean mixed --src en --trg de -o other --language-model "$run" --threads 3 --quiet
same kept.en other.en "corpus clean with 3 threads"
"$LATIMER" corpus clean mixed --src en --trg de -o sure --language-model "$run" --min-probability 0.95 2>err
[ "$(wc -l <sure.en)" -le "$wrote" ] || fail "--min-probability keeps more"
no_temporary_files .

# ---- what is wrong is said ----

expect 2 "is a classifier \(task: classify\): it gives labels and no translations; see 'latimer classify'" translate "$run" -i corpus/test.en
expect 2 "is a classifier" rescore "$run" corpus/test.en corpus/test.de
expect 2 "is a classifier" shortlist "$run"
sed '3s/.*/fr/' corpus/test.label >bad.label
expect 1 "bad.label:3: 'fr' is none of the 2 labels of the training data \(de, en\)" classify "$run" -i corpus/test.text -r bad.label
head -9 corpus/test.label >short.label
expect 1 "corpus/test.text has 160 lines and short.label has 9" classify "$run" -i corpus/test.text -r short.label
expect 2 "--json is about what --reference scores" classify "$run" --json
expect 2 "model.decoder.hidden has no meaning with task: classify: a classifier has no decoder" train classify.yaml --set model.decoder.hidden=8
expect 2 "bleu is of translations and task is classify" train classify.yaml --set training.early_stopping.metric=bleu
cp corpus/dev.text bad.text
cp corpus/dev.label bad.label
sed -i '5s/.*/en /' bad.label
expect 1 "bad.label:5: a label with a space at its beginning or end" train classify.yaml --set data.train=[bad] --runs none
sed -i '5s/.*//' bad.label
expect 1 "bad.label:5: an empty line is no label" train classify.yaml --set data.train=[bad] --runs none
expect 1 "bad.label:5: '' is none of the 2 labels" train classify.yaml --set data.test=[bad] --runs none
sed -i 's/.*/en/' bad.label
expect 2 "all texts have the same label, 'en'" train classify.yaml --set data.train=[bad] --runs none
[ -e none ] && fail "a run was made for data that cannot be learnt"
cp -r "$run" changed
printf 'de\nfr\n' >changed/labels.txt
expect 1 "changed/labels.txt has other labels than the model was trained with" classify changed -i corpus/test.text --no-record
rm changed/labels.txt
expect 1 "changed/labels.txt" classify changed -i corpus/test.text --no-record
expect 1 "--language-model $run: --src-language: 'fr' is none of the 2 labels" \
    corpus clean mixed --src en --trg de -o x --language-model "$run" --src-language fr
experiment translate.yaml corpus
must train translate.yaml --runs translator "${options[@]}" --set training.max_updates=2 --set data.test=[] >/dev/null
expect 2 "is a translator \(task: translate\): it gives translations and no labels" classify translate -i corpus/test.text
finish
