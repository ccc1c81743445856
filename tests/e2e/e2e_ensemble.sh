#!/usr/bin/env bash
# Several runs that translate together: of other architectures and seeds, the same in any batch and number of threads,
# what rescoring says of it, what of it is recorded, and which runs cannot go together.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 400 20 40
head -30 corpus/test.en >test.en && head -30 corpus/test.de >test.de
experiment toy.yaml corpus
quick=(--threads 1 --quiet --set training.max_updates=150 --set training.validate_every=50 --set training.learning_rate=0.01)
train() { # NAME ARGUMENT...
    local name=$1
    shift
    must train toy.yaml "${quick[@]}" --set "name=$name" "$@" >run
    cat run
}
plain=$(train plain --set seed=1)
attends=$(train attends --set seed=2 --set model.encoder.cell=gru --set model.decoder.cell=gru --set model.encoder.hidden=24 \
    --set model.decoder.hidden=24 --set model.encoder.bidirectional=true --set model.encoder.reverse_source=false \
    --set model.decoder.attention=additive)
backwards=$(train backwards --set seed=3 --set model.encoder.reverse_source=true --set model.decoder.attention=dot)
other=$(train other --set tokenizer.vocab_size=150 --set training.max_updates=1)
id() { run_id "$1"; }
same "$plain/tokenizer.model" "$attends/tokenizer.model" "other seeds and models have the same tokenizer"
same "$plain/tokenizer.model" "$backwards/tokenizer.model" "other seeds and models have the same tokenizer"

translate() { must translate "$@" --quiet; }
all=("$plain" "$attends" "$backwards")
translate "${all[@]}" -i test.en --threads 1 --no-record >together
[ "$(wc -l <together)" = 30 ] || fail "30 lines gave $(wc -l <together)"

# ---- the same whatever is around it ----

translate "${all[@]}" -i test.en --threads 2 --mini-batch 3 --no-record >out && same together out "threads and batches"
tac test.en >backwards.en
translate "${all[@]}" -i backwards.en --threads 1 --no-record | tac >out && same together out "another order"
translate plain attends backwards -i test.en --threads 1 --no-record >out && same together out "runs by their names"
for run in "${all[@]}"; do
    translate "$run" -i test.en --threads 1 --no-record >"alone.$(basename "$run")"
    cmp -s together "alone.$(basename "$run")" && fail "three together say what $run says alone"
    translate "$run" "$run" -i test.en --threads 1 --no-record >out && same "alone.$(basename "$run")" out "twice the same run"
done
translate "${all[@]}" --weights 1,1000000000,1 -i test.en --threads 1 --no-record >out &&
    same "alone.$(basename "$attends")" out "a weight that leaves nothing to the others"
translate "${all[@]}" --weights 2,2,2 -i test.en --threads 1 --no-record >out && same together out "equal weights"

# What was tuned for the first alone is not for all, unless that is wanted.
printf 'decoding: {beam_size: 1, normalize: 2}\n' >"$plain/decoding.yaml"
must translate "${all[@]}" -i test.en --threads 1 --no-record >out && same together out "a choice for the first run alone"
grep -q "^$plain/decoding.yaml was chosen for that run alone and is left aside; --tuned decodes all by it$" err || fail "a choice left aside is not told: $(cat err)"
must translate "${all[@]}" --tuned -i test.en --threads 1 --no-record >tuned
grep -q "as tuned ($plain/decoding.yaml" err || fail "--tuned is not told: $(cat err)"
translate "${all[@]}" --beam-size 1 --normalize 2 -i test.en --threads 1 --no-record >out && same tuned out "--tuned of several runs"
translate "${all[@]}" --no-tuned -i test.en --threads 1 --no-record >out && same together out "--no-tuned of several runs"
echo 'decoding: {max_length: 3}' >"$plain/decoding.yaml"
must rescore "${all[@]}" test.en test.de --quiet >out && must rescore "${all[@]}" test.en test.de --no-tuned --quiet >expected
same expected out "rescoring leaves aside what was chosen for the first run"
must rescore "${all[@]}" test.en test.de --tuned --quiet >out && must rescore "${all[@]}" test.en test.de --max-length 3 --quiet >expected
same expected out "rescoring of several runs with --tuned"
echo 'decoding: {beam_sise: 3}' >"$plain/decoding.yaml"
translate "${all[@]}" -i test.en --threads 1 --no-record >out && same together out "a choice that cannot be read is left aside, too"
must translate "${all[@]}" -i test.en --threads 1 --no-record >out && same together out "a choice that cannot be read is left aside, told"
rm "$plain/decoding.yaml"

