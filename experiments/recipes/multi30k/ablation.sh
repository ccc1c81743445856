#!/bin/bash
# What each ingredient of bahdanau.yaml is worth: the recipe as it is, without one of them at a time, and with one that it
# does not have. It prints the means and deviations of the seeds, with significance, and can be stopped and run again.
#
# usage: experiments/recipes/multi30k/ablation.sh FOLDER [OPTION...]
#
#   FOLDER  Multi30k: train.en, train.de, val.*, test_2016_flickr.*
#   OPTION  of 'latimer sweep': --seeds 1 --jobs 2 --set training.max_updates=3600
#
# 17 trainings a seed, each of some 35 minutes of processor time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ $# = 0 ] || [ "$1" = -h ] || [ "$1" = --help ]; then
  sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
  [ $# -gt 0 ] && exit
  exit 2
fi
[ -d "$1" ] || { echo "ablation.sh: there is no folder $1" >&2; exit 2; }
data=$(realpath "$1")
shift
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
  # other
  'model.encoder.cell=lstm;model.decoder.cell=lstm'
  'tokenizer.vocab_size=2000'
  'tokenizer.vocab_size=8000'
  'tokenizer.joint=false;model.tied_embeddings=target'
  'training.batch_tokens=4000;training.max_updates=2250;training.warmup=100;training.validate_every=375' # as many passes
  # with
  'model.dropout.memory=0.2'
  'training.average.decay=0.999'
  'tokenizer.regularization.src=1;tokenizer.regularization.trg=1'
)
points=()
for change in "${changes[@]}"; do points+=(--ablate "$change"); done
exec "${LATIMER:-$here/../../../build/latimer}" sweep "$here/bahdanau.yaml" --name multi30k-ablation \
  --set data.folder="$data" "${points[@]}" "$@"
