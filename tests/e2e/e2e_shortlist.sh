#!/usr/bin/env bash
# latimer shortlist and translate --shortlist: a list of everything changes nothing, a short one is the same in any company, the
# figures stay those of the model, and what does not belong to the run is refused.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 400 20 60
experiment toy.yaml corpus
train() {
    must train toy.yaml --quiet --threads 1 --set tokenizer.joint=false --set tokenizer.vocab_size=300 --set training.max_updates=150 \
        --set training.validate_every=150 --set decoding.max_length=60 --set decoding.max_length_factor=1.5 "$@"
}
train >run && run=$(cat run)
translate() { must translate "$run" --no-record --quiet "$@"; }
count() { must shortlist "$run" --quiet "$@"; }
hostile_lines 1500 >hostile
cat corpus/test.en hostile >input

# ---- without one ----

expect 2 "^latimer translate: --shortlist: the run has none yet; count it by 'latimer shortlist " translate "$run" --shortlist --quiet
[ -s out ] && fail "there is output all the same"

# ---- everything ----

count --first 1000000 --best 1000
translate -i input --threads 2 >plain
translate -i input --threads 2 --shortlist >out
same plain out "a list of the whole vocabulary"
translate -i corpus/test.en --n-best 2 >plain.nbest
translate -i corpus/test.en --n-best 2 --shortlist >out
same plain.nbest out "a list of the whole vocabulary, --n-best"
translate -i input --threads 2 --precision int8 >plain.int8
translate -i input --threads 1 --precision int8 --shortlist --mini-batch 7 >out
same plain.int8 out "a list of the whole vocabulary, --precision int8"

# ---- a short one ----

count --first 10 --best 3 --table table
cp "$run/shortlist" first
count --first 10 --best 3 --table - --threads 2 >table.again
same first "$run/shortlist" "the same shortlist again"
same table table.again "--table - and --table FILE"
awk '{ sum[$1] += $3 } END { for (e in sum) if (sum[e] < 0.9999 || sum[e] > 1.0001) { print e, sum[e]; exit 1 } }' table >said ||
    fail "t(f|e) does not add up to 1: $(cat said)"
translate -i input --threads 2 --shortlist >short
[ "$(wc -l <short)" = "$(wc -l <input)" ] || fail "$(wc -l <input) lines gave $(wc -l <short)"
cmp -s plain short && fail "a short list changes nothing: the test is too easy"
tac input >reversed
translate -i reversed --shortlist --threads 1 --mini-batch 1 | tac >out
same short out "reversed, --mini-batch 1, 1 thread"
translate -i input --shortlist --threads 2 --mini-batch 7 >out
same short out "--mini-batch 7, 2 threads"
translate -i input --shortlist --threads 1 --mini-batch 64 >out
same short out "--mini-batch 64, 1 thread"
translate -i input --shortlist --precision int8 --threads 2 >short.int8
translate -i reversed --shortlist --precision int8 --threads 1 --mini-batch 1 | tac >out
same short.int8 out "--precision int8: reversed, --mini-batch 1, 1 thread"
must quantize "$run" --quiet
translate -i input --shortlist --precision int8 --threads 2 --mini-batch 7 >out
same short.int8 out "--precision int8: with the file, --mini-batch 7, 2 threads"

# Figures are those of the whole vocabulary, in whatever order the search found them.
translate -i input --shortlist --n-best 2 --threads 2 >nbest
sort -t' ' -k1,1n -u -s nbest | sed 's/^[0-9]* ||| //; s/ ||| F0=[^|]*||| [^|]*$//' >out
same short out "the first of --n-best"
sed 's/^[0-9]* ||| //; s/ ||| F0=[^|]*||| [^|]*$//' nbest >some.trg
sed 's/.*||| F0=\([^ ]*\) ||| [^ ]*$/\1/' nbest >some.f0
awk '{ print $1 + 1 "p" }' nbest >script
sed -n -f script input >some.src
must rescore "$run" some.src some.trg --quiet >out
cmp -s some.f0 out || fail "F0 is not what rescore says: $(paste -d' ' some.f0 out | awk '$1 != $2' | head -5)"
translate -i corpus/test.en --shortlist --word-scores | sed 's/ ||| WordScores=.*//' >out
translate -i corpus/test.en --shortlist >short.test
same short.test out "--word-scores"

# ---- the record ----

"$LATIMER" translate "$run" -i corpus/test.en -o out --shortlist --ref corpus/test.de 2>err || fail "recording: $(cat err)"
grep -Eq '; of 300 target pieces [0-9]+ were on a line.s list' err || fail "the lists' size is not told: $(cat err)"
decoding=$(sed -n 's/^recorded as \([0-9a-f]*\) in .*/\1/p' err)
must show "$decoding" --json >shown
wanted="10:3:$(sed -n 's/^sha256 \(........\).*/\1/p' first | head -1)"
grep -q "\"decoding.shortlist\": \"$wanted\"" shown || fail "the shortlist is not recorded: $(grep -a shortlist shown)"
grep -q "allow_unk=false shortlist=$wanted" shown || fail "the scores do not say with which shortlist: $(grep -a allow_unk shown)"

# ---- what does not belong together ----

printf 'x' | dd of="$run/shortlist" bs=1 seek=700 conv=notrunc status=none
expect 1 "count it anew by .*the shortlist .*/shortlist: it is damaged" translate "$run" --shortlist --quiet
head -c 5000 /dev/zero >"$run/shortlist"
expect 1 "it is no shortlist" translate "$run" --shortlist --quiet
train --set tokenizer.vocab_size=250 --set training.max_updates=2 --set training.validate_every=2 >other && other=$(cat other)
cp first "$other/shortlist"
expect 1 "it was made for another source tokenizer" translate "$other" --shortlist --quiet
cp first "$run/shortlist"
cp corpus/train.de kept
echo 'Noch eine Zeile.' >>corpus/train.de
echo 'One more line.' >>corpus/train.en
expect 1 "the training data are not what the run was trained on: corpus.train.src was .* put back the files" shortlist "$run" --quiet
same first "$run/shortlist" "a shortlist that could not be counted"
rm corpus/train.de
expect 1 "corpus/train.de" shortlist "$run" --quiet
rm "$run/best.safetensors"
expect 1 "best.safetensors" shortlist "$run" --quiet

# ---- more training data than stay in memory while they are trained on: 4.7 million ids ----

mkdir large
awk 'BEGIN { for (i = 0; i < 26000; i++) { src = trg = ""; for (j = 0; j < 90; j++) { w = (i * 7 + j * j) % 50; src = src " s" w; trg = trg " t" w }
    print src >"large/train.en"; print trg >"large/train.de" } }'
head -3 large/train.en | tee large/dev.en >large/test.en
head -3 large/train.de | tee large/dev.de >large/test.de
experiment large.yaml large
must train large.yaml --quiet --threads 1 --set tokenizer.type=word --set tokenizer.vocab_size=54 --set tokenizer.joint=false --set model.encoder.hidden=8 \
    --set model.decoder.hidden=8 --set training.max_updates=1 --set training.validate_every=1 --set decoding.max_length=5 >large.run
must shortlist "$(cat large.run)" --iterations 1 --best 1
grep -q '^counted in 26000 pairs' err || fail "a large corpus: $(cat err)"

expect 2 "'best' must be|best: " shortlist "$run" --best 0
no_temporary_files "$run"
finish
