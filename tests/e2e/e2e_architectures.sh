#!/usr/bin/env bash
# Every architecture: the same bits again, and after a kill; the same translation whatever stands around a line and
# however the work is split; the probability that a search saw is what rescoring says.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 300 20 20
experiment e.yaml corpus
options=(--threads 2 --quiet --set training.max_updates=100 --set training.validate_every=50 --set training.checkpoint_every=5
    --set training.learning_rate=0.02 --set decoding.max_length=40)
hostile_lines 200 >lines
tac lines >reversed
kills=0 late=0 poor=0

# bits NAME SETTING...: trained twice, the second time killed and resumed.
bits() {
    local name=$1 run
    shift
    must train e.yaml --runs "$name" "${options[@]}" "$@" >/dev/null || return
    "$LATIMER" train e.yaml --runs "$name.killed" "${options[@]}" "$@" >/dev/null 2>killed.err &
    wait_for "checkpoint of update $((5 + kills % 10 * 5))" saved "$name.killed" $((5 + kills % 10 * 5))
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    kills=$((kills + 1))
    run=$(the_run "$name.killed")
    [ ! -e "$run/hyp/test.de" ] || late=$((late + 1))
    must train --resume "$run" "${options[@]}" >/dev/null
    for file in best.safetensors last.safetensors hyp/test.de; do
        same "$(the_run "$name")/$file" "$run/$file" "$name, killed and resumed"
    done
}

# lines_alone NAME: translations do not depend on what is translated with them.
lines_alone() {
    local run
    run=$(the_run "$1")
    translate() { must translate "$run" --no-record --quiet "$@"; }
    translate -i lines --threads 2 >expected
    [ "$(wc -l <expected)" = 200 ] || fail "$1: 200 lines gave $(wc -l <expected)"
    [ "$(sort -u expected | wc -l)" -gt 5 ] || poor=$((poor + 1))
    translate -i reversed --threads 1 --mini-batch 1 | tac >out
    same expected out "$1: reversed, --mini-batch 1, 1 thread"
    translate -i lines --threads 2 --n-best 3 --beam-size 3 --mini-batch 7 >nbest
    translate -i lines --threads 1 --n-best 3 --beam-size 3 --mini-batch 64 >out
    same nbest out "$1: --n-best with --mini-batch 7, 2 threads and 64, 1 thread"
}

# rescored NAME: F0 of the last --n-best is what rescore says, digit by digit.
rescored() {
    sed 's/^[0-9]* ||| //; s/ ||| F0=[^|]*||| [^|]*$//' nbest >some.trg
    sed 's/.*||| F0=\([^ ]*\) ||| [^ ]*$/\1/' nbest >some.f0
    awk '{ print $1 + 1 "p" }' nbest >script # each line as often as it has translations
    sed -n -f script lines >some.src
    must rescore "$(the_run "$1")" some.src some.trg --threads 2 --quiet >out
    cmp -s some.f0 out || fail "$1: F0 is not what rescore says: $(paste -d' ' some.f0 out nbest | awk '$1 != $2' | head -3)"
}

while read -r name settings; do
    # shellcheck disable=SC2086
    bits "$name" $settings && lines_alone "$name" && rescored "$name"
done < <(architectures)
echo "$kills architectures, $late of them killed too late, $poor with few different translations"
[ $kills -gt 30 ] && [ $late -lt $((kills / 3)) ] && [ $poor -lt $((kills / 3)) ] || fail "the test is weaker than that"

finish
