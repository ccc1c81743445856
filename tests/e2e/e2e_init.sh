#!/usr/bin/env bash
# A run that begins from another one's parameters: with its vocabulary or a new one, what is refused, what is recorded, and
# that --resume goes on with it when the other run is gone.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 300 40 20
corpus other 200 40 20 7
experiment base.yaml corpus
sed 's/other\/dev/corpus\/dev/' <<<"$(experiment adapt.yaml other && cat adapt.yaml)" >adapted && mv adapted adapt.yaml
quick=(--threads 1 --quiet --set training.max_updates=30 --set training.validate_every=10)

validation() { # RUN UPDATE: loss and BLEU on the validation set
    sed -n "/\"event\":\"validation\",\"epoch\":[0-9]*,\"update\":$2,/s/.*\(\"loss\":[^,]*\).*\(\"bleu\":[^,]*\).*/\1 \2/p" "$1/log.jsonl" | tail -1
}
same_run() { # A B WHAT
    same_weights "$1/best.safetensors" "$2/best.safetensors" "$3"
    same_weights "$1/last.safetensors" "$2/last.safetensors" "$3"
    same "$1/hyp/test.de" "$2/hyp/test.de" "$3"
}

must train base.yaml "${quick[@]}" --set training.max_updates=40 >out
base=$(cat out)
base_id=$(run_id "$base")
best=$("$LATIMER" show "$base_id" --json | field best_update)
must show base >/dev/null
grep -q "begun from" out && fail "a run that began anew says it began from another"

# ---- the same vocabulary ----

must train adapt.yaml --init base --runs kept "${quick[@]}" --set tokenizer.vocab_size=150 >out
kept=$(cat out)
same "$base/tokenizer.model" "$kept/tokenizer.model" "a vocabulary that is kept"
[ -n "$(validation "$base" "$best")" ] || fail "the run it begins from was not validated at update $best"
[ "$(validation "$kept" 0)" = "$(validation "$base" "$best")" ] ||
    fail "at update 0: $(validation "$kept" 0); the run it began from: $(validation "$base" "$best")"
grep -q '"event":"checkpoint","epoch":1,"update":0,"name":"last"' "$kept/log.jsonl" || fail "the start was not saved"
grep -q '"text":"the vocabulary is kept .*: tokenizer.vocab_size: 200, not 150; ' "$kept/log.jsonl" ||
    fail "nobody says that tokenizer.vocab_size has no effect"
grep -q '"text":"parameters: 10 of 10 tensors are taken over"' "$kept/log.jsonl" || fail "not all tensors are taken over"
grep -q 'vocab_size: 200' "$kept/experiment.yaml" || fail "the run's experiment has another vocabulary than the run"
must translate "$kept" -i corpus/test.en -o out --quiet
same "$kept/hyp/test.de" <("$LATIMER" translate "$kept" -i other/test.en --quiet) "the test of a run that began elsewhere"

# what it began from: the folder, the log, the database
sha=$(sha256 "$base/best.safetensors")
for line in "run: $base_id" "folder: $(realpath "$base")" "checkpoint: best.safetensors" "sha256: $sha" "update: $best" "vocabulary: keep"; do
    tr -d "\"'" <"$kept/init.yaml" | grep -qx "$line" || fail "init.yaml does not say '$line': $(cat "$kept/init.yaml")"
done
grep -q "\"event\":\"origin\",.*\"run\":\"$base_id\",.*\"sha256\":\"$sha\",\"of_update\":$best,\"vocabulary\":\"keep\",\"partial\":false" \
    "$kept/log.jsonl" || fail "the log does not say what it began from"
must show "$(run_id "$kept")" >table
grep -qx "begun from    run $base_id, best.safetensors of update $best; vocabulary: keep" table || fail "show does not say it: $(head -20 table)"
grep -qx "its SHA-256   $sha" table || fail "show does not say the hash"
"$LATIMER" show "$(run_id "$kept")" --json | sed -n '/"begun_from"/,/}/p' >json
[ "$(field run json) $(field sha256 json) $(field update json)" = "$base_id $sha $best" ] || fail "show --json: $(cat json)"

"$LATIMER" compare "$base_id" "$(run_id "$kept")" --different-data >table 2>err
grep -Eq "^SHA-256 of the checkpoint begun from +- +${sha:0:16}$" table || fail "compare does not say that one of them began elsewhere: $(cat table err)"

