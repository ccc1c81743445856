#!/usr/bin/env bash
# Scheduled sampling through the real binary: the same bits again and after a resume, what the log says, what is refused.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 400 30 30
experiment e.yaml corpus
key=training.scheduled_sampling
options=(--quiet --set training.max_updates=24 --set training.validate_every=12 --set training.batch_tokens=300)
sampled=(--set $key.schedule=inverse_sigmoid --set $key.rate=5 --set $key.after=4)

# trained NAME OPTION...: a training from the beginning; its folder is `NAME`.
trained() {
    local name=$1
    shift
    must train e.yaml --runs "$name.runs" "${options[@]}" "$@" >/dev/null && mv "$(the_run "$name.runs")" "$name"
}

# ---- references alone are as ever ----

trained plain --threads 1
trained none --threads 1 --set $key.schedule=none
trained later --threads 1 --set $key.schedule=linear --set $key.start=0 --set $key.after=24
same plain/last.safetensors none/last.safetensors "schedule none"
same_weights plain/last.safetensors later/last.safetensors "sampling that would begin behind the last update"
grep -q sampling_probability plain/log.jsonl later/log.jsonl && fail "a log speaks of sampling where there is none"

# ---- the same bits: again, stopped and resumed, for 1 and 2 threads, accumulated, both predictions ----

# resumes_alike NAME OPTION...
resumes_alike() {
    local name=$1
    shift
    trained "$name" "$@"
    trained "$name.again" "$@"
    same "$name/last.safetensors" "$name.again/last.safetensors" "$name, twice"
    trained "$name.half" "$@" --set training.max_updates=13 # behind the validation, sampling under way
    must train --resume "$name.half" "${options[@]}" "$@" >/dev/null
    same_weights "$name/last.safetensors" "$name.half/last.safetensors" "$name, resumed"
    same_weights "$name/best.safetensors" "$name.half/best.safetensors" "$name, resumed"
    cmp -s <(weights plain/last.safetensors) <(weights "$name/last.safetensors") && fail "$name changes nothing"
    return 0
}

resumes_alike one --threads 1 "${sampled[@]}"
resumes_alike two --threads 2 "${sampled[@]}"
resumes_alike best --threads 1 "${sampled[@]}" --set $key.prediction=argmax
resumes_alike accumulated --threads 2 "${sampled[@]}" --set training.accumulate=2
resumes_alike fed --threads 1 --set $key.schedule=linear --set $key.rate=0.05 --set $key.end=0.2 \
    --set model.decoder.attention=general --set model.decoder.input_feeding=true --set model.decoder.coverage=true
for other in best fed; do
    cmp -s <(weights one/last.safetensors) <(weights $other/last.safetensors) && fail "$other is as one"
done

# The log has the probability of what the update was made with: 1 - 5 / (5 + exp((12 - 1 - 4) / 5)) at update 12.
grep -q '"update":12,.*"sampling_probability":0\.447' one/log.jsonl ||
    fail "no probability of 0.447 at update 12: $(grep '"event":"update"' one/log.jsonl)"
grep -A7 '^  scheduled_sampling:' one/experiment.yaml | grep -q 'schedule: inverse_sigmoid' ||
    fail "the schedule is not in the run's experiment.yaml: $(grep -A7 scheduled_sampling one/experiment.yaml)"
must translate one -i corpus/test.en -o one.de --quiet
same one/hyp/test.de one.de "the test of a training with scheduled sampling, and translate"

# ---- refused ----

refuse() { # PATTERN OPTION...
    local pattern=$1
    shift
    expect 2 "$pattern" train e.yaml --runs refused "${options[@]}" "$@"
    [ -e refused ] && fail "a refused training made a folder"
}
refuse "$key.rate has no meaning with $key.schedule none" --set $key.rate=0.5
refuse "$key.prediction has no meaning" --set $key.prediction=argmax
refuse "'?cosine'?.*one of none, linear, exponential, inverse_sigmoid" --set $key.schedule=cosine
refuse "the decoder would never read its own predictions; give a rate" --set $key.schedule=linear
refuse "rate: 0 is none of schedule exponential; a number between 0 and 1" --set $key.schedule=exponential
refuse "rate: 0\.5 is none of schedule inverse_sigmoid" --set $key.schedule=inverse_sigmoid --set $key.rate=0.5
refuse "end: 0\.9 is above $key.start 0\.5" --set $key.schedule=linear --set $key.start=0.5 --set $key.end=0.9
sed '/decoder:/d; /^decoding/d; /dropout:/d' e.yaml >classify.yaml
expect 2 "$key.schedule has no meaning with task: classify: there are no target words" train classify.yaml --runs refused \
    --set task=classify "${sampled[@]}"
cp one/last.safetensors before
expect 1 "$key.rate was 5.* and is 6.* now" train --resume one --threads 1 "${options[@]}" "${sampled[@]}" --set $key.rate=6
same before one/last.safetensors "refused resume"

finish
