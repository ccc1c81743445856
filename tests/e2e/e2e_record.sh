#!/usr/bin/env bash
# What a training and its translations leave in the database, what can be compared of it, and what happens without one.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 400 20 60
cp corpus/test.en test.en && cp corpus/test.de test.de
experiment toy.yaml corpus
quick=(--threads 1 --quiet)
must train toy.yaml "${quick[@]}" --set training.max_updates=200 --set training.validate_every=50 --set training.learning_rate=0.01 >run &&
    run=$(cat run)
id=$(run_id "$run")

newest() { "$LATIMER" runs --decodings --limit 1 --json "$@" | field id; }
count() { "$LATIMER" runs --decodings --json "$@" 2>/dev/null | grep -c '"id":'; }
shown() { # RUN KEY WANTED: what `show --json` has of it
    local found
    found=$("$LATIMER" show "$1" --json | field "$2")
    [ "$found" = "$3" ] || fail "show $1: $2 is '$found', not '$3'"
}

parameters=$(($(weights "$run/best.safetensors" | wc -c) / 4))
grep -q "\"parameters\":$parameters," "$run/log.jsonl" ||
    fail "the log has other than $parameters parameters: $(grep -o '"parameters":[0-9]*' "$run/log.jsonl")"

# ---- parameters ----

shown "$id" parameters "$parameters"
must show "$id" >table
grep -qx "parameters    $parameters" table || fail "show does not tell the number of parameters"
grep -q "weight_hh_l0" table && fail "show lists the tensors unasked"
must show "$id" --parameters >table
# hidden 32, embedding 32: by hand from the shapes of DESIGN's tensors
grep -Eq '^encoder\.rnn\.weight_hh_l0 +\(128, 32\) +4096$' table || fail "weight_hh_l0 is not (128, 32): $(cat table)"
grep -Eq '^encoder\.rnn recurrent +4096 ' table || fail "the recurrent part is not 4096: $(cat table)"
grep -Eq "^total +$parameters +100\.0%$" table || fail "the total is not $parameters: $(cat table)"
[ "$(awk '/^Parameters/ { on = 1 } /^part / { exit } on && $NF ~ /^[0-9]+$/ { sum += $NF } END { print sum }' table)" = "$parameters" ] ||
    fail "the tensors do not add up to $parameters: $(cat table)"
must show "$id" --parameters --json >json
grep -A5 '"name": "encoder.rnn.weight_hh_l0"' json | grep -q '"part": "encoder.rnn recurrent"' || fail "--json has no parts"
mv "$run/best.safetensors" hidden && mv "$run/last.safetensors" hidden2
shown "$id" parameters "$parameters" # from the record
expect 1 "there is neither best.safetensors nor last.safetensors in" show "$id" --parameters
mv hidden "$run/best.safetensors" && mv hidden2 "$run/last.safetensors"

# ---- a decoding ----

must translate "$id" -i test.en -o one.out --ref test.de --beam-size 1 --max-length 50 --threads 1 >/dev/null
one=$(newest)
grep -q "recorded as ${one:0:8} in latimer.db" err || fail "its id is not told: $(cat err)"
for pair in "kind decoding" "parent $id" "experiment toy" "status finished" "input test.en" "output one.out" \
    "input_sha256 $(sha256 test.en)" "output_sha256 $(sha256 one.out)" "lines 60" "checkpoint best.safetensors" \
    "checkpoint_sha256 $(sha256 "$run/best.safetensors")" "decoding.beam_size 1" "decoding.max_length 50" \
    "decoding.normalize 1.0" "source_sha256 $(sha256 test.en)" "reference_sha256 $(sha256 test.de)" "segments 60"; do
    shown "$one" "${pair% *}" "${pair#* }"
done
"$LATIMER" show "$one" --json | grep -q '"command": ".*translate .*--beam-size 1' || fail "the command is not recorded"
"$LATIMER" show "$id" --json | sed -n '/"decodings"/,$p' | grep -q "$one" || fail "the training does not list its decoding"
"$LATIMER" runs | grep -q decoding && fail "'runs' lists decodings unasked"
for input in stdin n_best long; do # from standard input; n-best; words of scores
    case $input in
    stdin) must translate "$run" --quiet <test.en >out ;;
    n_best) must translate "$run" --quiet --n-best 2 <test.en >out ;;
    long) yes 'the dog sees a cat .' | head -n 5000 >long && must translate "$run" --quiet -i long --word-scores >out ;;
    esac
    shown "$(newest)" output_sha256 "$(sha256 out)"
    shown "$(newest)" input_sha256 "$([ $input = long ] && sha256 long || sha256 test.en)"
