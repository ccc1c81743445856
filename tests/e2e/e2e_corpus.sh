#!/usr/bin/env bash
# corpus import and corpus stats: what goes where, exit statuses, hostile XML under a limit of memory.
set -u
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
import() { "$LATIMER" corpus import "$@" --src en --trg de >out 2>err; }

# expect STATUS PATTERN ARGUMENT...: of an import that fails: one line on stderr, nothing written
expect() {
    local wanted=$1 pattern=$2 status
    shift 2
    import "$@" -o none
    status=$?
    [ "$status" = "$wanted" ] || fail "import $*: exit status $status, not $wanted: $(head -3 err)"
    [ "$(wc -l <err)" = 1 ] || fail "import $*: not one line on stderr: $(head -3 err)"
    grep -Eq -- "$pattern" err || fail "import $*: no '$pattern' in: $(cat err)"
    ls none* >/dev/null 2>&1 && fail "import $*: left $(ls none*)"
}

# ---- TSV, by a pipe too; counts on standard error ----
printf 'one\teins\n\tzwei\nthree\n' >a.tsv
import a.tsv -o a || fail "import: $(cat err)"
[ -s out ] && fail "import wrote to standard output: $(cat out)"
[ "$(cat a.en a.de)" = "$(printf 'one\neins')" ] || fail "a.en, a.de: $(cat a.en a.de)"
grep -q '^read 3, wrote 1 sentence pair to a.en and a.de$' err || fail "counts: $(cat err)"
grep -q '^dropped 1: a side is empty (the first is a.tsv:2)$' err || fail "empty: $(cat err)"
grep -q '^dropped 1: a wrong number of columns (the first is a.tsv:3, which has 1)$' err || fail "columns: $(cat err)"
import a.tsv -o quiet --quiet || fail "quiet: $(cat err)"
[ -s err ] && fail "--quiet says $(cat err)"
gzip -c a.tsv | import - --format tsv -o piped || fail "pipe: $(cat err)"
cmp -s a.en piped.en && cmp -s a.de piped.de || fail "what came by the pipe differs"
grep -q '(the first is standard input:2)' err || fail "pipe: $(cat err)"

# ---- failures ----
printf '<tmx><body><tu></body></tmx>' >bad.tmx
expect 1 'bad.tmx:1:[0-9]+: cannot be read as XML: mismatched tag' bad.tmx
expect 1 'cannot open missing.tsv: No such file' missing.tsv
expect 2 'give --format' a
expect 2 'only be read once|can be read only once' - - --format plain
expect 1 'none is left' a.tsv --src-column 8
"$LATIMER" corpus import a.tsv --src en --trg de 2>err && fail "an import without -o"
grep -q 'Give -o PREFIX' err || fail "no -o: $(cat err)"

# Entities of entities, and one entity very often: refused at once and in little memory. (A build with AddressSanitizer
# cannot start where addresses are limited; it goes without.)
limit='ulimit -t 60 -v 1000000'
(eval "$limit"; "$LATIMER" --version) >/dev/null 2>&1 || limit='ulimit -t 60'
{
    printf '<!DOCTYPE tmx [<!ENTITY a "ha">'
    last=a
    for name in b c d e f g h i j k l; do
        printf '<!ENTITY %s "' "$name"
        for _ in 1 2 3 4 5 6 7 8 9 10; do printf '&%s;' "$last"; done
        printf '">'
        last=$name
    done
    printf ']><tmx><body><tu><tuv xml:lang="en"><seg>&l;</seg></tuv></tu></body></tmx>'
} >bomb.tmx
(eval "$limit"; expect 1 'amplification' bomb.tmx; [ "$failures" = 0 ]) || fail "the bomb"
{
    printf '<!DOCTYPE tmx [<!ENTITY a "'
    head -c 100000 /dev/zero | tr '\0' x
    printf '">]><tmx><body><tu><tuv xml:lang="en"><seg>'
    for _ in $(seq 20000); do printf '&a;'; done
    printf '</seg></tuv></tu></body></tmx>'
} >quadratic.tmx
(eval "$limit"; expect 1 'amplification' quadratic.tmx; [ "$failures" = 0 ]) || fail "the quadratic bomb"

# A signal leaves nothing behind.
mkfifo pipe
{ printf 'a\tb\n'; sleep 2; printf 'c\td\n'; } >pipe &
"$LATIMER" corpus import pipe --format tsv -o stopped --src en --trg de 2>err &
importer=$!
sleep 0.5
kill -TERM $importer
wait $importer
[ $? = 143 ] || fail "exit status after SIGTERM"
ls stopped* >/dev/null 2>&1 && fail "SIGTERM left $(ls stopped*)"
wait

# ---- stats ----
printf 'a b c\na b c\n\nx\0\n' >s.en
printf 'd e\nd e\nf\n\377\n' | gzip >s.de.gz
"$LATIMER" corpus stats s --src en --trg de >out 2>err || fail "stats: $(cat err)"
[ -s err ] && fail "stats says on stderr: $(cat err)"
grep -Eq '^lines +4 +4$' out || fail "lines: $(cat out)"
grep -Eq '^empty lines +1 +0$' out || fail "empty lines: $(cat out)"
grep -Eq '^en +words +1\.75 ' out || fail "mean: $(cat out)"
grep -Eq '^duplicate pairs: 1 ' out || fail "duplicates: $(cat out)"
grep -q '^s.en:4: the first line with NUL$' out || fail "NUL: $(cat out)"
grep -q '^s.de.gz:4: the first line of invalid UTF-8$' out || fail "UTF-8: $(cat out)"
grep -q "^s.en: SHA-256 of the text $(sha256sum <s.en | cut -d' ' -f1)$" out || fail "SHA-256: $(cat out)"
"$LATIMER" corpus stats s --src en --trg de --json >out 2>err || fail "stats --json: $(cat err)"
grep -q '"duplicate_pairs": 1' out && grep -q '"empty_lines": 1' out || fail "JSON: $(cat out)"
"$LATIMER" corpus stats s --src en --trg fr >out 2>err && fail "stats of a missing side"
grep -q 'there is no file s.fr' err || fail "missing side: $(cat err)"
echo more >>s.en
"$LATIMER" corpus stats s --src en --trg de >out 2>err && fail "stats of unequal files"
grep -q 's.en has 5 lines and s.de.gz has 4' err || fail "unequal: $(cat err)"

[ "$failures" = 0 ] && echo "all passed"
exit $((failures > 0))
