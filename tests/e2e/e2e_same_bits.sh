#!/usr/bin/env bash
# The same seed, binary and thread count give the same bits: again, after a kill at any moment, after SIGINT and SIGTERM.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

RANDOM=20240607
corpus corpus 500 60 40
experiment same.yaml corpus
# A save at every update and a slow validation: a kill at a random moment lands in either often enough.
options=(--threads 1 --quiet --set training.max_updates=40 --set training.validate_every=10
    --set training.checkpoint_every=1 --set training.batch_tokens=300)

same_run() { # RUN NAME: its checkpoints are those of the undisturbed run
    same undisturbed/run/best.safetensors "$1/best.safetensors" "$2"
    same undisturbed/run/last.safetensors "$1/last.safetensors" "$2"
    same undisturbed/run/hyp/test.de "$1/hyp/test.de" "$2"
}

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo "${t%???}"; }

# ---- twice, with 1 thread and with 2 ----

began=$(now_ms)
must train same.yaml --runs undisturbed "${options[@]}" >/dev/null
whole=$(($(now_ms) - began))
mv undisturbed/* undisturbed/run
must train same.yaml --runs again "${options[@]}" >/dev/null
same_run "$(the_run again)" "the same training twice"
no_temporary_files undisturbed
must train same.yaml --runs two "${options[@]}" --threads 2 >/dev/null
must train same.yaml --runs two_again "${options[@]}" --threads 2 >/dev/null
for file in best.safetensors last.safetensors hyp/test.de; do
    same "$(the_run two)/$file" "$(the_run two_again)/$file" "the same training twice with 2 threads"
done
must train same.yaml --runs other "${options[@]}" --set seed=2 --set training.max_updates=10 >/dev/null
must train same.yaml --runs first "${options[@]}" --set training.max_updates=10 >/dev/null
cmp -s "$(the_run other)/last.safetensors" "$(the_run first)/last.safetensors" && fail "the seed changes nothing"
# In bfloat16, stopped between two validations, which are in float32.
rounded=("${options[@]}" --set training.precision=bfloat16)
must train same.yaml --runs rounded "${rounded[@]}" >/dev/null
must train same.yaml --runs half "${rounded[@]}" --set training.max_updates=15 >/dev/null
must train --resume "$(the_run half)" "${rounded[@]}" >/dev/null
same_weights "$(the_run rounded)/best.safetensors" "$(the_run half)/best.safetensors" "in bfloat16, resumed"
same_weights "$(the_run rounded)/last.safetensors" "$(the_run half)/last.safetensors" "in bfloat16, resumed"
same "$(the_run rounded)/hyp/test.de" "$(the_run half)/hyp/test.de" "in bfloat16, resumed"
cmp -s <(weights "$(the_run rounded)/last.safetensors") <(weights undisturbed/run/last.safetensors) &&
    fail "bfloat16 changes nothing"
must translate "$(the_run rounded)" -i corpus/test.en -o rounded.de --quiet
same "$(the_run rounded)/hyp/test.de" rounded.de "the test of a training in bfloat16, and translate"

metrics "$(run_id undisturbed/run)" >undisturbed.metrics
[ "$(wc -l <undisturbed.metrics)" -ge 20 ] || fail "the undisturbed run has few metrics: $(cat undisturbed.metrics)"

# ---- killed, again and again ----

in_write=0 in_validation=0
# kill_once FOLDER ARGUMENT...: starts a training and kills it after a random part of an undisturbed run's time.
kill_once() {
    local folder=$1 last
    shift
    "$LATIMER" train "$@" "${options[@]}" >/dev/null 2>killed.err &
    sleep "$(awk -v r="$RANDOM" -v ms="$whole" 'BEGIN { printf "%.3f", ms / 1000 * (0.05 + 0.8 * r / 32767) }')"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    [ -s killed.err ] && ! grep -q Killed killed.err && fail "before the kill: $(cat killed.err)"
    ls "$folder"/*/*.safetensors.tmp.* >/dev/null 2>&1 && in_write=$((in_write + 1))
    last=$(tail -qn 1 "$folder"/*/log.jsonl 2>/dev/null)
    [[ $last == *'"event":"update"'*'"update":'*0,* ]] && in_validation=$((in_validation + 1))
}

# kill_in_write FOLDER ARGUMENT...: kills it when a temporary file is seen, or lets it end.
kill_in_write() {
    local folder=$1
    shift
    "$LATIMER" train "$@" "${options[@]}" >/dev/null 2>killed.err &
    until compgen -G "$folder/*/*.safetensors.tmp.*" >/dev/null; do kill -0 $! 2>/dev/null || break; done
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    compgen -G "$folder/*/*.safetensors.tmp.*" >/dev/null && in_write=$((in_write + 1))
}