done
shown "$(newest)" lines 5000
gzip -c test.en >packed.gz
must translate "$run" --quiet -i packed.gz >out
shown "$(newest)" input_sha256 "$(sha256 test.en)" # of the text, as it is of a corpus

# A decoding that is stopped or fails is recorded as that.
mkfifo input
"$LATIMER" translate "$run" --quiet -i input >stopped.out 2>err &
exec 5>input # held open: there is more to come
cat test.en >&5
wait_for "the first translation" test -s stopped.out
kill -TERM $!
wait $!
status=$?
exec 5>&-
[ $status = 143 ] || fail "SIGTERM: exit status $status, $(cat err)"
shown "$(newest)" status stopped

# ---- its scores are those of `score`, and of the training's own test ----

for metric in bleu chrf ter; do
    "$LATIMER" score test.de -i one.out -m $metric --json >score.json
    wanted=$(field score score.json) signature=$(field signature score.json)
    "$LATIMER" show "$one" --json | grep -A4 "\"segments\": 60" | grep -A1 "\"metric\": \"$metric\"" | field score >found
    awk -v a="$wanted" -v b="$(cat found)" 'BEGIN { d = a - b; exit !(d < 1e-5 && d > -1e-5 && a != "") }' ||
        fail "$metric is recorded as $(cat found); 'score' says $wanted"
    "$LATIMER" show "$one" --json | grep -q "\"signature\": \"$signature\"" || fail "$metric: signature $signature is not recorded"
done
must translate "$run" -i test.en -o same.out --ref test.de --quiet
same "$run/hyp/test.de" same.out "a translation with the run's options, and the run's own"
tested=$("$LATIMER" show "$id" --json | sed -n '/"evaluations"/,/"decodings"/p' | field score)
shown "$(newest)" score "$tested"

# ---- compare ----

must translate "$run" -i test.en -o five.out --ref test.de --beam-size 5 --quiet
five=$(newest)
must compare "$one" "$five" >table
grep -Eq "^decoding.beam_size +1 +5" table || fail "compare does not say that the beam differs: $(cat table)"
grep -Eq "^decoding.max_length +50 +1000" table || fail "compare does not say that the length differs"
grep -Eq "^model\.|^training\.|^seed" table && fail "compare finds differences that are none: $(cat table)"
must compare "$one" "$five" --json >json
for key in bleu chrf ter p_value delta interval; do grep -q "$key" json || fail "compare --json has no $key"; done
must train toy.yaml "${quick[@]}" --set seed=2 --set name=second >run2 && run2=$(cat run2)
must compare toy second --by-length --lengths 5,8 >table
grep -Eq "^[0-9a-f]{8} +toy +$parameters +[0-9]+ +200 +0:[0-9:]+ +bleu [0-9.]+$" table || fail "compare does not describe the run: $(head -4 table)"
awk '{ print (NF > 8 ? "9+" : NF > 5 ? "6-8" : "0-5") }' corpus/test.en | sort | uniq -c | awk '{ print $2, $1 }' >lengths
sed -n '/^BLEU of test by words/,/^$/p' table | awk '$1 ~ /^[0-9]+[-+]/ && $2 > 0 { print $1, $2 }' | sort >found
same lengths found "sentences by length"
must compare toy second --by-length --lengths 5,8 --json >lengths.json
grep -q '"most_words": 8' lengths.json || fail "compare --json has no lengths"
must compare toy second --by-length --md | grep -q '^| *6-10 *|' || fail "compare --md has no lengths"
expect 2 "8 is not more than 8" compare toy second --by-length --lengths 5,8,8
expect 2 "mean nothing without --by-length" compare toy second --lengths 5
expect 2 "'x' is not a number of words" compare toy second --by-length --lengths 5,x
must compare toy second >/dev/null 2>err
grep -q "is taken for" err && fail "compare tells of other runs where there are none: $(cat err)"
must train toy.yaml "${quick[@]}" --set seed=3 --set name=second >run3
must compare toy second >/dev/null 2>err
third=$(run_id "$(cat run3)")
grep -q "'second' is taken for ${third:0:8}, the latest finished one of its 2 runs, of which 2 finished" err || fail "compare does not tell of the other runs: $(cat err)"
must compare toy second --curves curves.svg >/dev/null
[ "$(grep -c '<polyline' curves.svg)" = 2 ] && grep -q "toy ${id:0:8}" curves.svg || fail "no curves: $(cat curves.svg)"
must compare "$one" "$five" --curves same.svg >/dev/null
[ "$(grep -c '<polyline' same.svg)" = 1 ] || fail "two decodings of one training have not one curve: $(cat same.svg)"
command -v xmllint >/dev/null && { xmllint --noout curves.svg || fail "curves.svg is no XML"; }
expect 1 "none/curves.svg" compare toy second --curves none/curves.svg --quiet
expect 2 "name a file" compare toy second --curves -
expect 2 "are the same run.*other runs of an experiment go by their ids" compare toy toy
must train toy.yaml "${quick[@]}" --set name=byloss --set training.early_stopping.metric=loss --set data.test=[] >run4
expect 2 "is judged by dev.bleu and .* by dev.loss" compare toy byloss --curves both.svg
[ ! -e both.svg ] || fail "curves of two figures were written"
sqlite3=$(command -v sqlite3) && {
    cp latimer.db older.db
    "$sqlite3" older.db "DELETE FROM metrics WHERE name = 'seconds' AND run_id LIKE '$third%'"
    must compare toy "$third" --curves part.svg --db older.db >/dev/null 2>err
    grep -q "3 of the 3 validations of ${third:0:8} are not drawn" err || fail "validations without times are not told: $(cat err)"
    "$sqlite3" older.db "DELETE FROM metrics WHERE name = 'seconds'"
    expect 2 "there are none" compare toy "$third" --curves none.svg --db older.db
}
[ "$(grep -c '"seconds": [0-9]' json)" -gt 1 ] || fail "compare --json has no curve"
mv corpus/test.en hidden.en
expect 1 "source text, of SHA-256 $(sha256 hidden.en | head -c 16), is not in .*test.en any more" compare toy second --by-length
expect 1 "is neither in corpus/dev.en, which --source names, nor any more" compare toy second --by-length --source corpus/dev.en
must compare toy second --by-length --source hidden.en >/dev/null
mv hidden.en corpus/test.en
must compare toy second >table
grep -Eq "^seed +1 +3" table || fail "compare of trainings does not say that the seed differs: $(cat table)"
grep -Eq "^training.max_updates +200 +60" table || fail "compare of trainings does not say that max_updates differs"
must compare "$id" "$five" second --md >/dev/null # trainings and decodings together, by id and by name
rm -r "$run/hyp" "$run2/hyp" one.out five.out # it needs the database alone
must compare "$one" "$five" --json >again
same json again "compare without the files"
must compare toy second >again
same table again "compare without hyp/"

