#!/bin/bash
# Much text and long lines: memory that does not grow with them, and the same bits however many workers encode them.
. "$TESTS_DIR/e2e/library.sh"

bench_run=$(dirname "$LATIMER")/bench_run # SECONDS and the peak in MiB, also of the processes it starts
sanitized=$(nm -D "$LATIMER" 2>/dev/null | grep -c '__asan_init\|__tsan_init')

# bounded MIB ARGUMENT...: latimer must succeed and take no more memory than that.
bounded() {
    local most=$1 peak
    shift
    if [ ! -x "$bench_run" ] || [ "$sanitized" != 0 ]; then
        must "$@"
        return
    fi
    rm -f peak
    "$bench_run" peak "$LATIMER" "$@" 2>err || fail "latimer $*: $(tail -3 err)"
    peak=$(cut -d' ' -f2 peak)
    [ "$peak" -le "$most" ] || fail "latimer $*: $peak MiB, more than $most"
}

# ---- a large corpus: about five million ids, more than are kept in memory ----

corpus many 65000 2 2
corpus few 500 2 2
experiment many.yaml many
experiment few.yaml few
# Pieces are short, so that there are many; of the text a sample of a megabyte makes the tokenizer.
settings=(--set tokenizer.vocab_size=100 --set tokenizer.training_text=1 --set data.max_length=400 --set data.test='[]'
    --set training.validate_every=3 --set training.checkpoint_every=3 --set training.max_updates=6 --db x.db)
mkdir spare
export TMPDIR=$PWD/spare

train() { # RUNS FILE ARGUMENT...
    local runs=$1 file=$2
    shift 2
    bounded 120 train "$file" "${settings[@]}" --runs "$runs" "$@" >/dev/null
}
train r-few few.yaml --threads 2 # the bound is no tight one: this takes about 30 MiB, and all of the text 230
train r-one many.yaml --threads 2
grep -q 'lines, of which [0-9]* were drawn (tokenizer.training_text: 1 MB)' err || fail "the sample is not told of"
pieces=$(sed -n 's/^training on .* pairs, \([0-9]*\) + \([0-9]*\) pieces.*/\1 \2/p' err)
[ $((${pieces/ /+})) -gt $((4 << 20)) ] || fail "only $pieces pieces: they stay in memory, which is not what this tests"
train r-two many.yaml --threads 2
cmp -s "$(the_run r-one)/last.safetensors" "$(the_run r-two)/last.safetensors" || fail "twice the same training differs"
train r-stopped many.yaml --threads 2 --set training.max_updates=3
bounded 120 train --resume "$(the_run r-stopped)" --db x.db --threads 2 \
    --set training.max_updates=6 >/dev/null
cmp -s "$(the_run r-one)/last.safetensors" "$(the_run r-stopped)/last.safetensors" || fail "resumed, the training differs"
[ -z "$(ls -A spare)" ] || fail "left in TMPDIR: $(ls -A spare)"
TMPDIR=$PWD/nowhere expect 1 "cannot make a temporary file in $PWD/nowhere .*set TMPDIR" \
    train many.yaml "${settings[@]}" --runs r-nowhere --threads 1 --quiet
unset TMPDIR

# ---- a pair of more than 2,000 pieces ----

corpus long 300 2 2
experiment long.yaml long
for side in en de; do
    head -100 "long/train.$side" | tr '\n' ' ' >"line.$side"
    echo >>"line.$side"
    cat "line.$side" >>"long/train.$side"
done
settings=(--set model.decoder.attention=dot --set data.test='[]' --set training.max_updates=1000 --set training.max_epochs=1
    --set training.validate_every=1000 --db x.db --threads 2)
bounded 200 train long.yaml "${settings[@]}" --set data.max_length=3000 --runs r-long >/dev/null
grep -q '^training on 301 of 301 pairs' err || fail "the long pair is not trained on: $(grep '^training on' err)"
run=$(the_run r-long)
"$LATIMER" tokenizer encode "$run/tokenizer.model" -i line.en --quiet >pieces || fail "the long line cannot be encoded"
[ "$(wc -w <pieces)" -gt 2000 ] || fail "the line has only $(wc -w <pieces) pieces"
translate() { bounded 200 translate "$run" --no-record --beam-size 5 --max-length 3000 --threads 2 --quiet "$@"; }
translate -i line.en -o alone
[ "$(wc -l <alone)" = 1 ] || fail "$(wc -l <alone) translations of one long line"
{ head -70 long/train.en; cat line.en; } >mixed
translate -i mixed -o out
[ "$(wc -l <out)" = 71 ] || fail "$(wc -l <out) translations of 71 lines"
tail -1 out | cmp -s - alone || fail "a long line is translated otherwise among others"
translate -i mixed -o one --mini-batch-words 1
cmp -s out one || fail "--mini-batch-words 1: differs"
"$LATIMER" rescore "$run" line.en line.de --quiet >score || fail "the long pair cannot be scored"
grep -Eq '^-[0-9.]+$' score || fail "no score of the long pair: $(cat score)"

finish