kills=0
for round in 1 2 3 4; do
    folder=killed$round
    kill_once $folder same.yaml --runs $folder
    ls -d $folder/* >/dev/null 2>&1 || { must train same.yaml --runs $folder "${options[@]}" >/dev/null; continue; }
    run=$(the_run $folder)
    id=$(run_id "$run")
    if [ ! -e "$run/hyp/test.de" ]; then
        "$LATIMER" runs >table 2>err
        grep "^${id:0:8}" table | grep -q ' dead ' || fail "a killed run is not shown as dead: $(cat table)"
        grep -q ' running ' table && fail "a killed run is shown as running: $(cat table)"
    fi
    for _ in 1 2; do kill_once $folder --resume "$run"; done
    rm -f "$run"/*.tmp.*
    for _ in 1 2; do kill_in_write $folder --resume "$run"; done
    kills=$((kills + 5))
    must train --resume "$run" "${options[@]}" >out && [ "$(cat out)" = "$run" ] || fail "resumed: printed $(cat out)"
    same_run "$run" "killed run $round, resumed"
    metrics "$id" >metrics.$round
    diff undisturbed.metrics metrics.$round >differences ||
        fail "the metrics of killed run $round are not the undisturbed run's: $(cat differences)"
    no_temporary_files "$run"
    [ "$("$LATIMER" runs --json | grep -A3 "\"id\": \"$id\"" | field status)" = finished ] ||
        fail "a resumed run did not end as finished: $("$LATIMER" runs)"
    awk '{ exit !/^\{.*\}$/ }' "$run/log.jsonl" || fail "a killed run's log has a broken line"
done
echo "$kills kills, $in_write of them in a write, $in_validation in a validation"

# A kill in a write for certain: the temporary file it leaves is of no consequence, and goes at the next start.
run=$(the_run again)
must train same.yaml --runs torn "${options[@]}" --set training.max_updates=20 >/dev/null
torn=$(the_run torn)
head -c 1000 "$torn/last.safetensors" >"$torn/last.safetensors.tmp.4711"
printf '{"time":"cut' >>"$torn/log.jsonl"
must train same.yaml --resume "$torn" "${options[@]}" >/dev/null
same_weights undisturbed/run/best.safetensors "$torn/best.safetensors" "a run with a torn write"
same undisturbed/run/last.safetensors "$torn/last.safetensors" "a run with a torn write"
[ -e "$torn/last.safetensors.tmp.4711" ] && fail "the temporary file of a killed write was not swept"
grep -q 'time":"cut' "$torn/log.jsonl" && fail "the cut line of the log is still there"

# ---- SIGTERM and SIGINT: saved, exit status 143 and 130 ----

# signalled RUNS SIGNAL STATUS UPDATE: a training gets the signal behind that update.
signalled() {
    local runs=$1 signal=$2 wanted=$3 status
    "$LATIMER" train same.yaml --runs "$runs" "${options[@]}" --set training.checkpoint_every=1 >stdout 2>err &
    wait_for "checkpoint of update $4" saved "$runs" "$4"
    kill -s "$signal" $!
    wait $!
    status=$?
    [ $status = "$wanted" ] || fail "$signal: exit status $status, not $wanted: $(cat err)"
    grep -q "stopped by SIG$signal at update [0-9]*; saved, --resume goes on" err || fail "$signal: $(cat err)"
    [ -s stdout ] && fail "$signal: a stopped training printed $(cat stdout)"
    no_temporary_files "$runs"
}

signalled term TERM 143 10
run=$(the_run term)
id=$(run_id "$run")
"$LATIMER" runs --status stopped | grep -q "^${id:0:8}" || fail "a stopped run is not shown as stopped: $("$LATIMER" runs)"
must train --resume "${id:0:6}" "${options[@]}" >/dev/null # by a prefix of its id
same_run "$run" "stopped by SIGTERM, resumed by its id's beginning"

# bash starts background jobs with SIGINT ignored: a program in between puts it back.
cat >interruptible <<BASH
#!/usr/bin/env bash
exec env --default-signal=INT "$LATIMER" "\$@"
BASH
chmod +x interruptible
LATIMER=$work/interruptible signalled int INT 130 10
run=$(the_run int)
mv "$run" moved # by folder, from elsewhere, without the database
must train --resume moved --db other.db "${options[@]}" >/dev/null
same_run moved "stopped by SIGINT, moved, resumed in another database"
[ "$("$LATIMER" runs --db other.db | grep -c finished)" = 1 ] || fail "a run of another database was not recorded"

# By the experiment's name: its latest finished run, or where none has finished its latest.
"$LATIMER" train same.yaml --runs named "${options[@]}" --set name=named >/dev/null 2>err &
wait_for "checkpoint of update 5" saved named 5
kill -9 $!
wait $! 2>/dev/null
must train --resume named "${options[@]}" >/dev/null
for file in best last; do # the name is in the header
    same_weights "undisturbed/run/$file.safetensors" "$(the_run named)/$file.safetensors" "killed, resumed by its name"
done

# With another number of threads it goes on, and says that the bits are others.
must train same.yaml --runs threads --threads 1 --quiet --set name=threads --set training.max_updates=10 >run
"$LATIMER" train --resume "$(cat run)" --threads 2 --set training.max_updates=20 >out 2>err || fail "other threads: $(tail -1 err)"
grep -q "threads: 2, not 1 as before" err || fail "resumed with other threads without a word: $(cat err)"

# Without a word about threads it goes on with as many as before.
must train same.yaml --runs threads --threads 1 --quiet --set name=same_threads --set training.max_updates=10 >run
"$LATIMER" train --resume "$(cat run)" --set training.max_updates=20 >out 2>err || fail "same threads: $(tail -1 err)"
grep -q "threads:" err && fail "resumed with other threads than it was begun with: $(cat err)"

# A limit that was changed counts when it is resumed again; of a learning rate that goes by it, it cannot be.
run=$(cat run)
grep -q "max_updates: 20$" "$run/experiment.yaml" || fail "the limit is still $(grep max_updates: "$run/experiment.yaml")"
"$LATIMER" train --resume "$run" --set training.max_updates=100000 --set training.checkpoint_every=3 >out 2>err &
wait_for "checkpoint of update 24" saved threads 24
kill -9 $!
wait $! 2>/dev/null
furthest() { sed -n 's/.*"event":"checkpoint","epoch":[0-9]*,"update":\([0-9]*\),.*/\1/p' "$run/log.jsonl" | sort -n | tail -1; }
killed=$(furthest) # one more may be there that the log does not have
further() { [ "$(furthest)" -ge $((killed + 12)) ]; }
"$LATIMER" train --resume "$run" >out 2>err &
wait_for "checkpoint beyond the limit before" further
kill -9 $!
wait $! 2>/dev/null
must train same.yaml --runs linear --threads 1 --quiet --set training.max_updates=10 --set training.decay.type=linear >linear.run
expect 1 "training.max_updates was 10 and is 20 now.* by training.decay.type linear the learning rate falls to its end there, and --init begins" \
    train --resume "$(cat linear.run)" --quiet --set training.max_updates=20