# Other data is refused by name, and compared when that is wanted.
sed '1s/^/the /' test.de >changed.de
must translate "$run" -i test.en -o out --ref changed.de --set test --quiet
other=$(newest)
expect 1 "references of test have SHA-256 $(sha256 test.de | head -c 16) and $(sha256 changed.de | head -c 16)" compare "$one" "$other"
grep -q -- --different-data err || fail "it is not said how to compare all the same: $(cat err)"
must compare "$one" "$other" --different-data >table
grep -q "note: test, bleu: ${one:0:8} and ${other:0:8} were scored on different data: no significance" err ||
    fail "it is not said what was compared: $(cat err)"
must translate "$run" -i test.en -o out --ref test.de --ref changed.de --set test --quiet
two=$(newest)
"$LATIMER" compare "$one" "$two" >out 2>err
[ $? = 1 ] || fail "two references compared with one: exit status $?"
"$LATIMER" compare "$one" "$two" --different-data >out 2>err
[ $? = 1 ] && grep -q 'nrefs:1.*nrefs:2' err && grep -q -- --different-signatures err || fail "other signatures: $(cat err)"
must compare "$one" "$two" --different-data --different-signatures >/dev/null
expect 2 "'none'" compare "$one" none

# ---- no record, no database ----

before=$(sha256 latimer.db) runs=$(count)
must translate "$run" -i test.en -o out --no-record --quiet
must translate toy -i test.en -o out --no-record --ref test.de --quiet
must rescore "$run" test.en test.de --quiet >/dev/null
[ "$(sha256 latimer.db)" = "$before" ] || fail "--no-record changed the database"
[ "$(count)" = "$runs" ] || fail "--no-record left a record"
must translate "$run" -i test.en -o out --no-record --db fresh.db --quiet
must rescore "$run" test.en test.de --db fresh.db --quiet >/dev/null
"$LATIMER" runs --db fresh.db >out 2>&1
[ -z "$(ls fresh.db* 2>/dev/null)" ] || fail "a database was made: $(ls fresh.db*)"
mkdir elsewhere && cp -a "$run" elsewhere/copied
(cd elsewhere && must translate copied -i ../test.en --no-record --quiet >out && [ "$(ls)" = "$(printf 'copied\nerr\nout')" ]) ||
    fail "a copied folder does not translate without a database: $(ls elsewhere)"
