#!/bin/bash
# Trains recipes of this folder one after another, tests each, and compares them with the LSTM: parameters, words a second,
# validation and test scores, significance, and BLEU by length of the source. It can be stopped and run again: what is
# finished in the database is not trained again, and a training that was stopped or killed goes on where it was.
#
# usage: experiments/recipes/chapter/run.sh --data FOLDER [-o FOLDER] [NAME...] [-- OPTION...]
#
#   --data FOLDER  Multi30k: train.en, train.de, val.*, test_2016_flickr.*
#   -o FOLDER      gets the runs, the database and the comparison, comparison.md; default: ./chapter
#   NAME           of a recipe without .yaml: rnn lstm lstm_peephole lstm_coupled lstm_layernorm gru gru_reset_after
#                  sutskever bidirectional bahdanau luong gnmt; default: all of them
#   OPTION         for each training, new or going on: --threads 2, --set training.max_updates=14000
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
latimer=${LATIMER:-$here/../../../build/latimer}
everything=(lstm rnn lstm_peephole lstm_coupled lstm_layernorm gru gru_reset_after sutskever bidirectional bahdanau luong gnmt)
data='' folder=chapter names=()

help() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; }
usage() { help >&2; exit 2; }
wrong() { echo "run.sh: $*" >&2; exit 2; }

while [ $# -gt 0 ]; do
  case $1 in
  --data) [ $# -gt 1 ] || usage; data=$2; shift ;;
  -o) [ $# -gt 1 ] || usage; folder=$2; shift ;;
  --) shift; break ;;
  -h | --help) help; exit ;;
  -*) usage ;;
  *) [ -e "$here/$1.yaml" ] || wrong "there is no recipe $1; there are ${everything[*]}"; names+=("$1") ;;
  esac
  shift
done
[ -n "$data" ] || usage
[ -d "$data" ] || wrong "there is no folder $data"
[ ${#names[@]} -gt 0 ] || names=("${everything[@]}")
[ -x "$latimer" ] || wrong "there is no $latimer: build it, or set LATIMER"
latimer=$(realpath "$latimer")
data=$(realpath "$data")
mkdir -p "$folder"
cd "$folder"
export LATIMER_DB=$PWD/latimer.db

finished() { "$latimer" runs --experiment "$1" --status finished --json 2>/dev/null | grep '"id"' >/dev/null; }

settings() { grep -v '^ *#'; }

# differs NAME RECIPE OPTION...: what was otherwise when it was trained
differs() {
  local run name=$1 recipe=$2
  shift 2
  for run in runs/"$name"-????????/experiment.yaml; do
    diff <(settings <"$run") <("$latimer" train "$recipe" --set data.folder="$data" "$@" --dump-config 2>/dev/null | settings) |
      grep '^[<>]' || true
  done
}

# train RECIPE OPTION...: a new training, the rest of one, or nothing where it is finished
train() {
  local name=chapter-$1 recipe=$here/$1.yaml difference
  shift
  if finished "$name"; then
    echo "== $name is finished already" >&2
    difference=$(differs "$name" "$recipe" "$@")
    [ -z "$difference" ] ||
      printf '== with other options (<) than are given now (>); for those give -o another folder:\n%s\n' "$difference" >&2
  elif compgen -G "runs/$name-????????/last.safetensors" >/dev/null; then
    echo "== $name goes on" >&2
    "$latimer" train --resume "$name" "$@" >&2
  else
    echo "== $name" >&2
    "$latimer" train "$recipe" --set data.folder="$data" "$@" >&2
  fi
}

failed=()
for name in "${names[@]}"; do
  status=0
  train "$name" "$@" || status=$?
  case $status in
  2) exit 2 ;;                                # wrong options are wrong for all of them
  130 | 143) exit $status ;;                  # stopped by a signal: it goes on next time
  esac
  [ $status = 0 ] || failed+=("$name")
done

# The LSTM first, whether it was asked for this time or before: it is what the others are compared with.
done=()
for name in "${everything[@]}"; do
  if finished "chapter-$name"; then done+=("chapter-$name"); fi
done
if [ ${#done[@]} -gt 1 ]; then
  "$latimer" compare "${done[@]}" --by-length --md | tee comparison.md
  echo "== the comparison is in $PWD/comparison.md" >&2
elif [ ${#done[@]} = 1 ]; then
  "$latimer" show "${done[0]}" >&2
  echo "== only ${done[0]} is finished: there is nothing to compare it with" >&2
fi
[ ${#failed[@]} = 0 ] || { echo "== failed: ${failed[*]}" >&2; exit 1; }
