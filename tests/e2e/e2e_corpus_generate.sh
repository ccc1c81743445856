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

# tasks on symbols
"$LATIMER" corpus generate --task recall -o r --pairs 40 --dev 5 --test 6 --distances 3,12 >out 2>err || fail "recall: $(cat err)"
[ -s out ] && fail "recall: standard output: $(cat out)"
grep -q '^r/train: 40 pairs, dev: 5, distances 1 to 12$' err || fail "recall: $(cat err)"
[ "$(ls r | xargs)" = "dev.label dev.text test_d12.label test_d12.text test_d3.label test_d3.text train.label train.text" ] ||
    fail "recall: files $(ls r | xargs)"
paste -d ' ' r/test_d12.text r/test_d12.label | awk 'NF != 14 || $1 != $14 || $2 !~ /^d[0-7]$/ { exit 1 }' || fail "recall: $(cat r/test_d12.text)"
[ "$(wc -l <r/test_d3.text)" = 6 ] || fail "recall: test_d3 has not 6 lines"
"$LATIMER" corpus generate --task copy -o p --pairs 40 --dev 5 --test 6 --distances 4 --symbols 3 --max-distance 2 --quiet >out 2>err || fail "copy: $(cat err)"
[ -s err ] && fail "--quiet: $(cat err)"
cmp -s p/train.text p/train.label || fail "copy: the label is not the text"
awk 'NF > 2 || $1 !~ /^s[0-2]$/ { exit 1 }' p/train.text || fail "copy: $(cat p/train.text)"

refused() {
    local pattern=$1 status
    shift
    "$LATIMER" corpus generate -o w "$@" >out 2>err
    status=$?
    [ "$status" = 2 ] || fail "$*: exit status $status, not 2"
    grep -Eq -- "$pattern" err || fail "$*: $(cat err)"
    [ ! -e w ] || fail "$*: something was written"
}
refused "--max-words means nothing to --task recall" --task recall --max-words 9
refused "--symbols means nothing to --task grammar" --symbols 9
refused "'' is not a whole number" --task copy --distances 5,,6
refused "'0' is not a whole number" --task copy --distances 0
refused "5 is there twice" --task copy --distances 5,6,5
refused "did you mean 'recall'" --task recal

"$LATIMER" corpus generate --task recall -o e --pairs 1000000000 2>err &
sleep 0.5
kill -TERM $!
wait $!
[ $? = 143 ] || fail "recall: SIGTERM is not exit status 143"
[ -z "$(ls e)" ] || fail "recall: left behind after SIGTERM: $(ls e)"

[ "$failures" = 0 ]
