#!/usr/bin/env bash
# gradients: what it prints, that it is the same for any number of threads, and that it sees what the cells are known for.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 400 20 60
experiment toy.yaml corpus
train() { must train toy.yaml --quiet --threads 1 --set training.max_updates=2 --set training.validate_every=2 "$@"; }
for cell in rnn lstm; do
    train --set model.encoder.cell=$cell --set model.decoder.cell=$cell --set model.encoder.hidden=64 \
        --set model.decoder.hidden=64 --set model.encoder.layers=2 --set model.decoder.layers=2 >run_$cell
done
run=$(cat run_rnn)
before=$(sha256 "$run/best.safetensors")

# ---- the table, the JSON, the same for any number of threads ----

must gradients "$run" corpus/train.en corpus/train.de --threads 1 --quiet >table
must gradients "$run" corpus/train.en corpus/train.de --threads 1 --json --quiet >json
for threads in 2 3; do
    must gradients "$run" corpus/train.en corpus/train.de --threads $threads --json --quiet >out
    same json out "--threads $threads"
done
[ "$(sha256 "$run/best.safetensors")" = "$before" ] || fail "the model was changed"
head -1 table | grep -Eq '^distance +sentences +norm +ratio$' || fail "the heading is '$(head -1 table)'"
awk 'NR > 1 { if ($1 != NR - 2 || $2 > seen + (NR == 2) * 1e9 || !($3 > 0) || !($4 > 0)) { print "line " NR ": " $0; exit 1 } seen = $2 }
     NR == 2 && ($2 != 400 || $4 != 1) { print "distance 0: " $0; exit 1 }
     END { if (NR < 12) { print NR " lines"; exit 1 } }' table >said || fail "the table: $(cat said)"
sed -n 's/^ *"\(distance\|sentences\|norm\|ratio\)": \([^,]*\),\{0,1\}$/\2/p' json | tail -n +2 | paste -d' ' - - - - |
    awk '{ printf "%d %d %.3e %.3e\n", $1, $2, $3, $4 }' >out
tail -n +2 table | awk '{ print $1, $2, $3, $4 }' >cut
same cut out "the table and --json"
[ "$(field sentences json)" = 400 ] || fail "--json counts $(field sentences json) sentences"
must gradients "$run" corpus/train.en corpus/train.de --max-distance 3 --quiet >out
head -5 table | awk '{ print $1, $2, $3, $4 }' >cut
awk '{ print $1, $2, $3, $4 }' out | cmp -s cut - || fail "--max-distance 3: $(cat out)"

# The ratio is to the same sentences: a short one beside a long one does not change it where only the long one is.
awk '{ print length($0), NR }' corpus/train.en | sort -n | sed -n '1s/.* //p;$s/.* //p' >lines
for side in en de; do
    while read -r line; do sed -n "${line}p" "corpus/train.$side"; done <lines >both.$side
    tail -1 both.$side >one.$side
done
must gradients "$run" both.en both.de --quiet | awk '{ print $1, $2, $4 }' | tail -1 >out
must gradients "$run" one.en one.de --quiet | awk '{ print $1, $2, $4 }' | tail -1 >cut
same cut out "the ratio of a long sentence beside a short one"
awk '$1 < 10 || $2 != 1 { exit 1 }' out || fail "the longest sentence ends with '$(cat out)'"

# Zoneout, which outside of training is the mean of a unit's old value and its new one, has a gradient too.
zoned=$(train --set model.encoder.hidden=16 --set model.decoder.hidden=16 --set model.dropout.zoneout_h=0.1 --set model.dropout.zoneout_c=0.1)
must gradients "$zoned" one.en one.de --quiet >out
[ "$(wc -l <out)" -gt 10 ] || fail "with zoneout: $(cat out)"

# ---- what is left out, and what is wrong ----

{ head -30 corpus/train.en; echo; echo; echo 'the dog'; yes 'the dog' | head -200 | tr '\n' ' '; echo; } >src
{ head -30 corpus/train.de; echo 'der Hund'; echo; echo; yes 'der Hund' | head -200 | tr '\n' ' '; echo; } >trg
must gradients "$run" src trg >out
grep -qx '30 pairs; left out: 3 with an empty side, 1 with over 100 pieces on a side' err || fail "what is left out: $(cat err)"
must gradients "$run" src trg --max-length 2000 --max-distance 2000 >out
grep -q '^31 pairs; left out: 3 with an empty side, 0 with over 2000' err || fail "--max-length 2000: $(cat err)"
[ "$(wc -l <out)" -gt 200 ] || fail "--max-distance 2000 shows $(wc -l <out) lines"
expect 1 'src has 34 lines and .*train.de has' gradients "$run" src corpus/train.de --quiet
: >none
expect 2 'no pair is left to look at: of 0' gradients "$run" none none --quiet
[ -s out ] && fail "nothing gave $(cat out)"
expect 2 'cannot both be standard input' gradients "$run" - -

# ---- the gradient of a plain recurrent network vanishes, that of an LSTM stays longer (Hochreiter & Schmidhuber 1997) ----

must gradients "$(cat run_lstm)" corpus/train.en corpus/train.de --quiet >lstm
ratio() { awk -v k="$2" '$1 == k { print $4 }' "$1"; }
awk -v a="$(ratio table 10)" -v b="$(ratio lstm 10)" 'BEGIN { print a + 0, b + 0; exit !(a > 0 && a < 0.02 && b > 5 * a) }' >said ||
    fail "at a distance of 10 the ratios of rnn and lstm are $(cat said)"

finish
