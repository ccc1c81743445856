#!/bin/bash
# What each ingredient of bahdanau.yaml is worth: the recipe as it is, without one of them at a time, and with one that
# it does not have. It prints the means and deviations of the seeds, with significance, and can be stopped and run again.
#
# usage: experiments/recipes/multi30k/ablation.sh FOLDER [--updates N] [OPTION...]
#
#   FOLDER       Multi30k: train.en, train.de, val.*, test_2016_flickr.*
#   --updates N  of each training, 500 at least, for the warm-up takes 400; default: 9000, as in the recipe, 17 passes
#                over the data
#   OPTION       of 'latimer sweep': --seeds 1 --jobs 2
#
# 18 trainings a seed, most of them as long as that of the recipe.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
latimer=${LATIMER:-$here/../../../build/latimer}
updates=9000
help() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; }
wrong() { echo "ablation.sh: $*" >&2; exit 2; }

[ $# -gt 0 ] || { help >&2; exit 2; }
case $1 in -h | --help) help; exit ;; esac
[ -d "$1" ] || wrong "there is no folder $1"
data=$(realpath "$1")
shift
if [ "${1-}" = --updates ]; then
  [[ ${2-} =~ ^[1-9][0-9]*$ ]] || wrong "--updates: '${2-}' is no number of updates"
  updates=$2
  [ "$updates" -ge 500 ] || wrong "--updates: $updates; the warm-up alone takes 400"
  shift 2
fi
[ -x "$latimer" ] || wrong "there is no $latimer: build it, or set LATIMER"
part() { echo $(((updates + $1 - 1) / $1)); } # of the updates
# Scheduled sampling: the decoder's own words grow to a fifth of what it reads, in the first half of the training.
falls=$(awk -v n="$updates" 'BEGIN { printf "%.3g", 0.4 / n }')
changes=(
  # without
  'model.decoder.attention=none;model.decoder.input_feeding=false'
  'model.decoder.input_feeding=false'
  'model.encoder.bidirectional=false'
  'model.tied_embeddings=none'
  'model.dropout.embedding=0;model.dropout.output=0'
  'model.dropout.source_word=0;model.dropout.target_word=0'
  'training.label_smoothing=0'
  'training.decay.type=none'
  # with
  'training.average.decay=0.999'
  "training.scheduled_sampling.schedule=linear;training.scheduled_sampling.end=0.8;training.scheduled_sampling.rate=$falls"
  'tokenizer.regularization.src=0.5'
  'model.dropout.memory=0.2'
  # other
  "training.batch_tokens=4000;training.warmup=100;training.max_updates=$(part 4);training.validate_every=$(part 24)"
  'tokenizer.vocab_size=2000'
  'tokenizer.vocab_size=8000'
  'model.encoder.cell=lstm;model.decoder.cell=lstm'
  'tokenizer.joint=false;model.tied_embeddings=target'
)
points=()
for change in "${changes[@]}"; do points+=(--ablate "$change"); done
recipe=$(mktemp --suffix .yaml)
trap 'rm -f "$recipe"' EXIT
sed "s/max_updates: 9000/max_updates: $updates/; s/validate_every: 1500/validate_every: $(part 6)/" "$here/bahdanau.yaml" >"$recipe"
"$latimer" sweep "$recipe" --name "multi30k-ablation-$updates" --set data.folder="$data" "${points[@]}" "$@"