# ---- every way of decoding, also where what attends weighs next to nothing ----

for how in "--coverage-penalty 0.2" "--no-repeat-ngram 2 --min-length-factor 1.2" "--replace-unk" "--sampling --top-k 20" \
    "--alignment --weights 1e300,1e-300,1e-300" "--coverage-penalty 0.2 --weights 1e300,1e-300,1e-300"; do
    # shellcheck disable=SC2086
    translate "${all[@]}" $how -i test.en --threads 1 --no-record >together.how
    [ "$(wc -l <together.how)" = 30 ] || fail "$how: 30 lines gave $(wc -l <together.how)"
    # shellcheck disable=SC2086
    translate "${all[@]}" $how -i test.en --threads 2 --mini-batch 3 --no-record >out && same together.how out "$how"
done
translate "${all[@]}" --alignment --weights 1e300,1e-300,1e-300 -i test.en --threads 1 --no-record >together.how
translate "${all[@]}" --alignment --weights 1e12,1,1 -i test.en --threads 1 --no-record >out &&
    same together.how out "alignments by models that weigh next to nothing"
translate "${all[@]}" --no-repeat-ngram 2 -i test.en --threads 1 --no-record >out
awk '{ for (i = 1; i < NF; i++) if (seen[NR, $i, $(i + 1)]++) bad++ } END { exit bad > 0 }' out || fail "an ensemble repeats two words in a row"

# ---- figures are those of rescoring ----

for figures in "--weights 1,2,0.5" "--precision int8" "--checkpoint last"; do
    # shellcheck disable=SC2086
    translate "${all[@]}" $figures -i test.en --n-best 2 --threads 1 --no-record >n_best
    awk -F ' \\|\\|\\| ' '{ print $2 >"hyp"; sub("F0=", "", $3); print $3 >"wanted" }' n_best
    awk -F ' \\|\\|\\| ' 'NR == FNR { line[FNR - 1] = $0; next } { print line[$1 + 0] }' test.en n_best >src
    # shellcheck disable=SC2086
    must rescore "${all[@]}" src hyp $figures --threads 2 >out && same wanted out "rescore and n-best with $figures"
done
must rescore "${all[@]}" src hyp --summary >/dev/null
grep -q "perplexity" err || fail "no summary of an ensemble: $(cat err)"

# ---- alignments ----

translate "$plain" "$attends" "$backwards" -i test.en --alignment --threads 1 --no-record >aligned
sed 's/ ||| [-0-9 ]*$//' aligned >out && same together out "alignments change no translation"
[ "$(grep -c ' ||| [0-9]*-[0-9]* ' aligned)" -gt 20 ] || fail "no alignments: $(head -3 aligned)"
# a run that all but decides alone aligns as it does alone, whichever way the first one reads
for run in "$attends" "$backwards"; do
    translate "$run" -i test.en --alignment --threads 1 --no-record >wanted
    weights=1,1000000000,1
    [ "$run" = "$backwards" ] && weights=1,1,1000000000
    translate "${all[@]}" --weights $weights -i test.en --alignment --threads 1 --no-record >out
    same wanted out "alignment of $run"
done
expect 2 "--alignment: .*none of these models" translate "$plain" "$plain" -i test.en --alignment --no-record --quiet

# ---- a shortlist is the first run's ----

