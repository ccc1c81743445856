#!/usr/bin/env bash
# latimer corpus fetch debian, through the real apt where there is one, from a small repository in a folder: no network.
set -u
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt reads as another user when it is run by root
cd "$work" || exit 1

programs=$PATH # where latimer finds apt
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

# expect STATUS PATTERN ARGUMENT...: exit status, nothing on stdout, and a message that matches
expect() {
    local wanted=$1 pattern=$2 status
    shift 2
    PATH=$programs "$LATIMER" corpus fetch "$@" >out 2>err </dev/null
    status=$?
    [ "$status" = "$wanted" ] || fail "$*: exit status $status, not $wanted: $(tail -2 err)"
    [ -s out ] && fail "$*: something on standard output"
    grep -Eq -- "$pattern" err || fail "$*: message does not match '$pattern': $(cat err)"
}

expect 2 "unknown corpus 'wikipedia'" wikipedia --pair en-de -o x
expect 2 "which languages\? Give --pair" debian -o x
expect 2 "Give -o DIR" debian --pair en-de
expect 2 "give one of them" debian --pair en-de --languages en,de -o x
expect 2 "--max-ratio is of pairs" debian --languages en,de -o x --max-ratio 2
expect 2 "--train-lines means nothing with --pair" debian --pair en-de -o x --train-lines 2
expect 2 "'en' is there twice" debian --languages en,en -o x
expect 2 "is not two languages" debian --pair ende -o x
expect 1 "--sources: cannot read nowhere" debian --pair en-de -o x --sources nowhere

# no apt at all
programs=/nonexistent
expect 1 "apt is needed.*corpus generate.*cannot run apt-get" debian --pair en-de -o x

# an apt that fails, and one that is killed
mkdir fake
printf '#!/bin/sh\necho "W: slow" >&2\necho "E: no such host" >&2\nexit 100\n' >fake/apt-get
chmod +x fake/apt-get
programs=$work/fake:$PATH
expect 1 "apt-get failed \(exit status 100\): slow; no such host.*Without network.*corpus generate" \
    debian --pair en-de -o x
printf '#!/bin/sh\nkill -9 $$\n' >fake/apt-get
expect 1 "exit status 137" debian --pair en-de -o x
programs=$PATH
[ -e x/train.en ] && fail "a corpus without descriptions"

if ! command -v apt-get >/dev/null || [ ! -x /usr/lib/apt/apt-helper ]; then
    echo "no apt here: the rest is skipped" >&2
    exit $((failures != 0))
fi

# a repository of one folder; the second argument is how many programs it describes
repository() {
    local folder=$1/dists/small programs=$2 i
    mkdir -p "$folder/main/i18n" "$folder/main/binary-$(dpkg --print-architecture)"
    : >"$folder/main/binary-$(dpkg --print-architecture)/Packages"
    for ((i = 0; i < programs; i++)); do
        # shellcheck disable=SC2018,SC2019
        name=$(printf '%s' "$i" | tr 0-9 a-j)
        printf 'Package: %sq\nDescription-md5: %032x\nDescription-LANG: TEXT\n\n' "$name" "$i"
    done >stanzas
    awk '/TEXT/ { sub(/LANG: TEXT/, "en: tool " n " for kites\n Kite " n " flies above tree " n " in the wind."); n++ } { print }' \
        n=0 stanzas >"$folder/main/i18n/Translation-en"
    awk '/TEXT/ { sub(/LANG: TEXT/, "de: Werkzeug " n " zum Drachenbau\n Der Drachen " n " fliegt im Wind \303\274ber Baum " n " hinweg."); n++ } { print }' \
        n=0 stanzas >"$folder/main/i18n/Translation-de"
    (
        cd "$folder" || exit 1
        printf 'Origin: Small\nSuite: small\nCodename: small\nArchitectures: %s\nComponents: main\nSHA256:\n' \
            "$(dpkg --print-architecture)" >Release
        find main -type f | sort | while read -r file; do
            printf ' %s %s %s\n' "$(sha256sum "$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$file"
        done >>Release
    )
}
repository "$work/repository" 300
echo "deb [trusted=yes] file:$work/repository small main" >sources.list

