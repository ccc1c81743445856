#!/usr/bin/env bash
# 10,000 lines of every hostile kind in, 10,000 out, each the same whatever stands around it and however it comes and goes.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

lines=10000
hostile_lines $((lines - 3)) >most
word() { head -c "$1" /dev/zero | tr '\0' "$2"; }
{
    cat most
    word 50000 x; echo
    word 3000000 '\314'; echo
    yes 'the happy dog sees my small cat ' | head -c 10000000 | tr '\n' ' '; echo
} >input
[ "$(wc -l <input)" = $lines ] || fail "the test's input has $(wc -l <input) lines"
head -n -2 input >short        # without the two that take their time
head -c -1 short >no_newline # the last line is not ended

corpus corpus 400 20 20
experiment toy.yaml corpus
must train toy.yaml --quiet --threads 1 --set model.encoder.hidden=16 --set model.decoder.hidden=16 --set training.max_updates=150 \
    --set training.validate_every=150 --set decoding.max_length=60 --set decoding.max_length_factor=1.5 >run
run=$(cat run)
translate() { must translate "$run" --no-record --quiet "$@"; }

# ---- a line for a line ----

translate -i input --threads 2 >expected
[ "$(wc -l <expected)" = $lines ] || fail "$lines lines gave $(wc -l <expected)"
head -n -2 expected >short.expected
translate --threads 2 <no_newline >out # whose last line is ended all the same
same short.expected out "without the last newline, from standard input"
for i in 3 4 5 6 7 10 11; do
    [ -z "$(sed -n "${i}p" expected)" ] || fail "line $i is blank, its translation is '$(sed -n "${i}p" expected)'"
done
iconv -f UTF-8 -t UTF-8 expected >/dev/null 2>&1 || fail "the translations are not UTF-8"
grep -q "$(printf '[\r\v\f]')" expected && fail "the translations hold line breaks of a kind"
must translate "$run" --no-record -i most >/dev/null
grep -Eq 'most: [0-9]+ lines with NUL bytes \(the first is most:[0-9]+\), read as U\+FFFD' err || fail "NUL is not told: $(cat err)"
grep -Eq 'most: [0-9]+ lines of invalid UTF-8 \(the first is most:[0-9]+\)' err || fail "UTF-8 is not told: $(cat err)"
grep -Eq "translated $((lines - 3)) lines in .*; [0-9]+ without text gave empty lines" err || fail "counts are not told: $(cat err)"
translate </dev/null >out
[ -s out ] && fail "no input gave output: $(head -3 out)"
printf '\n' | translate >out
[ "$(od -An -c out | tr -d ' ')" = '\n' ] || fail "an empty line gave $(od -c out | head -2)"

# ---- whatever stands around it ----

tac input >reversed
translate -i reversed --threads 1 --mini-batch 1 | tac >out
same expected out "reversed, --mini-batch 1, 1 thread"
translate -i short --threads 2 --mini-batch 7 >out
same short.expected out "--mini-batch 7, 2 threads"
translate -i short --threads 1 --mini-batch 64 >out
same short.expected out "--mini-batch 64, 1 thread"
seq $((lines - 2)) | shuf --random-source=input >order
paste -d' ' order short | sort -n | cut -d' ' -f2- >shuffled # its line order[i] is line i of the input
[ "$(wc -l <shuffled)" = $((lines - 2)) ] || fail "the shuffled input has $(wc -l <shuffled) lines"
translate -i shuffled --threads 2 >out
awk 'FNR == NR { place[FNR] = $1; next } { line[FNR] = $0 } END { for (i = 1; i in place; i++) print line[place[i]] }' \
    order out >unshuffled
same short.expected unshuffled "input shuffled"

# ---- n-best ----

translate -i input --n-best 2 --beam-size 2 --threads 2 >nbest
awk -F' [|][|][|] ' -v lines=$lines '
    BEGIN { before = -1 }
    { if ($1 != before) { if ($1 != before + 1) { print "line " $1 " behind " before; exit 1 } seen++ } before = $1 }
    END { if (seen != lines) { print seen " lines"; exit 1 } }' nbest || fail "--n-best does not list every line in order"
