#!/usr/bin/env bash
# The command line by itself: help, version, wrong usage, output that cannot be written.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

expect 0 ''
expect 0 '' help
grep -q '^usage: latimer' out || fail "help has no usage"
expect 0 '' --help
expect 0 '' --version
grep -Eq '^latimer [0-9]+\.[0-9]+\.[0-9]+$' out || fail "version: $(cat out)"
expect 2 "unknown command 'hlep'; did you mean 'help'" hlep
expect 2 "^latimer: unknown command 'quux'; 'latimer help' lists" quux
expect 2 "unknown command 'quux'" help quux
expect 2 "no command given" --quiet

# Every command: both ways to its help print the same text; unknown options are named.
"$LATIMER" help | sed -n '/^Commands:/,/^$/p' | sed -n 's/^  \(.\{18\}\) .*/\1/p' >commands
while read -r command; do
    # shellcheck disable=SC2086
    "$LATIMER" help $command >help1 2>err || fail "help $command: $(cat err)"
    # shellcheck disable=SC2086
    "$LATIMER" $command --help >help2 2>err || fail "$command --help: $(cat err)"
    cmp -s help1 help2 || fail "the two helps of $command differ"
    grep -q "^usage: latimer $command" help1 || fail "help of $command has no usage line"
    for option in --db --threads --quiet --verbose; do
        grep -q -- "$option" help1 || fail "help of $command does not explain $option"
    done
    awk 'length($0) > 118' help1 | grep -q . && fail "help of $command has lines over 118 bytes"
    # shellcheck disable=SC2086
    expect 2 "^latimer $command: unknown option '--thraeds'; did you mean '--threads'\?" $command --thraeds 2
    # shellcheck disable=SC2086
    expect 2 "^latimer $command: --threads: 'many'" $command --threads many
    # shellcheck disable=SC2086
    expect 2 "exclude each other" $command --quiet --verbose
done <commands
cut -d' ' -f1 commands | sort | uniq -d | while read -r group; do
    expect 0 '' "$group" --help
    cp out group_help
    expect 0 '' help "$group"
    cmp -s out group_help || fail "the two helps of $group differ"
    expect 2 "wants a command behind it" "$group"
    [ "$failures" = 0 ] || exit 1
done || failures=$((failures + 1))

expect 0 '' help 'corpus clean'
grep -q '^usage: latimer corpus clean' out || fail "help 'corpus clean': $(head -1 out)"

# Output that cannot be written is noticed.
if [ -e /dev/full ]; then
    "$LATIMER" help >/dev/full 2>err
    [ $? = 1 ] || fail "a full disk was not noticed"
    grep -q "^latimer: cannot write to standard output: No space left" err || fail "full disk: $(cat err)"
fi
"$LATIMER" help >&- 2>err
[ $? = 1 ] || fail "a closed standard output was not noticed"
mkfifo pipe
sleep 0.2 <pipe &
{ sleep 0.6; "$LATIMER" help 2>err; echo $? >status; } >pipe
wait
[ "$(cat status)" = 1 ] || fail "a closed pipe gave exit status $(cat status)"

finish
