#!/usr/bin/env bash
# latimer corpus generate: what it says and where, and its exit statuses.
set -u
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

"$LATIMER" corpus generate -o a --pairs 50 --dev 5 --test 6 --alignments >out 2>err || fail "exit status $?: $(cat err)"
[ -s out ] && fail "standard output: $(cat out)"
grep -q '^a/train: 50 pairs, [0-9]* English words, [0-9]* German$' err || fail "counts: $(cat err)"
for name in train=50 dev=5 test=6; do
    for suffix in en de align; do
        [ "$(wc -l <"a/${name%=*}.$suffix")" = "${name#*=}" ] || fail "${name%=*}.$suffix has not ${name#*=} lines"
    done
done
"$LATIMER" corpus generate -o b --pairs 50 --dev 5 --test 6 --seed 1 --quiet >out 2>err || fail "exit status $?"
[ -s err ] && fail "--quiet: $(cat err)"
[ "$(ls b | wc -l)" = 6 ] || fail "files without --alignments: $(ls b)"
cmp -s a/train.de b/train.de || fail "equal seeds gave different files"

"$LATIMER" corpus generate --pairs 5 >out 2>err
[ $? = 2 ] || fail "no -o is not exit status 2"
grep -q 'Give -o DIR' err || fail "no -o: $(cat err)"
"$LATIMER" corpus generate -o c --pairs 0 >out 2>err
[ $? = 2 ] || fail "--pairs 0 is not exit status 2"
"$LATIMER" corpus generate -o a/train.en/b >out 2>err
[ $? = 1 ] || fail "a folder below a file is not exit status 1"
grep -q 'a/train.en' err || fail "a folder below a file: $(cat err)"

"$LATIMER" corpus generate -o d --pairs 1000000000 2>err &
sleep 0.5
kill -TERM $!
wait $!
[ $? = 143 ] || fail "SIGTERM is not exit status 143"
[ -z "$(ls d)" ] || fail "left behind after SIGTERM: $(ls d)"

[ "$failures" = 0 ]
