#!/bin/bash
# Training words/s and translation sentences/s of the release build, with peak memory, and the share of the machine's SGEMM
# rate that training reaches. The SGEMM rate is measured before and after the training, since these figures only mean
# something together; run it on a machine that does nothing else.
#
# usage: tests/bench/bench.sh CORPUS [THREADS]     CORPUS holds train.en, train.de, dev.*, test.en[.gz]
#        tests/bench/bench.sh CORPUS THREADS SRC TRG DEV TEST      other suffixes and other names for the sets
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
corpus=$(cd "${1:?usage: bench.sh CORPUS [THREADS [SRC TRG DEV TEST]]}" && pwd)
threads=${2:-$(nproc)} src=${3:-en} trg=${4:-de} dev=${5:-dev} test=${6:-test}
build=$root/build
cmake --build "$build" --target latimer bench_sgemm bench_run >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LATIMER_DB=$work/bench.db
measured() { "$build/bench_run" "$work/measured" "$@"; }
last() { tail -n 1 "$work/measured" | cut -d ' ' -f "$1"; }

before=$("$build/bench_sgemm" "$threads")
measured "$build/latimer" train "$root/tests/bench/speed.yaml" --threads "$threads" --quiet \
  --set data.folder="$corpus" --set data.src="$src" --set data.trg="$trg" --set data.dev="$corpus/$dev" >run
training_memory=$(last 2)
after=$("$build/bench_sgemm" "$threads")

# Every report but the first, while memory is still being touched. Per piece forward and backward take 6 operations a weight
# of the matrices it passes: 3.67 million in the encoder for a source piece, 7.77 million in decoder and output for a target
# piece; a corpus has about as many of both.
grep '"event":"update"' "$(cat run)/log.jsonl" | sed -n 's/.*"words_per_second":\([0-9.]*\).*/\1/p' | tail -n +2 >rates
awk -v before="$before" -v after="$after" -v memory="$training_memory" -v threads="$threads" '
  { sum += 1 / $1; n++ }
  END {
    words = n / sum; peak = (before + after) / 2; rate = words * 6 * (3.67 + 7.77) / 2 / 1000
    printf "machine: SGEMM %.0f and %.0f GFLOP/s (before, after) on %d threads\n", before, after, threads
    printf "training: %.0f words/s (source + target pieces), %.0f GFLOP/s, %.0f%% of SGEMM, peak memory %d MiB\n",
      words, rate, 100 * rate / peak, memory
  }' rates

input=$corpus/$test.$src
[ -e "$input" ] || input=$input.gz
translate() { # NAME OPTION...
  local name=$1
  shift
  measured "$build/latimer" translate "$(cat run)" --no-record -i "$input" -o out "$@" 2>told
  echo "translating, $name: $(grep -oE '[0-9.]+ sentences/s' told | tail -n 1), peak memory $(last 2) MiB"
}
translate "beam 5, batches of 64" --threads "$threads"
translate "beam 1, batches of 64" --threads "$threads" -b 1
translate "beam 5, one at a time, one thread" --threads 1 --mini-batch 1