must shortlist "$attends" --quiet
translate "$attends" "$plain" --shortlist -i test.en --threads 1 --no-record >listed
translate "$attends" "$plain" --shortlist -i test.en --threads 2 --mini-batch 5 --no-record >out && same listed out "with a shortlist"
expect 2 "--shortlist: the run has none yet" translate "$plain" "$attends" --shortlist -i test.en --no-record --quiet

# ---- what goes with what ----

expect 1 "runs in $plain and $other have different source tokenizers .*train the others with the first one's tokenizer" \
    translate "$plain" "$other" -i test.en --no-record --quiet
expect 1 "runs in $plain and $other have different" rescore "$plain" "$other" test.en test.de --quiet
expect 2 "weights 1,2: as many numbers above 0 as there are runs \(3\)" translate "${all[@]}" --weights 1,2 -i test.en --quiet
expect 2 "weights 1,2,0" translate "${all[@]}" --weights 1,2,0 -i test.en --quiet
expect 2 "weights 1,2,-1" translate "${all[@]}" --weights 1,2,-1 -i test.en --quiet
expect 2 "weights 1,2,3x" rescore "${all[@]}" test.en test.de --weights 1,2,3x --quiet
expect 2 "weights 3 weighs several runs" translate "$plain" --weights 3 -i test.en --quiet
expect 2 "not the folder of a run|no run" translate "$plain" nobody -i test.en --db none.db --quiet

# ---- the record ----

newest() { "$LATIMER" runs --decodings --limit 1 --json | field id; }
shown() { # RUN KEY WANTED
    local found
    found=$("$LATIMER" show "$1" --json | field "$2")
    [ "$found" = "$3" ] || fail "show $1: $2 is '$found', not '$3'"
}
must translate "${all[@]}" --weights 1,2,1 -i test.en --ref test.de --threads 1 >/dev/null
ensemble=$(newest)
names="3: $(id "$plain" | cut -c1-8) $(id "$attends" | cut -c1-8) $(id "$backwards" | cut -c1-8)"
shown "$ensemble" parent "$(id "$plain")"
shown "$ensemble" decoding.ensemble "$names"
parameters=0 i=1
for run in "${all[@]}"; do
    shown "$ensemble" "decoding.ensemble.$i.run" "$(id "$run")"
    shown "$ensemble" "decoding.ensemble.$i.checkpoint_sha256" "$(sha256 "$run/best.safetensors")"
    parameters=$((parameters + $(weights "$run/best.safetensors" | wc -c) / 4))
    i=$((i + 1))
done
shown "$ensemble" decoding.ensemble.2.weight 2
shown "$ensemble" parameters "$parameters"
must show "$ensemble" >table
grep -qx "ensemble      $names" table || fail "show does not tell the ensemble: $(cat table)"
grep -q "ensemble=.*+.*+.* weights=1,2,1" table || fail "its scores do not say what they are of: $(cat table)"
must runs --decodings >table
grep -q "ensemble of $names" table || fail "runs does not tell the ensemble: $(cat table)"
[ "$("$LATIMER" runs --decodings --json | field ensemble)" = "$names" ] || fail "runs --json does not tell the ensemble"
must translate "$plain" -i test.en --ref test.de --threads 1 >/dev/null
one=$(newest)
"$LATIMER" show "$one" --json | grep -q '"decoding\.ensemble' && fail "one run is recorded as an ensemble"
must compare "$one" "$ensemble" >table
grep -q "(ensemble of 3)" table || fail "compare does not tell the ensemble: $(cat table)"
grep -q "$parameters" table || fail "compare does not tell the ensemble's parameters: $(cat table)"
grep -q "decoding.ensemble .*$names" table || fail "compare does not tell the runs: $(cat table)"
must compare "$one" "$ensemble" --json >json
grep -q '"models": 3' json || fail "compare --json does not tell the models"
rm latimer.db # runs that no database knows are called by their folders
must translate "$plain" "$attends" -i test.en --quiet >/dev/null
shown "$(newest)" decoding.ensemble "2: $(basename "$plain") $(basename "$attends")"

finish