# Also before it has saved anything: the log knows.
"$LATIMER" train same.yaml --runs unsaved --threads 1 --set name=unsaved --set training.max_updates=100000 \
    --set training.validate_every=100000 --set training.checkpoint_every=0 >out 2>err &
until grep -qs '"event": *"update"' unsaved/*/log.jsonl; do kill -0 $! 2>/dev/null || break; done
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
ls unsaved/*/last.safetensors >/dev/null 2>&1 && fail "a checkpoint is there already"
run=$(the_run unsaved)
cp -a "$run" unsaved.before
expect 1 "has no checkpoint yet, was begun with another experiment: .*model.encoder.hidden: 24, not 32" \
    train --resume "$run" --set model.encoder.hidden=24 --set seed=7 --quiet
grep -q "seed: 7, not 1" err || fail "not all that differs is told: $(cat err)"
same unsaved.before/experiment.yaml "$run/experiment.yaml" "a resume with another experiment before the first checkpoint"
"$LATIMER" train --resume unsaved/* --set training.max_updates=20 --set name=other >out 2>err || fail "unsaved: $(tail -1 err)"
grep -q "^name: $(sed -n 's/^name: //p' unsaved.before/experiment.yaml)$" "$run/experiment.yaml" || fail "a resume renamed the run: $(grep ^name: "$run/experiment.yaml")"
grep -q "started at update 0: .*, 1 thread$" err || fail "resumed with other threads than it was begun with: $(grep started err)"

# ---- two processes, one run ----

must train same.yaml --runs twice "${options[@]}" --set training.max_updates=10 >/dev/null
run=$(the_run twice)
"$LATIMER" train same.yaml --resume "$run" "${options[@]}" --set training.max_updates=2000 >/dev/null 2>first.err &
wait_for "checkpoint of update 12" saved twice 12
cp -a "$run" copy_of_run
expect 1 "is being trained by another process|is still running" train same.yaml --resume "$run" "${options[@]}"
[ -s out ] && fail "a refused resume printed $(cat out)"
kill -s TERM $!
wait $!
[ $? = 143 ] || fail "the first process was disturbed by the second: $(cat first.err)"

# ---- refused, and by name ----

must train same.yaml --runs refused "${options[@]}" --set training.max_updates=10 >/dev/null
run=$(the_run refused)
cp -a "$run" before
"$LATIMER" show "$run" --json >shown.before
refused() { # PATTERN ARGUMENT...
    local pattern=$1
    shift
    expect 1 "$pattern" train "$@" --resume "$run" --threads 1 --quiet
    same before/last.safetensors "$run/last.safetensors" "refused resume"
    same before/best.safetensors "$run/best.safetensors" "refused resume"
    same before/experiment.yaml "$run/experiment.yaml" "refused resume"
    "$LATIMER" show "$run" --json >shown
    same shown.before shown "the record, of a refused resume"
}
refused "training.learning_rate was 0\.005 and is 0\.001 now" --set training.learning_rate=0.001
refused "model.dropout.rnn was 0\.2 and is 0\.3 now" --set model.dropout.rnn=0.3
refused "training.precision was float32 and is bfloat16 now" --set training.precision=bfloat16
refused "training.batch_tokens was 300 and is 400 now" same.yaml
refused "seed was 1 and is 3 now" --set seed=3
cp -r corpus corpus.kept
for file in train.en train.de dev.en dev.de; do
    sed -i '3s/$/!/' "corpus/$file"
    side=src
    [ "${file#*.}" = de ] && side=trg
    refused "corpus\.${file%.*}\.$side was [0-9a-f]{64} and is [0-9a-f]{64} now"
    cp "corpus.kept/$file" "corpus/$file"
done
cp "$run/tokenizer.model" kept.model
must tokenizer train corpus/train.en -o "$run/tokenizer.model" --vocab-size 90 --quiet
refused "tokenizer\.[a-z0-9.]* was [0-9a-f]{64} and is [0-9a-f]{64} now"
cp kept.model "$run/tokenizer.model"
must train --resume "$run" "${options[@]}" >/dev/null # put back, it goes on as if nothing had been
same undisturbed/run/last.safetensors "$run/last.safetensors" "refused, then resumed with what it was trained with"

# Moved, and resumed there, a run is found there by its name, too.
mkdir moved_to && mv "$run" moved_to/ && run=moved_to/${run##*/}
expect 1 "is not there any more; if it was moved, give its new path" translate "$(run_id "$run")" --quiet
must train --resume "$run" "${options[@]}" >/dev/null
must translate "$(run_id "$run")" -i corpus/dev.en --quiet >/dev/null

finish