# the last checkpoint; from a folder that no database knows
must train adapt.yaml --init "$base" --init-checkpoint last --db none.db --runs last "${quick[@]}" --set training.max_updates=1 >/dev/null
last=$(the_run last)
[ "$(validation "$last" 0)" = "$(validation "$base" 40)" ] || fail "the last checkpoint: $(validation "$last" 0), not $(validation "$base" 40)"
must show "$(run_id "$last")" --db none.db >table
grep -qx "begun from    last.safetensors of update 40; vocabulary: keep" table ||
    fail "show does not tell the last checkpoint"

# ---- a new vocabulary ----

# trained on the same text by the same settings it is the same, and so is the model
must train base.yaml --init base --init-vocabulary new --runs equal "${quick[@]}" --set name=equal --set training.max_updates=1 >/dev/null
[ "$(validation "$(the_run equal)" 0)" = "$(validation "$base" "$best")" ] || fail "an equal vocabulary: $(validation "$(the_run equal)" 0)"
must train adapt.yaml --init base --init-vocabulary new --runs new "${quick[@]}" --set tokenizer.vocab_size=150 >/dev/null
new=$(the_run new)
cmp -s "$base/tokenizer.model" "$new/tokenizer.model" && fail "a new vocabulary is the old one"
told=$(sed -n 's/.*"text":"vocabulary of both sides: of 150 pieces \([0-9]*\) are carried over and \([0-9]*\) are new; \([0-9]*\) of .* 200 .*/\1 \2 \3/p' "$new/log.jsonl")
read -r carried fresh gone <<<"$told"
[ "$((${carried:-0} + ${fresh:-0})) $((${carried:-0} + ${gone:-0}))" = "150 200" ] && [ "$fresh" -gt 0 ] && [ "$carried" -gt 50 ] ||
    fail "carried over, new and gone: '$told'"
grep -q "vocabulary is kept" "$new/log.jsonl" && fail "a new vocabulary is said to be kept"
# one of both sides becomes one a side
must train adapt.yaml --init base --init-vocabulary new --runs apart "${quick[@]}" --set tokenizer.joint=false --set training.max_updates=1 >/dev/null
apart=$(the_run apart)
for side in source target; do
    grep -q "\"text\":\"$side vocabulary: of [0-9]* pieces [0-9]* are carried over and [0-9]* are new" "$apart/log.jsonl" || fail "nothing is said of the $side"
done
# kept, one a side stays that
must train base.yaml --init "$apart" --runs apart_kept "${quick[@]}" --set name=apart --set training.max_updates=1 >/dev/null
for file in tokenizer.src.model tokenizer.trg.model; do same "$apart/$file" "$(the_run apart_kept)/$file" "one tokenizer a side, kept"; done
[ -e "$(the_run apart_kept)/tokenizer.model" ] && fail "there is a joint tokenizer, too"

# ---- stopped and resumed, without the other run ----