expect 0 "kept: " debian --pair en-de -o corpus --sources sources.list --dev-lines 20 --test-lines 30
[ "$(wc -l <corpus/dev.en)" = 20 ] || fail "dev has $(wc -l <corpus/dev.en) lines"
[ "$(wc -l <corpus/test.de)" = 30 ] || fail "test has $(wc -l <corpus/test.de) lines"
for part in train dev test; do
    paste "corpus/$part.en" "corpus/$part.de" | awk -F'\t' '
        { gsub(/[^0-9]+/, " ", $1); gsub(/[^0-9]+/, " ", $2); split($1, a, " "); split($2, b, " ") } a[1] != b[1] { exit 1 }' ||
        fail "$part: lines do not correspond"
done
grep -q 'Small small main Translation-de' corpus/README || fail "README names no source: $(cat corpus/README)"
grep -q 'Debian Description' corpus/README || fail "README does not say where it is from"

# the second run needs no repository, and gives the same; --quiet says nothing
cp -r corpus first
mv repository away
"$LATIMER" corpus fetch debian --pair en-de -o corpus --sources sources.list --dev-lines 20 --test-lines 30 --quiet >out 2>err ||
    fail "second run: $(cat err)"
[ -s out ] || [ -s err ] && fail "--quiet says: $(cat out err)"
diff -r -x apt first corpus >/dev/null || fail "the second run gives another corpus"
mv away repository
echo "deb http://127.0.0.1:1/small small main" >unreachable.list
expect 1 "apt-get failed.*corpus generate" debian --pair en-de -o corpus --sources unreachable.list --refresh
diff -r -x apt first corpus >/dev/null || fail "a run that failed changed the corpus"

# newer files come where they are asked for, and only there
cp -r corpus/apt newer
repository "$work/repository" 310
expect 0 "300 in both" debian --pair en-de -o x --cache newer --sources sources.list
expect 0 "310 in both" debian --pair en-de -o x --cache newer --sources sources.list --refresh

# the sides swapped; another seed
expect 0 "used again" debian --pair de-en -o swapped --cache corpus/apt --sources sources.list --dev-lines 20 --test-lines 30
for part in train dev test; do
    cmp -s "corpus/$part.en" "swapped/$part.en" || fail "$part.en is another when the languages are swapped"
done
expect 0 "kept" debian --pair de-en -o seeded --cache corpus/apt --sources sources.list --seed 2 --dev-lines 20 --test-lines 30
cmp -s corpus/test.en seeded/test.en && fail "another seed gives the same test set"

# labelled text from the same files
expect 0 "^de +300 +600 " debian --languages en,de -o labelled --cache corpus/apt --sources sources.list --dev-lines 20 --test-lines 30
for part in train dev test; do
    paste "labelled/$part.label" "labelled/$part.text" | awk -F'\t' '
        ($1 != "en" && $1 != "de") || ($2 ~ /Werkzeug|Drachen/) != ($1 == "de") { exit 1 }' || fail "$part: labels do not fit"
    sed 's/[^0-9]*\([0-9]*\).*/\1/' "labelled/$part.text" | sort -u >"numbers.$part"
done
[ "$(sort numbers.* | uniq -d)" = "" ] || fail "a package is in two parts"
[ "$(sort labelled/test.label | uniq -c | xargs)" = "30 de 30 en" ] || fail "test has $(sort labelled/test.label | uniq -c | xargs)"
grep -q 'Small small main Translation-de' labelled/README || fail "README of the labels names no source"
expect 2 "no package descriptions in 'xx'; they have" debian --languages en,xx -o x --sources sources.list

expect 2 "no package descriptions in 'xx'; they have them in de, en$" debian --pair en-xx -o x --sources sources.list
repository "$work/repository" 2
expect 1 "too little is described" debian --pair en-de -o few --sources sources.list
[ -e few/train.en ] && fail "a corpus of nothing"

exit $((failures != 0))
