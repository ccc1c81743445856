#!/usr/bin/env bash
# A sweep from beginning to end: what is listed, trained, recorded and summed up; stopped, killed and gone on with, bit for
# bit; runs that fail; what is refused.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 300 20 30
experiment toy.yaml corpus
tiny=(--set training.max_updates=20 --set training.validate_every=10 --set training.checkpoint_every=2)
grid=(--grid model.decoder.cell=lstm,gru --seeds 2 --threads 1)

entries() { "$LATIMER" runs --json "$@" 2>/dev/null | grep -c '"id":'; }

# ---- dry run ----

expect 0 "^model.dropout.rnn: 0.2 has no effect with one layer a side: .* \\(point decoder.cell=lstm\\)$" sweep toy.yaml "${tiny[@]}" "${grid[@]}" --dry-run
cat >wanted <<'TABLE'
 nr  point              seed  experiment             state
  1  decoder.cell=lstm     1  toy-decoder.cell-lstm  to be trained
  2  decoder.cell=gru      1  toy-decoder.cell-gru   to be trained
  3  decoder.cell=lstm     2  toy-decoder.cell-lstm  to be trained
  4  decoder.cell=gru      2  toy-decoder.cell-gru   to be trained
TABLE
sed 1d out >found
same wanted found "the dry run's list"
grep -Eq '^sweep toy-[0-9a-f]{8}: 2 points, 2 seeds$' out || fail "the sweep is not named: $(head -1 out)"
name=$(sed -n '1s/^sweep \(.*\):.*/\1/p' out)
[ ! -e latimer.db ] && [ ! -e runs ] || fail "a dry run left something"

# ---- the whole, with two at a time ----

"$LATIMER" sweep toy.yaml "${tiny[@]}" "${grid[@]}" --threads 2 --jobs 2 >table 2>err || fail "the sweep failed: $(cat err)"
grep -Eq '^decoder.cell=lstm +2 +[0-9.]+ ± [0-9.]+ +- +- +[0-9.]+ ± [0-9.]+ +- +- +[0-9.]+ ± ' table || fail "no row of the base: $(cat table)"
grep -Eq '^decoder.cell=gru +2 +[0-9.]+ ± [0-9.]+ +[-+][0-9.]+ ' table || fail "no row of the other point: $(cat table)"
grep -q "p: Welch's t-test" table || fail "the test is not named: $(cat table)"
[ "$(grep -c 'trains as' err)" = 4 ] && [ "$(grep -c 'finished after' err)" = 4 ] || fail "not four runs: $(cat err)"
[ "$(entries)" = 4 ] && [ "$(entries --status finished)" = 4 ] && [ "$(entries --sweep "$name")" = 4 ] || fail "not four runs recorded"
"$LATIMER" runs --sweep "$name" | grep -q ' decoder.cell=gru ' || fail "runs --sweep does not tell the point"
one=$("$LATIMER" runs --sweep "$name" --json | field id)
must show "$one" >shown
grep -q "^of sweep      $name, point decoder.cell=" shown || fail "show does not name the sweep"
must show "$one" --json >shown.json
grep -q "\"sweep\": \"$name\"" shown.json || fail "show --json does not name the sweep"
grep -Eq '^command +latimer train toy.yaml --set .*model.decoder.cell=' shown || fail "the run's command is not recorded"

# Its runs are those that train makes.
must train toy.yaml "${tiny[@]}" --set model.decoder.cell=gru --set seed=2 --set name=toy-decoder.cell-gru --threads 1 --quiet \
    --db alone.db --runs alone >out
for run in runs/toy-decoder.cell-gru-*; do grep -q '^seed: 2$' "$run/experiment.yaml" && same "$run/last.safetensors" "$(cat out)/last.safetensors" "a run of a sweep"; done

# Once more: nothing is trained.
"$LATIMER" sweep toy.yaml "${tiny[@]}" "${grid[@]}" >again 2>err || fail "the repeated sweep failed: $(cat err)"
same table again "the summary of the repeated sweep"
grep -q 'trains\|goes on' err && fail "finished runs were trained again: $(cat err)"
must sweep --summary "$name" >again
same table again "--summary"

# More seeds later are of the same sweep.
must sweep toy.yaml "${tiny[@]}" --grid model.decoder.cell=lstm,gru --seeds 3 --threads 1 --quiet >out
grep -Eq '^decoder.cell=gru +3 ' out || fail "a third seed: $(cat out)"
[ "$(entries)" = 6 ] || fail "a third seed made other runs than two: $(entries)"

