#!/usr/bin/env bash
# The recipes: those of the chapter differ in what they say they differ in; the scripts train, skip, go on and compare.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1
chapter=$TESTS_DIR/../experiments/recipes/chapter
export LATIMER

# rest FILE: the resolved experiment without comments, name, and what is below model.encoder and model.decoder.
rest() {
    "$LATIMER" train "$1" --set data.folder="$work" --dump-config 2>err | grep -v '^ *#' |
        awk '/^name:/ { next } /^  (encoder|decoder):$/ { skip = 1; next } skip && /^    / { next } { skip = 0; print }'
    [ ! -s err ] || fail "$1: $(cat err)"
}

count=0
rest "$chapter/lstm.yaml" >lstm.rest
[ "$(wc -l <lstm.rest)" -gt 40 ] || fail "the LSTM's recipe resolves to $(wc -l <lstm.rest) lines"
for recipe in "$chapter"/*.yaml; do
    rest "$recipe" >other.rest
    same lstm.rest other.rest "$recipe"
    name=$(basename "$recipe" .yaml)
    grep -qx "name: chapter-$name" "$recipe" || fail "$recipe has another name"
    count=$((count + 1))
done
[ $count = 12 ] || fail "there are $count recipes, not 12"

# without_cell FILE: the resolved experiment without name and cell.
without_cell() { "$LATIMER" train "$1" --dump-config | grep -v '^ *#' | grep -vE '^(name|    cell):'; }
without_cell "$chapter/claims/recall_lstm.yaml" >lstm.rest
for cell in rnn gru; do
    without_cell "$chapter/claims/recall_$cell.yaml" >other.rest
    same lstm.rest other.rest "recall_$cell"
done

# ---- run.sh, on a small corpus and small models ----

corpus data 300 12 12
mv data/test.en data/test_2016_flickr.en && mv data/test.de data/test_2016_flickr.de
mv data/dev.en data/val.en && mv data/dev.de data/val.de
small=(--threads 1 --quiet --set training.max_updates=30 --set training.warmup=0 --set training.validate_every=10
    --set tokenizer.vocab_size=150 --set decoding.beam_size=1)
for side in encoder decoder; do small+=(--set "model.$side.hidden=16" --set "model.$side.embedding=16"); done

# ---- the recipes for Multi30k are valid, and each of the ablation's points is ----

multi30k=$TESTS_DIR/../experiments/recipes/multi30k
for recipe in "$multi30k"/*.yaml; do
    must train "$recipe" --set data.folder=data --dump-config >resolved
    grep -qx "name: $(basename "$recipe" .yaml)" resolved || fail "$recipe has another name"
done
"$multi30k/ablation.sh" >out 2>&1 && fail "ablation.sh without a folder succeeds"
"$multi30k/ablation.sh" nowhere >out 2>&1 && fail "ablation.sh without data succeeds"
"$multi30k/ablation.sh" data --updates x >out 2>&1 && fail "ablation.sh takes x for a number"
"$multi30k/ablation.sh" data --updates 400 >out 2>&1 && fail "ablation.sh takes less than the warm-up"
"$multi30k/ablation.sh" data --updates 500 --seeds 2 --jobs 2 --dry-run >out 2>err || fail "ablation.sh: $(tail -3 err)"
changes=$(grep -c "^  [\"']\(model\|training\|tokenizer\)" "$multi30k/ablation.sh")
grep -q "$((changes + 1)) points, 2 seeds" out err || fail "ablation.sh has not $changes changes: $(cat out err)"

# chapter WANTED_STATUS ARGUMENT...
chapter() {
    local wanted=$1 status
    shift
    "$chapter/run.sh" "$@" >out 2>err
    status=$?
    [ $status = "$wanted" ] || fail "run.sh $*: exit status $status, not $wanted: $(tail -3 err)"
}
chapter 2
grep -q "usage: " err || fail "no usage: $(cat err)"
chapter 0 --help
grep -q "usage: " out || fail "--help: $(cat out)"
chapter 2 --data nowhere lstm
grep -q "there is no folder nowhere" err || fail "no folder of data: $(cat err)"
chapter 2 --data data nothing
grep -q "there is no recipe nothing" err || fail "an unknown recipe: $(cat err)"
chapter 2 --data data -o c lstm -- --set model.nothing=1
chapter 0 --data data -o c lstm -- "${small[@]}"
grep -q "nothing to compare it with" err || fail "one recipe is compared: $(cat err)"
chapter 0 --data data -o c gru lstm luong gnmt -- "${small[@]}"
grep -q "chapter-lstm is finished already" err || fail "what is finished is trained again: $(cat err)"
grep -q "other options" err && fail "the same options are called others: $(cat err)"
grep -Eq '^\| [0-9a-f]{8} \| chapter-gru +\| +[0-9]+ \| +[0-9]+ \| +30 \|' out || fail "the table has no GRU: $(head -5 out)"
[ "$(sed -n '3s/.*| \(chapter-[a-z_]*\) .*/\1/p' out)" = chapter-lstm ] || fail "the LSTM is not the baseline: $(head -5 out)"
same out c/comparison.md "comparison.md"
grep -q 'by words of the source' out || fail "no scores by length"
chapter 0 --data data -o c lstm -- "${small[@]}" --set model.decoder.hidden=17
grep -q "^>  *hidden: 17" err || fail "other options than it was trained with are not told: $(cat err)"

# killed in the middle: it goes on, and is not begun again
"$chapter/run.sh" --data data -o c rnn -- "${small[@]}" --set training.max_updates=2000 --set training.checkpoint_every=20 2>/dev/null >/dev/null &
wait_for "a checkpoint" compgen -G "c/runs/chapter-rnn-*/last.safetensors" >/dev/null
pkill -KILL -P $! latimer # the training, not the script
wait $! && fail "a killed training is no failure"
chapter 0 --data data -o c rnn -- --threads 2
grep -q "threads: 2, not 1" err || fail "a training that goes on is not given the options: $(cat err)"
grep -q "chapter-rnn goes on" err || fail "a killed training does not go on: $(cat err)"
[ "$(echo c/runs/chapter-rnn-* | wc -w)" = 1 ] || fail "a killed training was begun again"

# ---- recall.sh ----

"$chapter/claims/recall.sh" -o r --up-to "5 10" rnn gru -- --threads 1 --quiet --set training.max_updates=60 --set training.validate_every=60 >out 2>err ||
    fail "recall.sh: $(tail -3 err)"
[ "$(wc -l <out)" = 6 ] || fail "recall.sh: $(cat out)"
grep -Eq '^\| `gru` \| 10 \|( [0-9.]+ \|){6}$' out || fail "recall.sh has no accuracy: $(cat out)"
"$chapter/claims/recall.sh" -o r --up-to "5 10" rnn gru >again 2>err || fail "recall.sh again: $(tail -3 err)"
same out again "recall.sh, the second time"
LATIMER_DB=r/latimer.db "$LATIMER" show recall-gru-10 | awk '$1 ~ /^test_d/ && $2 == "accuracy" { sub("test_d", "", $1); print $1, $3 }' |
    tee shown | sort -n >sorted
same shown sorted "show, which has test_d5 before test_d10"
sed -n 's/^| `gru` | 10 |//p' out | tr -d ' \n' >told
awk '{ printf "%s|", $2 }' sorted >wanted
same wanted told "recall.sh, distance by distance"

finish
