#!/usr/bin/env bash
# --precision int8 and quantize: the same translations with the file and without, whatever the batch, order and threads;
# recorded apart from float32; damaged and foreign files are refused, a stale one is said to be that.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 400 20 60
experiment toy.yaml corpus
train() { must train toy.yaml --quiet --threads 1 --db train.db --set training.max_updates=60 --set training.validate_every=30 "$@"; }
translate() { must translate "$@" --precision int8 --no-record --quiet; }
hostile_lines 120 >lines
tac lines >reversed

check() { # NAME RUN
    local run=$2 checkpoint
    checkpoint=$(sha256 "$run/best.safetensors")
    translate "$run" -i lines --threads 2 >expected
    [ "$(wc -l <expected)" = 120 ] || fail "$1: $(wc -l <expected) lines"
    translate "$run" -i reversed --threads 1 --mini-batch 1 | tac >out
    same expected out "$1: reversed, --mini-batch 1, 1 thread"
    must rescore "$run" corpus/test.en corpus/test.de --precision int8 --quiet --threads 2 >scores

    must quantize "$run"
    grep -q 'int8.safetensors: ' err || fail "$1: quantize says '$(cat err)'"
    [ "$(sha256 "$run/best.safetensors")" = "$checkpoint" ] || fail "$1: quantize changed the checkpoint"
    for options in "--threads 1 --mini-batch 1" "--threads 2 --mini-batch 7"; do
        # shellcheck disable=SC2086
        translate "$run" -i lines $options >out
        same expected out "$1: with the file, $options"
    done
    [ -s err ] && fail "$1: $(cat err)"
    must rescore "$run" corpus/test.en corpus/test.de --precision int8 --quiet --threads 1 >out
    same scores out "$1: rescore with the file"
    for backend in ref sse2 avx2; do # other kernels: the integers are the same, tanh and exp are not quite
        LATIMER_BACKEND=$backend translate "$run" -i corpus/test.en >out
        [ "$(wc -l <out)" = 60 ] || fail "$1: $backend: $(wc -l <out) lines"
    done
    # It is the file that was read: the checkpoint is not there.
    mkdir "$run/away" && mv "$run"/best.safetensors "$run"/last.safetensors "$run/away"
    translate "$run" -i lines >out
    same expected out "$1: without the checkpoint"
    mv "$run"/away/* "$run" && rmdir "$run/away"
}

plain=$(train --runs plain)
check plain "$plain"
check "parts of a tensor, biases, vectors" "$(train --runs parts --set model.decoder.attention=additive --set model.decoder.input_feeding=true \
    --set model.decoder.context=every_step --set model.encoder.hidden=20 --set model.decoder.hidden=20 --set model.encoder.cell=gru \
    --set model.decoder.cell=lstm_peephole)"
check "one table" "$(train --runs tied --set model.tied_embeddings=all --set tokenizer.joint=true --set model.decoder.cell=lstm_layernorm)"

# ---- recorded, and told apart ----

must translate "$plain" -i corpus/test.en -r corpus/test.de --precision int8 --db train.db --quiet >out
must translate "$plain" -i corpus/test.en -r corpus/test.de --db train.db --quiet >out
must runs --db train.db --decodings --json >runs
for id in $(sed -n 's/^ *"id": "\([0-9a-f]*\)".*/\1/p' runs | head -2); do must show "$id" --db train.db --json; done >shown
for precision in int8 float32; do
    grep -q "\"decoding.precision\": \"$precision\"" shown || fail "no decoding is recorded as $precision"
done
[ "$(grep -c "\"checkpoint_sha256\": \"$(sha256 "$plain/best.safetensors")\"" shown)" = 2 ] ||
    fail "the checkpoint's hash is not in both records: $(grep checkpoint_sha256 shown)"

# ---- files that are not what they should be ----

whole=$plain/int8.safetensors
cp "$whole" kept
head -c -1 kept >"$whole"
expect 1 "latimer quantize $plain.*int8.safetensors is not a whole safetensors file" translate "$plain" -i lines --precision int8 --no-record --quiet
head -c 100 kept >"$whole"
expect 1 "int8.safetensors is not a whole safetensors file" translate "$plain" -i lines --precision int8 --no-record --quiet
{ head -c -1000 kept; printf '\001\002\003'; tail -c 997 kept; } >"$whole"
expect 1 "latimer quantize $plain.*int8.safetensors is damaged" translate "$plain" -i lines --precision int8 --no-record --quiet
cp "$plain/best.safetensors" "$whole"
expect 1 "was not written by 'latimer quantize'" translate "$plain" -i lines --precision int8 --no-record --quiet
cp kept "$whole"
cp kept best && mkdir -p other && cp "$plain"/*.yaml "$plain"/*.model other && cp kept other/best.safetensors
expect 1 "holds 8-bit integers, for --precision int8 alone" translate other -i lines --no-record --quiet

sed 's/"checksum":"crc32/"checksun":"crc32/' kept >"$whole"
expect 1 "int8.safetensors holds 8-bit integers but has no checksum" translate "$plain" -i lines --precision int8 --no-record --quiet
cp kept "$whole"

# Alone in its folder it is of the checkpoint it names, and no other.
mkdir alone && cp "$plain"/*.yaml "$plain"/*.model kept alone && mv alone/kept alone/int8.safetensors
translate "$plain" -i lines >expected
translate alone -i lines >out
same expected out "a folder with the integers alone"
expect 1 "alone has no last.safetensors" translate alone -i lines --checkpoint last --precision int8 --no-record --quiet

# Of another checkpoint: said, and the run's own is used.
translate "$plain" -i lines --checkpoint last 2>/dev/null >last
cmp -s "$plain/best.safetensors" "$plain/last.safetensors" && fail "best and last are the same: nothing can be told"
"$LATIMER" translate "$plain" -i lines --checkpoint last --precision int8 --no-record >out 2>err || fail "last: $(cat err)"
grep -q "was made of another checkpoint than last.safetensors" err || fail "a stale file: $(cat err)"
grep -q "latimer quantize $plain --checkpoint last'" err || fail "a stale file's remedy: $(cat err)"
must quantize "$plain" -o out.safetensors --checkpoint last --quiet
cp out.safetensors "$whole"
"$LATIMER" translate "$plain" -i lines --checkpoint last --precision int8 --no-record >with 2>err || fail "last: $(cat err)"
grep -q "was made of another" err && fail "not stale: $(cat err)"
same out with "--checkpoint last, with the file"

expect 2 "--precision.*int4" translate "$plain" -i lines --precision int4
expect 1 "cannot write|cannot open|No such" quantize "$plain" -o nowhere/file
before=$(sha256 "$plain/best.safetensors")
expect 2 "is the checkpoint itself" quantize "$plain" -o "$plain/best.safetensors"
[ "$(sha256 "$plain/best.safetensors")" = "$before" ] || fail "quantize wrote over its checkpoint"

# Stopped at any moment, it leaves nothing half done.
for ((i = 1; i <= 30; i++)); do
    timeout -s TERM "$(printf '0.%03d' $i)" "$LATIMER" quantize "$plain" --quiet 2>/dev/null
done
translate "$plain" -i lines --checkpoint best >out
same expected out "after being stopped"
no_temporary_files "$plain" .
finish