must train adapt.yaml --init base --runs stopped "${quick[@]}" --set tokenizer.vocab_size=150 --set training.max_updates=15 >/dev/null
cp -r stopped forgotten && rm "$(the_run forgotten)"/*.safetensors "$(the_run forgotten)"/tokenizer.model && rm -r "$(the_run forgotten)/hyp"
cp -r forgotten orphan
must train --resume "$(the_run forgotten)" "${quick[@]}" --db forgotten.db >/dev/null # before its first checkpoint: it begins again
same_run "$kept" "$(the_run forgotten)" "stopped before it had anything, and resumed"
must show "$(the_run forgotten)" --db forgotten.db >table
grep -q "^begun from    run $base_id" table || fail "another database does not know what it began from"
mv "$base" gone
must train adapt.yaml --set tokenizer.vocab_size=150 --resume "$(the_run stopped)" "${quick[@]}" >/dev/null
same_run "$kept" "$(the_run stopped)" "stopped and resumed, the other run gone"
expect 1 "was stopped before it had a checkpoint, and what it was to begin from is not there" train --resume "$(the_run orphan)" "${quick[@]}"
mkdir "$base" && cp gone/* "$base" 2>/dev/null
cp gone/last.safetensors "$base/best.safetensors"
cmp -s gone/last.safetensors gone/best.safetensors || expect 1 "has SHA-256 .* now, not " train --resume "$(the_run orphan)" "${quick[@]}"
rm -r "$base" && mv gone "$base"
mv "$(the_run stopped)/init.yaml" init.yaml
expect 1 "init.sha256 was $sha and is \(nothing\) now" train --resume "$(the_run stopped)" "${quick[@]}" --set training.max_updates=99
mv init.yaml "$(the_run stopped)"

# ---- what is refused, before a run is made ----

refused() { # STATUS PATTERN ARGUMENT...
    expect "$1" "$2" train "${@:3}" --runs refused "${quick[@]}"
    [ -e refused ] && fail "a run was made: $(ls refused)"
}
refused 2 "another architecture .*model.encoder.hidden: 64, not 32; model.decoder.hidden: 64, not 32\. Set these keys" \
    adapt.yaml --init base --set model.encoder.hidden=64 --set model.decoder.hidden=64
refused 2 "model.decoder.cell: gru, not lstm" adapt.yaml --init base --set model.decoder.cell=gru
refused 2 "tied_embeddings" adapt.yaml --init base --set model.tied_embeddings=target
refused 2 "tied_embeddings: all needs one vocabulary" adapt.yaml --init "$apart" --set model.tied_embeddings=all
refused 2 "init-vocabulary means nothing without --init" adapt.yaml --init-vocabulary new
refused 2 "init is for a new run" adapt.yaml --init base --resume base
refused 2 "'nobody' is no training" adapt.yaml --init nobody
must quantize "$base" --quiet >/dev/null
cp -r "$base" integers && mv integers/int8.safetensors integers/best.safetensors
refused 1 "holds 8-bit integers" adapt.yaml --init integers
cp -r "$base" wrong && cp "$new/tokenizer.model" wrong/
refused 1 "not the tokenizer model it must be" adapt.yaml --init wrong
rm wrong/best.safetensors
refused 1 "has no best.safetensors to begin from" adapt.yaml --init wrong
must train adapt.yaml --init base --runs dropout "${quick[@]}" --set model.dropout.rnn=0.5 --set model.forget_bias=0 --set training.max_updates=1 >/dev/null

# ---- a part of another model ----

must train adapt.yaml --init base --init-partial --runs part "${quick[@]}" --set model.decoder.attention=dot --set training.max_updates=1 >/dev/null
grep -q '"text":"parameters: 10 of 11 tensors are taken over; new are decoder.combine.weight"' "$(the_run part)/log.jsonl" ||
    fail "a part: $(grep parameters: "$(the_run part)/log.jsonl")"

# ---- a classifier ----

for set in train dev test; do
    cat "corpus/$set.en" "corpus/$set.de" >"texts.$set.text"
    { sed 's/.*/en/' "corpus/$set.en"; sed 's/.*/de/' "corpus/$set.de"; } >"texts.$set.label"
done
cat >classify.yaml <<YAML
task: classify
data: {src: text, trg: label, train: [texts.train], dev: texts.dev, test: [texts.test]}
tokenizer: {vocab_size: 200}
model: {encoder: {layers: 1, hidden: 32, embedding: 32}}
training: {batch_tokens: 400, max_updates: 10, validate_every: 5}
YAML
refused 2 "task: classify, but the run in .* has task: translate: only the encoder .*--init-partial" classify.yaml --init base
must train classify.yaml --init base --init-partial --runs classifier "${quick[@]}" >/dev/null
grep -q 'new are classifier.weight, classifier.bias"' "$(the_run classifier)/log.jsonl" || fail "the classifier: $(grep parameters: "$(the_run classifier)/log.jsonl")"
same "$base/tokenizer.model" "$(the_run classifier)/tokenizer.model" "the classifier's tokenizer"
must train classify.yaml --init "$(the_run classifier)" --runs classifier2 "${quick[@]}" --set training.max_updates=1 >/dev/null
grep -q '"text":"labels: of 2 2 are carried over and 0 are new"' "$(the_run classifier2)/log.jsonl" || fail "the labels: $(grep labels: "$(the_run classifier2)/log.jsonl")"
refused 2 "is a classifier, which has no tokenizer for a target" base.yaml --init "$(the_run classifier)" --init-partial

no_temporary_files .
finish