# ---- summaries ----

must sweep --summary "$name" --json --metric bleu --metric ter >json
python=$(command -v python3) && { "$python" - json <<'PY' || fail "the summary is not sound JSON"; }
import json, math, sys
summary = json.load(open(sys.argv[1]))
assert summary["base"] == "decoder.cell=lstm" and summary["notes"] == []
for point in summary["points"]:
    assert [run["seed"] for run in point["runs"]] == [1, 2, 3]
    assert [figure["metric"] for figure in point["figures"]] == ["dev.bleu", "bleu", "ter"]
    assert list(point["settings"]) == ["model.decoder.cell"]
    for figure in point["figures"]:
        values, mean = figure["values"], sum(figure["values"]) / 3
        assert abs(mean - figure["mean"]) < 1e-9 and figure["n"] == 3
        assert abs(math.sqrt(sum((v - mean) ** 2 for v in values) / 2) - figure["sd"]) < 1e-9
        if point["label"] != summary["base"]:
            base = next(f for f in summary["points"][0]["figures"] if f["title"] == figure["title"])
            assert abs(figure["delta"] - (mean - base["mean"])) < 1e-9 and figure["test"] == "welch"
PY
must sweep --summary "$name" --md | grep -q '^| decoder.cell=gru' || fail "no Markdown table"

# ---- stopped, killed, gone on with ----