grep -vcE '^[0-9]+ \|\|\| .*\|\|\| F0=-?[0-9]+\.[0-9]{6} \|\|\| -?[0-9]+\.[0-9]{6}$' nbest | grep -qx 0 ||
    fail "not Moses' format: $(grep -vE '\|\|\| F0=' nbest | head -3)"
sort -t' ' -k1,1n -u -s nbest | sed 's/^[0-9]* ||| //; s/ ||| F0=[^|]*||| [^|]*$//' >out
same expected out "the first of --n-best"
translate -i short --n-best 2 --beam-size 2 --threads 1 --mini-batch 7 >out
head -n "$(wc -l <out)" nbest | cmp -s - out || fail "--n-best with other batches differs"

# rescore gives F0 digit by digit, for each translation of each line.
awk '$1 < 1500' nbest >some
sed 's/^[0-9]* ||| //; s/ ||| F0=[^|]*||| [^|]*$//' some >some.trg
sed 's/.*||| F0=\([^ ]*\) ||| [^ ]*$/\1/' some >some.f0
awk '{ print $1 + 1 "p" }' some >script # each line as often as it has translations
sed -n -f script short >some.src
[ "$(wc -l <some.src)" = "$(wc -l <some)" ] && [ "$(wc -l <some)" -gt 2000 ] || fail "$(wc -l <some.src) lines to rescore"
must rescore "$run" some.src some.trg --threads 2 --quiet >out
cmp -s some.f0 out || fail "F0 is not what rescore says: $(paste -d' ' some.f0 out some | awk '$1 != $2' | head -5)"

# ---- however it comes and goes ----

head -500 input >some
head -500 expected >some.expected
slow() { # in pieces that end anywhere
    local size at=0 total
    total=$(wc -c <some)
    while [ $at -lt "$total" ]; do
        size=$((1 + RANDOM % 900))
        tail -c +$((at + 1)) some | head -c $size
        at=$((at + size))
        sleep 0.01
    done
}
slow | translate >out
same some.expected out "from a slow pipe"
coproc translator { "$LATIMER" translate "$run" --no-record --quiet 2>err; }
for i in 1 2 3; do
    sed -n "${i}p" some >&"${translator[1]}"
    read -r -t 20 line <&"${translator[0]}" || fail "line $i was not translated as it came"
    [ "$line" = "$(sed -n "${i}p" expected)" ] || fail "line $i as it came gave '$line'"
done
exec {translator[1]}>&-
wait "$translator_PID" || fail "the end of the input gave exit status $?"

translate -i some -o file
same some.expected file "-o file"
if null=$(device null 3); then
    translate -i some -o "$null" || fail "-o /dev/null"
    [ -c "$null" ] || fail "-o replaced a device"
fi
ln -s /proc/self/fd/1 stdout # what /dev/stdout is
translate -i some -o stdout >out
same some.expected out "-o /dev/stdout"
translate -i some -o stdout | cat >out
same some.expected out "-o /dev/stdout into a pipe"
[ -L stdout ] || fail "-o replaced a symbolic link to standard output"
mkfifo fifo
timeout 60 cat fifo >out &
translate -i some -o fifo
wait $!
[ -p fifo ] || fail "-o replaced a FIFO"
same some.expected out "-o FIFO"
timeout 60 bash -c 'cat some >fifo' &
translate -i fifo >out
wait $!
same some.expected out "-i FIFO"
gzip -k some && translate -i some.gz >out
same some.expected out "-i FILE.gz"
ln -s file link
translate -i some -o link
[ -L link ] || fail "-o replaced a symbolic link"
same some.expected file "-o symbolic link"
cp some in_place
translate -i in_place -o in_place
same some.expected in_place "-i FILE -o the same FILE"
cat most most | "$LATIMER" translate "$run" --no-record --quiet 2>err | head -5 >out
[ "$(wc -l <out)" = 5 ] || fail "a reader that goes away got $(wc -l <out) lines"
grep -Eq 'cannot write .*Broken pipe' err || fail "a reader that goes away: $(cat err)"

finish
