#!/bin/bash
# Translating takes the memory of the model's weights once, not once as they were read and again as they are laid out. (How
# long it takes is a benchmark: tests/bench/startup.sh.)
source "$TESTS_DIR/e2e/library.sh"
grep -q __asan_init "$LATIMER" && skip "a sanitizer's memory is not the program's"

# peak COMMAND...: MiB
peak() { "$(dirname "$LATIMER")/bench_start" 1 "$@" | cut -d ' ' -f 4; }

corpus data
experiment big.yaml data
"$LATIMER" train big.yaml --quiet --set training.max_updates=1 --set training.batch_tokens=50 \
    --set model.encoder.hidden=512 --set model.encoder.layers=2 --set model.encoder.embedding=256 \
    --set model.decoder.hidden=512 --set model.decoder.layers=2 --set model.decoder.embedding=256 >/dev/null ||
    fail "no training"
run=$(the_run runs)
checkpoint=$(($(stat -c %s "$run/best.safetensors") >> 20))
[ "$checkpoint" -ge 25 ] || fail "a checkpoint of $checkpoint MiB is too small to tell anything"

program=$(peak "$LATIMER" --version)
limit=$((program + checkpoint * 3 / 2 + 20))
head -n 1 data/test.en >line
for record in record no-record; do
    found=$(peak "$LATIMER" translate "$run" -i line --quiet --threads 2 --$record)
    echo "program $program MiB, checkpoint $checkpoint MiB, translating a line with --$record $found MiB"
    [ "${found:-9999}" -le $limit ] || fail "more than $limit MiB"
done
finish
