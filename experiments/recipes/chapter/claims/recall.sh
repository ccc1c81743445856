#!/bin/bash
# How far back do the cells learn to remember, and how far beyond that do they then reach? For each of several longest
# distances it generates the recall task up to it, trains a classifier with each cell on it, and prints what share of the test
# lines each gets right at every distance. It can be stopped and run again, as ../run.sh can.
#
# usage: experiments/recipes/chapter/claims/recall.sh [-o FOLDER] [--up-to "D..."] [CELL...] [-- OPTION...]
#
#   -o FOLDER      gets the tasks, the runs, the database and recall.md; default: ./recall
#   --up-to "D..." the longest distances of training; default: "5 10 20 40"
#   CELL           rnn, lstm or gru; default: all three
#   OPTION         for each training, new or going on: --threads 2, --set training.max_updates=9000
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
latimer=${LATIMER:-$here/../../../../build/latimer}
folder=recall longest="5 10 20 40" cells=()

help() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; }
usage() { help >&2; exit 2; }
wrong() { echo "recall.sh: $*" >&2; exit 2; }

while [ $# -gt 0 ]; do
  case $1 in
  -o) [ $# -gt 1 ] || usage; folder=$2; shift ;;
  --up-to) [ $# -gt 1 ] || usage; longest=$2; shift ;;
  --) shift; break ;;
  -h | --help) help; exit ;;
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

# A network is known by its cell and the longest distance it was trained on: recall-rnn-10.
for up_to in $longest; do
  [ -e "task-$up_to/train.text" ] ||
    "$latimer" corpus generate --task recall -o "task-$up_to" --pairs 20000 --max-distance "$up_to" \
      --distances 5,10,20,40,80,160
  for cell in "${cells[@]}"; do
    name=recall-$cell-$up_to
    if "$latimer" runs --experiment "$name" --status finished --json 2>/dev/null | grep '"id"' >/dev/null; then
      echo "== $name is finished already" >&2
    elif compgen -G "runs/$name-????????/last.safetensors" >/dev/null; then
      "$latimer" train --resume "$name" "$@" >&2
    else
      echo "== $name" >&2
      "$latimer" train "$here/recall_$cell.yaml" --set name="$name" --set data.folder="task-$up_to" "$@" >&2
    fi
  done
done

# accuracies NAME: at each distance, as the database has them
accuracies() {
  "$latimer" show "$1" | awk '$2 == "accuracy" { score[$1] = $3 }
    END { n = split("5 10 20 40 80 160", distance, " "); for (i = 1; i <= n; i++) printf " %s |", score["test_d" distance[i]] }'
}

{
  echo '| cell | trained up to | 5 | 10 | 20 | 40 | 80 | 160 |'
  echo '|---|---:|---:|---:|---:|---:|---:|---:|'
  for cell in "${cells[@]}"; do
    for up_to in $longest; do echo "| \`$cell\` | $up_to |$(accuracies "recall-$cell-$up_to")"; done
  done
} | tee recall.md