must translate "$run" -i test.en --no-record --quiet >out
same out elsewhere/out "a copied folder"
must translate elsewhere/copied -i test.en --db fresh.db --quiet >out # unknown to this database: recorded all the same
[ "$(count --db fresh.db)" = 1 ] || fail "the decoding of a copied folder was not recorded"
LATIMER_DB=by_environment.db must translate "$run" -i test.en --quiet >out
[ "$(count --db by_environment.db)" = 1 ] || fail "\$LATIMER_DB is not used"

# A folder's name is no experiment's, whatever it is.
cp -a "$run2" toy
must translate toy -i test.en --quiet >out
shown "$(newest)" experiment second
rm -r toy

# Training sets of one name are told apart.
mkdir more && cp corpus/train.?? more/ && echo one >>more/train.en && echo eins >>more/train.de
must train toy.yaml "${quick[@]}" --set 'data.train=[corpus/train, more/train]' --set training.max_updates=1 --set name=both >out
"$LATIMER" show both --json >both
for file in corpus/train.en corpus/train.de more/train.en more/train.de; do
    grep -q "\"sha256\": \"$(sha256 $file)\"" both || fail "$file is not in the record of a training on it"
done

# ---- a database that does not do ----

complete() { # RUN_FOLDER: its log tells all
    local event
    for event in run started dataset validation checkpoint test ended; do
        grep -q "\"event\":\"$event\"" "$1/log.jsonl" || fail "the log of $1 has no '$event'"
    done
    [ -e "$1/best.safetensors" ] || fail "$1 was not trained"
}
echo "this is no database" >garbage.db
head -c 9000 latimer.db >damaged.db
cp garbage.db garbage.kept && cp damaged.db damaged.kept
for db in garbage.db damaged.db none/latimer.db toy.yaml/latimer.db corpus; do
    must train toy.yaml "${quick[@]}" --db $db --runs without >out || continue
    grep -q "this run is not recorded in the database.*$db" err || fail "$db: no warning from train: $(cat err)"
    complete "$(cat out)"
    must translate "$run" -i test.en --db $db --quiet >out || continue
    grep -q "this decoding is not recorded: .*$db" err || fail "$db: no warning from translate: $(cat err)"
    cut -c1-200 out | cmp -s - "elsewhere/out" || fail "$db: other translations"
done
same garbage.kept garbage.db "what is no database"
same damaged.kept damaged.db "a damaged database"
expect 1 "garbage.db is not an SQLite database" runs --db garbage.db

# One that goes bad under a training: warned, the log complete, the run whole.
"$LATIMER" train toy.yaml "${quick[@]}" --db going.db --runs going --set training.checkpoint_every=1 --set training.validate_every=5 \
    >out 2>err &
until grep -qs '"validation"' going/*/log.jsonl; do sleep 0.01; done
head -c 60000 /dev/urandom >going.db
rm -f going.db-wal going.db-shm
wait $! || fail "a database that went bad stopped the training: $(cat err)"
complete "$(the_run going)"

# ---- many at once ----

pids=()
for i in 1 2; do
    "$LATIMER" train toy.yaml "${quick[@]}" --db many.db --set name=many$i --set seed=$i --set training.validate_every=10 >many.$i 2>many.err$i &
    pids+=($!)
done
for i in 1 2 3 4 5; do
    "$LATIMER" translate "$run" -i test.en --ref test.de --db many.db --quiet -o many.out$i --threads 1 2>many.err1$i &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail "one of many failed: $(cat many.err*)"; done
[ -z "$(cat many.err*)" ] || fail "one of many complained: $(cat many.err*)"
[ "$(count --db many.db)" = 7 ] || fail "of 7 at once, $(count --db many.db) are recorded"
[ "$("$LATIMER" runs --decodings --db many.db --json | grep -c '"status": "finished"')" = 7 ] || fail "not all of the many finished"
for i in 1 2 3 4 5; do same many.out1 many.out$i "translations at once"; done
[ "$("$LATIMER" runs --decodings --db many.db --json | grep -c '"metric": "bleu"')" = 7 ] || fail "not all of the many are scored"
cp -r "$(cat many.1)" alone && must train toy.yaml "${quick[@]}" --db alone.db --set name=many1 --set training.validate_every=10 >out
same alone/last.safetensors "$(cat out)/last.safetensors" "trained along with others, and alone"
[ "$(ls ./*-wal ./*-shm 2>/dev/null)" = "" ] || fail "files of the database were left: $(ls ./*-wal ./*-shm)"

finish
