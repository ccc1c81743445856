#!/bin/bash
# How far back do the cells remember? Generates the recall task, trains a classifier with each cell on distances up to 40,
# and prints what share of the test lines each gets right at every distance, up to 160. It can be stopped and run again, as
# ../run.sh can.
#
# usage: experiments/recipes/chapter/claims/recall.sh [-o FOLDER] [CELL...] [-- OPTION...]
#
#   -o FOLDER  gets the task, the runs and the database; default: ./recall
#   CELL       rnn, lstm or gru; default: all three
#   OPTION     for each training: --threads 2, --set training.max_updates=9000
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
latimer=${LATIMER:-$here/../../../../build/latimer}
folder=recall cells=()

usage() { sed -n '6,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
wrong() { echo "recall.sh: $*" >&2; exit 2; }

while [ $# -gt 0 ]; do
  case $1 in
  -o) [ $# -gt 1 ] || usage; folder=$2; shift ;;
  --) shift; break ;;
  -*) usage ;;
  *) [ -e "$here/recall_$1.yaml" ] || wrong "there is no recall_$1.yaml; there are rnn, lstm, gru"; cells+=("$1") ;;
  esac
  shift
done
[ ${#cells[@]} -gt 0 ] || cells=(rnn lstm gru)
[ -x "$latimer" ] || wrong "there is no $latimer: build it, or set LATIMER"
latimer=$(realpath "$latimer")
mkdir -p "$folder"
cd "$folder"
export LATIMER_DB=$PWD/latimer.db

[ -e task/train.text ] ||
  "$latimer" corpus generate --task recall -o task --pairs 20000 --max-distance 40 --distances 5,10,20,40,80,160

for cell in "${cells[@]}"; do
  if "$latimer" runs --experiment "recall-$cell" --status finished --json 2>/dev/null | grep '"id"' >/dev/null; then
    echo "== recall-$cell is finished already" >&2
  elif compgen -G "runs/recall-$cell-????????/last.safetensors" >/dev/null; then
    "$latimer" train --resume "recall-$cell" >&2
  else
    echo "== recall-$cell" >&2
    "$latimer" train "$here/recall_$cell.yaml" --set data.folder=task "$@" >&2
  fi
done

# accuracy CELL DISTANCE: as the database has it
accuracy() {
  "$latimer" show "recall-$1" | awk -v set="test_d$2" '$1 == set && $2 == "accuracy" { score = $3 } END { print score }'
}

{
  printf '| distance |'; printf ' %s |' "${cells[@]}"
  printf '\n| ---: |'; printf ' ---: |%.0s' "${cells[@]}"; echo
  for distance in 5 10 20 40 80 160; do
    printf '| %s |' "$distance"
    for cell in "${cells[@]}"; do printf ' %s |' "$(accuracy "$cell" "$distance")"; done
    echo
  done
} | tee recall.md
