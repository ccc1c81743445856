#!/bin/bash
# How long 'latimer translate' takes for one short line, from the start of the process to its end, and its peak memory: the
# least and the median of N starts, with and without a record in the database, and for comparison a start that does nothing.
# The checkpoint's file is in the system's cache after the first. Run it on a machine that does nothing else.
#
# usage: tests/bench/startup.sh RUN_FOLDER [N [THREADS [OPTION...]]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
run=$(cd "${1:?usage: startup.sh RUN_FOLDER [N [THREADS [OPTION...]]]}" && pwd)
starts=${2:-20} threads=${3:-2}
shift $(($# < 3 ? $# : 3))
build=$root/build
cmake --build "$build" --target latimer bench_run >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LATIMER_DB=$work/bench.db
echo 'A man is sleeping on a green bench .' >line

series() { # NAME COMMAND...
  local name=$1 i
  shift
  "$@" >/dev/null
  rm -f measured
  for ((i = 0; i < starts; i++)); do "$build/bench_run" measured "$@" >/dev/null; done
  sort -g measured | awk -v name="$name" '
    { ms[NR] = 1000 * $1; if ($2 > mib) mib = $2 }
    NR == 1 || $3 < cpu { cpu = $3 }
    END {
      printf "%-28s least %6.1f ms, median %6.1f ms; processor time %6.1f ms; peak memory %d MiB\n",
        name, ms[1], ms[int((NR + 1) / 2)], 1000 * cpu, mib
    }'
}

translate=("$build/latimer" translate "$run" -i line --quiet --threads "$threads" "$@")
series 'start only (--version)' "$build/latimer" --version
series 'one line' "${translate[@]}"
series 'one line, --no-record' "${translate[@]}" --no-record
