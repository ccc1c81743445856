#!/usr/bin/env bash
# Subword regularisation: the training text cut anew in every epoch, the same way whenever it was stopped and by however
# many threads; what it is not for is refused.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 300 30 30
experiment regularized.yaml corpus
options=(--threads 1 --quiet --set training.max_updates=40 --set training.validate_every=15
    --set training.checkpoint_every=1 --set training.batch_tokens=900)
on=(--set tokenizer.regularization.src=1 --set tokenizer.regularization.trg=0.5)

# epochs RUN: how many updates each epoch of a training had, in their order, where each was saved.
epochs() {
    sed -n 's/.*"event":"checkpoint","epoch":\([0-9]*\),"update":\([0-9]*\),.*/\2 \1/p' "$1/log.jsonl" | sort -nu | awk '{ print $2 }' |
        uniq -c | awk '{ print $1 }'
}

# The weights, the optimizer's state and the counts of tokens: a validation that only the stopped run made may be its best.
same_last() { # RUN RUN WHAT
    same_weights "$1/last.safetensors" "$2/last.safetensors" "$3"
    for count in src_tokens trg_tokens epoch position; do
        same <(header "$1" | grep -o "\"progress.$count\":\"[0-9]*\"") <(header "$2" | grep -o "\"progress.$count\":\"[0-9]*\"") "$3"
    done
}
header() { head -c "$(($(od -An -tu8 -N8 "$1/last.safetensors") + 8))" "$1/last.safetensors" | tail -c +9; }

# ---- the same bits, stopped in the first epoch, at the end of one, within a later one ----

must train regularized.yaml --runs without "${options[@]}" >/dev/null
for type in unigram bpe; do
    own=("${options[@]}" "${on[@]}" --set tokenizer.type=$type)
    must train regularized.yaml --runs $type "${own[@]}" >/dev/null
    run=$(the_run $type)
    first=$(epochs "$run" | sed -n 1p)
    [ "$(epochs "$run" | wc -l)" -ge 3 ] && [ "$first" -gt 3 ] || fail "$type: not three epochs: $(epochs "$run" | tr '\n' ' ')"
    for stop in 2 "$first" $((first + 3)); do
        must train regularized.yaml --runs "$type.$stop" "${own[@]}" --set training.max_updates="$stop" --set data.test=[] >/dev/null
        must train --resume "$(the_run "$type.$stop")" "${own[@]}" --set data.test=[] >/dev/null
        same_last "$run" "$(the_run "$type.$stop")" "$type: stopped at update $stop"
    done
    must translate "$run" -i corpus/test.en -o test.de --quiet
    same "$run/hyp/test.de" test.de "$type: the test of the training, and translate"
    grep -q 'segmented anew .* the first: 300 source lines, +[0-9.]* % pieces, 1[0-9][0-9] target lines, +' "$run/log.jsonl" ||
        fail "$type: what is drawn is not said"
done
cmp -s <(weights "$(the_run without)/last.safetensors") <(weights "$(the_run unigram)/last.safetensors") &&
    fail "regularisation changes nothing"
same "$(the_run without)/tokenizer.model" "$(the_run unigram)/tokenizer.model" "the tokenizer, with and without"
must train regularized.yaml --runs zero "${options[@]}" --set tokenizer.regularization.src=0 >/dev/null
same_last "$(the_run without)" "$(the_run zero)" "a share of 0"

# ---- threads; long draws ----

remark() { grep -o 'each epoch is segmented anew[^"]*' "$1/log.jsonl"; }
must train regularized.yaml --runs two "${options[@]}" "${on[@]}" --threads 2 >/dev/null
same <(remark "$(the_run unigram)") <(remark "$(the_run two)") "the first epoch by one thread and by two"
same <(epochs "$(the_run unigram)") <(epochs "$(the_run two)") "the batches by one thread and by two"
must train regularized.yaml --runs short "${options[@]}" "${on[@]}" --set data.max_length=30 --set tokenizer.regularization.alpha=0 \
    --set training.max_updates=5 >/dev/null
remark "$(the_run short)" | grep -q 'left as they were: [1-9][0-9]* of over 30 pieces' ||
    fail "draws over max_length are not counted: $(remark "$(the_run short)")"

# ---- a classifier's text ----

for set in train dev test; do
    paste -d'\n' corpus/$set.en corpus/$set.de >corpus/$set.text
    awk '{ print NR % 2 ? "en" : "de" }' corpus/$set.text >corpus/$set.label
done
cat >classify.yaml <<'YAML'
task: classify
data: {src: text, trg: label, train: [corpus/train], dev: corpus/dev, test: [corpus/test], max_length: 30}
tokenizer: {vocab_size: 200, regularization: {src: 0.8, alpha: 0.1}}
model: {encoder: {cell: gru, layers: 1, hidden: 16, embedding: 16}}
training: {batch_tokens: 1500, max_updates: 30, validate_every: 10}
YAML
must train classify.yaml --runs classify --threads 1 --quiet >/dev/null
run=$(the_run classify)
remark "$run" | grep -Eq '4[0-9]{2} source lines, \+[0-9.]+ % pieces; cut: [1-9][0-9]* of over 30' || fail "classifier: $(remark "$run")"
must train classify.yaml --runs half --threads 1 --quiet --set training.max_updates=13 >/dev/null
must train --resume "$(the_run half)" --threads 1 --quiet --set training.max_updates=30 >/dev/null
same_weights "$run/last.safetensors" "$(the_run half)/last.safetensors" "a classifier, resumed"
expect 2 "regularization\.trg.*labels are not cut" train classify.yaml --set tokenizer.regularization.trg=1

# ---- refused ----

for change in tokenizer.regularization.src=0.5 tokenizer.regularization.alpha=0.3; do
    expect 1 "${change%=*} was .* and is ${change#*=} now" train --resume "$(the_run unigram)" "${options[@]}" "${on[@]}" --set $change
done
for type in char word; do
    expect 2 "regularization\.src: with tokenizer.type $type a line has one segmentation" \
        train regularized.yaml "${on[@]}" --set tokenizer.type=$type
done
expect 2 "regularization\.alpha: 0.3 has no effect while .src. and .trg. are 0" \
    train regularized.yaml --set tokenizer.regularization.alpha=0.3
expect 2 "regularization\.alpha: 0.3 has no effect unless tokenizer.type is unigram; of bpe it is .dropout." \
    train regularized.yaml "${on[@]}" --set tokenizer.type=bpe --set tokenizer.regularization.alpha=0.3
expect 2 "regularization\.dropout: 0.3 has no effect unless tokenizer.type is bpe; of unigram it is .alpha." \
    train regularized.yaml "${on[@]}" --set tokenizer.regularization.dropout=0.3
expect 2 "regularization\.src: .*from 0 to 1" train regularized.yaml --set tokenizer.regularization.src=1.5

finish
