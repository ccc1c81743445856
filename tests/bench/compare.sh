#!/bin/bash
# The whole comparison with PyTorch: training and translating, random and real text, without and with attention. Ours
# and theirs take turns, so that what else the machine does meets both. Run it on a machine that does nothing else.
#
# usage: tests/bench/compare.sh CORPUS [options]      CORPUS holds train.en, train.de, val.* and the test set[.gz]
#   --src en --trg de --dev val --test test_2016_flickr      suffixes and names, these unless given
#   --threads N       all processors unless given; training is also measured with 1
#   --rounds N        how often each takes its turn; 2 unless given
#   --run FOLDER      a trained run (attention none, dot or general, no input feeding) that translates the test set;
#                     unless given, speed.yaml is trained for some minutes, and its translations are poor
#   --json FILE       all figures; compare.json unless given
#   --work FOLDER     where tokenizer, batches and that run are, and stay for the next time
#   --quick           a fraction of the data, once: whether all of it works, not how fast it is
#   --only PATTERN    only cases whose name matches, as in 'training text'
#   --model OPTIONS   of bench_train --help, for models of other sizes: '--hidden 1024 --embedding 512'
#
# PyTorch: $PYTHON, or the first of python3 and /usr/bin/python3 that has it; without it only ours is measured. It
# runs over OpenBLAS's OpenMP flavour where there is one: $OPENBLAS_OPENMP, or Debian's libopenblas0-openmp.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bench=$root/tests/bench build=${BUILD:-$root/build}
fail() { echo "compare.sh: $*" >&2; exit 2; }
[[ $# -gt 0 && $1 != -* ]] || { sed -n '5,18s/^# \{0,1\}//p' "$0" >&2; exit 2; }

src=en trg=de dev=val test=test_2016_flickr threads=$(nproc) rounds=2 run='' json=compare.json work='' quick='' only=. model=''
corpus=$(cd "$1" && pwd) || fail "$1: no such folder"
shift
while [ $# -gt 0 ]; do
  case $1 in
  --quick) quick=1; rounds=1 ;;
  --src | --trg | --dev | --test | --threads | --rounds | --run | --json | --work | --only | --model)
    [ $# -gt 1 ] || fail "$1 wants a value"
    declare "${1#--}=$2"
    shift ;;
  *) fail "unknown option $1" ;;
  esac
  shift
done
[[ $threads =~ ^[1-9][0-9]*$ ]] || fail "--threads $threads: a whole number from 1 wanted"
[[ $rounds =~ ^[1-9][0-9]*$ ]] || fail "--rounds $rounds: a whole number from 1 wanted"
[ -z "$run" ] || [ -e "$run/best.safetensors" ] || fail "--run $run: no run's folder: no best.safetensors in it"
[ -x "$build/bench_train" ] || fail "$build/bench_train is missing: build first, or name the folder in \$BUILD"
if [ -z "$work" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"
records=$work/records.jsonl
: >"$records"
latimer=$build/latimer
export LATIMER_DB=$work/bench.db

# ---- PyTorch, at its best

python=''
for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
  "$candidate" -c 'import torch' 2>"$work/torch.log" && { python=$candidate; break; }
done
blas=${OPENBLAS_OPENMP:-}
for folder in /usr/lib/*/openblas-openmp; do
  [ -n "$blas" ] || [ ! -e "$folder" ] || blas=$folder
done
libraries=${LD_LIBRARY_PATH:-}
[ -z "$blas" ] || libraries=$blas${libraries:+:$libraries}
[ -z "${OPENBLAS_OPENMP:-}" ] || [ -e "$blas/libopenblas.so.0" ] || fail "\$OPENBLAS_OPENMP: no libopenblas.so.0 in $blas"
if [ -z "$python" ]; then
  echo "PyTorch is not there ($(tail -n 1 "$work/torch.log")): only latimer is measured" >&2
else
  echo "PyTorch $("$python" -c 'import torch; print(torch.__version__)'), BLAS: ${blas:-what it finds: install libopenblas0-openmp}"
fi

# ---- data

file() { # PREFIX SUFFIX
  local name
  for name in "$corpus/$1.$2" "$corpus/$1.$2.gz" "$corpus/$1.$2.zst"; do
    [ ! -e "$name" ] || { echo "$name"; return; }
  done
  fail "$corpus has no $1.$2 (.gz, .zst)"
}
train_src=$(file train "$src") train_trg=$(file train "$trg") test_src=$(file "$test" "$src")
count() { [ -n "$quick" ] && echo "$1" || echo "$2"; } # QUICK FULL

tokenizer=$work/tokenizer.model
[ -e "$tokenizer" ] || "$latimer" tokenizer train "$train_src" "$train_trg" -o "$tokenizer" --vocab-size 8000 --quiet
for side in src trg; do
  text=train_$side
  [ -e "$work/train.$side" ] || "$latimer" tokenizer encode "$tokenizer" --ids -i "${!text}" -o "$work/train.$side" --quiet
done
"$bench/batches.sh" random "$(count 1 8)" 64 16 8000 >"$work/rectangle"
"$bench/batches.sh" random 1 "$((32 * threads * $(count 1 4)))" 16 8000 >"$work/rectangle.sources"
"$bench/batches.sh" random 1 "$(count 2 12)" 16 8000 >"$work/rectangle.few"
"$bench/batches.sh" pairs "$work/train.src" "$work/train.trg" "$(count 2 40)" 64 >"$work/text"

if [ -z "$run" ]; then
  [ -e "$work/run" ] || "$latimer" train "$bench/speed.yaml" --threads "$threads" --quiet --set data.folder="$corpus" \
    --set data.src="$src" --set data.trg="$trg" --set data.dev="$corpus/$dev" \
    ${quick:+--set training.max_updates=2 --set model.encoder.hidden=64 --set model.decoder.hidden=64} >"$work/run.new"
  [ -e "$work/run" ] || mv "$(cat "$work/run.new")" "$work/run"
  run=$work/run
fi
run_tokenizer=$run/tokenizer.model
[ -e "$run_tokenizer" ] || run_tokenizer=$run/tokenizer.src.model
lines() { # EVERY: one line of so many of the test set
  local name=$work/test.$1
  case $test_src in
  *.gz) gzip -dc "$test_src" ;;
  *.zst) zstd -dcq "$test_src" ;;
  *) cat "$test_src" ;;
  esac | awk -v every="$1" '(NR - 1) % every == 0' >"$name"
  "$latimer" tokenizer encode "$run_tokenizer" --ids -i "$name" --quiet | awk '{ print $0 "\t" }' >"$name.ids"
}
every=$(count 100 1) some=$(count 500 20)
lines "$every"
lines "$some"
setting() { head -c 100000 "$run/best.safetensors" | grep -aoE "\"$1\":\"[a-z_]+\"" | sed 's/.*:"//; s/"//'; }
attention=$(setting model.decoder.attention)
factor=$(sed -n 's/.*max_length_factor: *\([0-9.]*\).*/\1/p' "$run/experiment.yaml" | head -n 1)

# ---- measuring

ours() { "$build/$1" "${@:2}" --json "$work/record" >"$work/table" && cat "$work/record" >>"$records"; }
theirs() {
  [ -n "$python" ] || return 0
  LD_LIBRARY_PATH=$libraries OMP_NUM_THREADS=$with "$python" "$bench/torch_peer.py" \
    "$@" --json "$work/record" >/dev/null && cat "$work/record" >>"$records"
}
bfloat16=$(grep -o -m 1 avx512_bf16 /proc/cpuinfo || true) # elsewhere it is emulated, and no faster
wanted() { grep -qE -- "$only" <<<"$1" && echo "round $round: $1" >&2; }
times=(--repetitions "$(count 1 3)" --warmup "$(count 0 1)")

# $model is words: options
# shellcheck disable=SC2206
training() { # DATA ATTENTION THREADS OPTION...
  local with=$3
  wanted "training $1 $2, $3 threads" || return 0
  local options=("$work/$1" --data "$1" --attention "$2" --threads "$3" "${times[@]}" $model "${@:4}")
  ours bench_train "${options[@]}"
  sed -n "/^  phase/,\$p" "$work/table"
  [ -z "$bfloat16" ] || ours bench_train "${options[@]}" --precision bfloat16
  theirs train "${options[@]}"
}
# shellcheck disable=SC2206
random_translation() { # FILE ATTENTION MINI_BATCH
  local with=$threads
  wanted "translation rectangle $2, batches of $3" || return 0
  local options=("$work/$1" --data rectangle --attention "$2" --threads "$threads" --mini-batch "$3" "${times[@]}" $model)
  for precision in float32 int8; do ours bench_translate "${options[@]}" --precision "$precision"; done
  theirs translate "${options[@]}"
}
text_translation() { # EVERY MINI_BATCH BEAM
  local with=$threads
  wanted "translation text $attention, batches of $2, beam $3" || return 0
  local options=(--data text --threads "$threads" --mini-batch "$2" --beam "$3" --attention "$attention" "${times[@]}")
  for precision in float32 int8; do
    ours bench_translate "$work/test.$1" "${options[@]}" --run "$run" --latimer "$latimer" --precision "$precision"
  done
  theirs translate "$work/test.$1.ids" "${options[@]}" \
    --checkpoint "$run/best.safetensors" --max-length-factor "${factor:-3.0}"
}

"$build/bench_peak" "$threads"
real=(--dropout 0.2 --label-smoothing 0.1)
for round in $(seq "$rounds"); do
  for with_attention in none general; do
    training rectangle "$with_attention" "$threads"
    [ "$threads" = 1 ] || training rectangle "$with_attention" 1
    training text "$with_attention" "$threads" "${real[@]}"
    random_translation rectangle.sources "$with_attention" 32
    random_translation rectangle.few "$with_attention" 1
  done
  text_translation "$every" 32 5
  text_translation "$every" 32 1
  text_translation "$some" 1 5
done
"$build/bench_compare" "$records" "$json"
