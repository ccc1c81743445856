#!/bin/bash
# What latimer takes for 10 to 1,000,000 pairs: the processor's seconds, those of them a word costs, and the peak of memory.
#
# usage: tests/bench/scale.sh [FOLDER OF THE BUILD] [LARGEST NUMBER OF PAIRS]     defaults: build, 1000000; some ten minutes
#
# The corpus is a generated one (latimer corpus generate), the model a small one: what is looked for is what grows with
# the corpus. "train" is 20 updates, and all that comes before the first; "new" tokenizers are trained first, too.
# What is translated and rescored is a hundredth of it, 20,000 lines at most. A word costs the same in every row where the
# cost is linear, once there are enough of them to hide what each command takes to start.
set -eu
case ${1:-} in -*) sed -n '4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
build=$(realpath "${1:-build}")
most=${2:-1000000}
latimer=$build/latimer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
TIMEFORMAT='%U %S'

cat >experiment.yaml <<YAML
name: scale
data: {src: en, trg: de, train: [corpus/train], dev: small/dev, test: []}
tokenizer: {vocab_size: 4000}
model:
  encoder: {layers: 1, hidden: 32, embedding: 32}
  decoder: {layers: 1, hidden: 32, embedding: 32}
training: {max_updates: 20, validate_every: 20}
decoding: {beam_size: 2, max_length_factor: 1.0}
YAML

# measure STEP PAIRS WORDS COMMAND...: a row of the table.
measure() {
    local step=$1 pairs=$2 words=$3 user system wall peak
    shift 3
    rm -f figures
    { time "$build/bench_run" figures "$@" >out 2>err; } 2>rusage || { cat err >&2; exit 1; }
    read -r user system <rusage
    read -r wall peak <figures
    awk -v step="$step" -v pairs="$pairs" -v words="$words" -v cpu="$(echo "$user $system" | awk '{ print $1 + $2 }')" \
        -v wall="$wall" -v peak="$peak" \
        'BEGIN { printf "%-10s %9d %9.2f %9.2f %10.2f %8d\n", step, pairs, cpu, wall, 1e6 * cpu / words, peak }'
}

"$latimer" corpus generate -o small --pairs 100 --dev 20 --test 10 --quiet
printf '%-10s %9s %9s %9s %10s %8s\n' step pairs 'CPU s' seconds 'us a word' 'peak MiB'
for ((pairs = 10; pairs <= most; pairs *= 10)); do
    rm -rf corpus runs clean.* new.db
    "$latimer" corpus generate -o corpus --pairs "$pairs" --dev 10 --test 10 --quiet
    words=$(cat corpus/train.en corpus/train.de | wc -w)
    some=$((pairs < 1000 ? 10 : pairs < 2000000 ? pairs / 100 : 20000))
    for side in en de; do head -$some "corpus/train.$side" >"some.$side"; done
    some_words=$(cat some.en some.de | wc -w)
    measure stats "$pairs" "$words" "$latimer" corpus stats corpus/train --src en --trg de
    measure clean "$pairs" "$words" "$latimer" corpus clean corpus/train --src en --trg de -o clean
    measure 'train new' "$pairs" "$words" "$latimer" train experiment.yaml --runs runs --db new.db --threads 2
    run=$(echo runs/*)
    measure train "$pairs" "$words" "$latimer" train --resume "$run" --db new.db --threads 2 --set training.max_updates=40
    measure score "$pairs" "$words" "$latimer" score corpus/train.de -i corpus/train.de
    measure translate "$some" "$some_words" "$latimer" translate "$run" -i some.en -o out.de --no-record --threads 2
    measure rescore "$some" "$some_words" "$latimer" rescore "$run" some.en some.de -o out.scores --threads 2
done