slow=(--set training.max_updates=120 --set training.validate_every=60 --set training.checkpoint_every=1 --grid model.decoder.cell=lstm,gru --seeds 1 --threads 1)
must sweep toy.yaml "${slow[@]}" --name whole --db whole.db --runs whole --quiet >/dev/null
interrupted() { # SIGNAL STATUS FOLDER NAME
    "$LATIMER" sweep toy.yaml "${slow[@]}" --name "$4" --runs "$3" >out 2>err &
    local sweep=$! status
    wait_for "checkpoint" eval "ls $3/*gru*/last.safetensors >/dev/null 2>&1"
    kill "-$1" $sweep
    wait $sweep
    status=$?
    [ $status = "$2" ] || fail "SIG$1: exit status $status, not $2: $(cat err)"
}
for signal in INT:130 TERM:143; do
    interrupted ${signal%:*} ${signal#*:} stopped_${signal%:*} stopped_${signal%:*}
    [ -s out ] && fail "SIG${signal%:*}: a summary was printed"
    grep -q "1 of 2 runs are finished; the same command goes on" err || fail "SIG${signal%:*}: it is not said how to go on: $(cat err)"
    [ "$(entries --sweep stopped_${signal%:*} --status stopped)" = 1 ] || fail "SIG${signal%:*}: the training did not save"
done
"$LATIMER" sweep --summary stopped_INT 2>err >out || fail "--summary of a part: $(cat err)"
grep -q '^note: decoder.cell=gru, seed 1: stopped' err || fail "what is missing is not told: $(cat err)"
grep -Eq '^decoder.cell=gru +0 of 1 ' out || fail "an unfinished point: $(cat out)"
must sweep toy.yaml "${slow[@]}" --name stopped_INT --runs stopped_INT --dry-run >out
grep -Eq 'gru +to go on with$' out && grep -Eq 'lstm +finished$' out || fail "the dry run does not know what was done: $(cat out)"
interrupted KILL 137 killed killed # the training notices, saves, and is gone on with when it has
for name in stopped_INT stopped_TERM killed; do
    "$LATIMER" sweep toy.yaml "${slow[@]}" --name $name --runs $name >out 2>err || fail "$name: it does not go on: $(cat err)"
    [ "$(grep -c 'goes on in' err)" = 1 ] && ! grep -q 'trains as' err || fail "$name: other runs than one were gone on with: $(cat err)"
    for run in whole/*; do same "$run/last.safetensors" $name/"$(basename "${run%-*}")"-*/last.safetensors "$name"; done
    grep -Eq '^decoder.cell=gru +1 ' out && grep -q 'r: with one seed' out || fail "$name: the summary: $(cat out)"
done

# A training that is killed is a failure, and the sweep goes on; the next one mends it.
"$LATIMER" sweep toy.yaml "${slow[@]}" --name mended --runs mended >out 2>err &
sweep=$!
wait_for "checkpoint" eval 'ls mended/*lstm*/last.safetensors >/dev/null 2>&1'
pkill -KILL -P $sweep
wait $sweep
[ $? = 1 ] || fail "a killed training: not exit status 1"
grep -q "1 of 2 runs failed or were stopped, the first of them decoder.cell=lstm, seed 1: killed by signal 9" err ||
    fail "a killed training is not told: $(cat err)"
grep -Eq '^decoder.cell=gru +1 ' out || fail "the sweep did not go on: $(cat out)"
"$LATIMER" runs --sweep mended --status failed --json | grep -q 'killed by signal 9' || fail "its end is not recorded"
must sweep toy.yaml "${slow[@]}" --name mended --runs mended --quiet >out
for run in whole/*; do same "$run/last.safetensors" mended/"$(basename "${run%-*}")"-*/last.safetensors "mended"; done

# ---- a point that fails ----

"$LATIMER" sweep toy.yaml "${tiny[@]}" --grid 'data.train=[corpus/train],[corpus/train,corpus/dev]' --grid tokenizer.vocab_size=12,200 --seeds 1 --threads 1 --quiet --name failing >out 2>err
[ $? = 1 ] || fail "a failing point: not exit status 1: $(cat err)"
grep -q '2 of 4 runs failed.*data.train=.corpus/train., tokenizer.vocab_size=12, seed 1: .*vocab' err || fail "a failing point is not told: $(cat err)"
grep -Eq '^data.train=\[corpus/train,corpus/dev\], tokenizer.vocab_size=200 +1 ' out || fail "the other point has no row: $(cat out)"
grep -Eq '^data.train=\[corpus/train\], tokenizer.vocab_size=12 +0 of 1 +- ' out || fail "the failing point has no row: $(cat out)"

# ---- ablations ----

must sweep toy.yaml "${tiny[@]}" --ablate training.label_smoothing=0 --ablate 'model.dropout.rnn=0;model.dropout.output=0' --seeds 1 \
    --dry-run >out
[ "$(awk 'NR > 2 { print $2, $3, $4 }' out)" = "$(printf 'base 1 toy-base\nlabel_smoothing=0.0 1 toy-label_smoothing-0.0\ndropout.rnn=0.0, dropout.output=0.0 1')" ] ||
    fail "ablations: $(cat out)"

# ---- refused ----

before=$(entries)
expect 2 "^latimer sweep: --grid model.decoder.cel=gru: unknown key.*cell" sweep toy.yaml --grid model.decoder.cel=gru
expect 2 "^latimer sweep: --grid model.decoder.cell=grue: " sweep toy.yaml --grid model.decoder.cell=gru,grue
cp corpus/train.en torn.en && head -n 20 corpus/train.de >torn.de
expect 1 "^latimer sweep: --grid data.train=.torn.: .*has 300 lines and .*has 20" sweep toy.yaml --grid 'data.train=[corpus/train],[torn]'
expect 2 "the value gru is given twice" sweep toy.yaml --grid model.decoder.cell=gru,gru
expect 2 "seed is no point of its own" sweep toy.yaml --grid seed=1,2
expect 2 "want a thread each, and there are 2" sweep toy.yaml --threads 2 --jobs 3
expect 2 "means nothing with --summary" sweep --summary x --seeds 2
expect 2 "trains nothing: 'toy.yaml'" sweep toy.yaml --summary x
expect 2 "no sweep 'x' in the database" sweep --summary x
expect 2 "an EXPERIMENT.yaml is wanted, or --summary NAME" sweep
expect 2 "is of the summary, and --dry-run prints none" sweep toy.yaml --dry-run --json
expect 2 "'bleau' is none of.*did you mean 'bleu'" sweep toy.yaml --metric bleau
expect 1 "begun with another experiment.*training.max_updates: 30, not 120" sweep toy.yaml "${slow[@]}" --set training.max_updates=30 --name mended --quiet
expect 1 "list of its runs in the database, and cannot do without" sweep toy.yaml "${slow[@]}" --db none/x.db --quiet
expect 2 "'xyz' is no id" train toy.yaml --run-id xyz
[ "$(entries)" = "$before" ] || fail "what was refused left runs"
no_temporary_files runs mended killed stopped_INT stopped_TERM

finish
