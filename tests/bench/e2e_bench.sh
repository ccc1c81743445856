#!/usr/bin/env bash
# The benchmarks run, at sizes that say nothing of speed: every program, the comparison with and without PyTorch, and the
# peer finds the translations that latimer finds.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

BUILD=$(cd "$(dirname "$LATIMER")" && pwd) && export BUILD
bench=$TESTS_DIR/bench
tiny=(--layers 1 --hidden 16 --embedding 8 --threads 2 --repetitions 2)
export PYTHONDONTWRITEBYTECODE=1

# runs COMMAND...: must succeed; its words are in `out` and `err`.
runs() { "$@" >out 2>err || fail "$*: exit status $?: $(tail -3 err)"; }
# refused STATUS PATTERN COMMAND...
refused() {
    "${@:3}" >out 2>err
    [ $? = "$1" ] && grep -qE -- "$2" err || fail "${*:3}: not refused with '$2': $(head -3 err)"
}

runs "$bench/batches.sh" random 2 5 4 50
mv out random
[ "$(grep -c . random)" = 10 ] || fail "not 2 batches of 5: $(cat random)"
seq 5 40004 >ids
runs "$bench/batches.sh" pairs ids ids 2 64 # a few of many
[ "$(grep -c . out)" = 128 ] || fail "not 2 batches of 64: $(wc -l <out)"
for attention in none dot general; do
    runs "$BUILD/bench_train" random --vocabulary 50 "${tiny[@]}" --attention $attention --json train.$attention
    for phase in data encoder decoder output optimizer; do
        grep -q "\"$phase\":{\"seconds\":[0-9.e-]*[1-9]" train.$attention || fail "no time for $phase: $(cat train.$attention)"
    done
    runs "$BUILD/bench_translate" random --vocabulary 50 "${tiny[@]}" --attention $attention --mini-batch 3 --json translate.$attention
done
# the operations of products, forward and twice backward 2 m n k: 40 target positions in each of 2 repetitions
grep -q '"output":{[^}]*"gflop":0.000384,' train.none || fail "operations of the output layer: $(cat train.none)"
refused 1 'bench_train: random:1: ids from 3 to 9 wanted' "$BUILD/bench_train" random --vocabulary 10 "${tiny[@]}"
refused 2 'precision.*float32' "$BUILD/bench_train" random --precision float8

corpus corpus 200 10 12
must tokenizer train corpus/train.en corpus/train.de -o bpe.model --type bpe --vocab-size 150 --quiet
runs "$BUILD/bench_resegment" bpe.model corpus/train.en corpus/train.de 0.1 2
grep -q '^200 pairs: .* drawn in [0-9.]* us a line' out || fail "what drawing costs: $(cat out)"
compare() { # THREADS OPTION...
    runs "$bench/compare.sh" corpus --quick --threads "$1" --dev dev --test test --work shared --json compare.json \
        --model '--layers 1 --hidden 16 --embedding 8' "${@:2}"
    mv out table && mv err notes
    runs "$BUILD/bench_compare" compare.json # it parses
}
PYTHON=/nonexistent/python compare 2
grep -q 'PyTorch is not there .*: only latimer is measured' notes || fail "nothing about PyTorch: $(head -3 notes)"
for case in 'training rectangle, attention none' 'training text, attention general' 'translation text, attention general'; do
    grep -q "^$case, float32 .* [0-9.]" table || fail "no '$case' in the table: $(tail -20 table)"
done
refused 2 'unknown option' "$bench/compare.sh" corpus --nothing
refused 2 'no run.s folder' "$bench/compare.sh" corpus --run corpus

python=/usr/bin/python3
if $python -c 'import torch' 2>/dev/null; then
    PYTHON=$python compare 1 --only 'training text general|translation (rectangle general, batches of 32|text .* batches of 32, beam 5)'
    # training, and two translations in float32 and int8; with instructions for it training in bfloat16, too
    ratios=$(grep -o '"ratio_of_best":' compare.json | wc -l)
    [ "$ratios" = $((5 + $(grep -c -m 1 avx512_bf16 /proc/cpuinfo || true))) ] ||
        fail "no ratios: $(cat compare.json)"
    experiment toy.yaml corpus
    for attention in none dot general; do
        must train toy.yaml --threads 1 --quiet --set model.decoder.attention=$attention --set training.max_updates=100 >run
        must translate "$(cat run)" -i corpus/test.en -o ours --no-record --quiet -b 4
        must tokenizer encode "$(cat run)/tokenizer.model" --ids -i corpus/test.en --quiet | sed 's/$/\t/' >ids
        runs $python "$bench/torch_peer.py" translate ids --checkpoint "$(cat run)/best.safetensors" --threads 1 --beam 4 \
            --mini-batch 5 --warmup 0 --repetitions 1 --output found
        must tokenizer decode "$(cat run)/tokenizer.model" --ids -i found -o theirs --quiet
        same ours theirs "attention $attention: the peer's translations"
    done
else
    echo "$python has no torch: the peer was not tried"
fi

finish
