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
cmake --build "$build" --target latimer bench_start >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LATIMER_DB=$work/bench.db
echo 'A man is sleeping on a green bench .' >line

series() { # NAME COMMAND...
  local name=$1 figures
  shift
  "$build/bench_start" 1 "$@" >/dev/null # it may have to read the file first
  read -ra figures <<<"$("$build/bench_start" "$starts" "$@")"
  printf '%-24s least %6.1f ms, median %6.1f ms; processor time %6.1f ms; peak memory %d MiB\n' "$name" "${figures[@]}"
}

translate=("$build/latimer" translate "$run" -i line --quiet --threads "$threads" "$@")
series 'start only (--version)' "$build/latimer" --version
series 'one line' "${translate[@]}"
series 'one line, --no-record' "${translate[@]}" --no-record
