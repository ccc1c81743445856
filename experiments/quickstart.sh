#!/bin/bash
# The main job, end to end: installs what is missing, builds, gets a real corpus, trains two small models that differ in one
# thing (the direction in which the source is read), translates a file with each, and compares them. About a quarter of an
# hour on two cores. It can be stopped and run again: what is done is not done again, and a training goes on where it was.
#
# usage: experiments/quickstart.sh [FOLDER]      FOLDER gets the corpus, the runs and the database; default: ./quickstart
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-quickstart}
case $folder in
-h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit ;;
-*) echo "quickstart.sh: $folder is no option; usage: experiments/quickstart.sh [FOLDER]" >&2; exit 2 ;;
esac

say() { printf '\n== %s\n' "$*" >&2; }

say "1/5 installing what is missing"
"$root/experiments/install.sh"

say "2/5 building"
build=$root/build
cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
cmake --build "$build" --target latimer >&2

mkdir -p "$folder"
cd "$folder"
export LATIMER_DB=$PWD/latimer.db
latimer() { "$build/latimer" "$@"; }

say "3/5 a corpus"
if [ -e corpus/test.de ]; then
  echo "$PWD/corpus is there already" >&2
elif command -v apt-get >/dev/null && latimer corpus fetch debian --pair en-de -o corpus; then
  :
else
  echo "No package descriptions could be had here: going on with a generated corpus. Its scores say nothing of real text." >&2
  latimer corpus generate --pairs 40000 --dev 1000 --test 1000 -o corpus
fi

# train NAME OPTION...: a new training, the rest of one that was stopped or killed, or nothing where it is finished
train() {
  local name=$1
  shift
  if latimer runs --experiment "$name" --status finished --json 2>/dev/null | grep '"id"' >/dev/null; then
    echo "$name is trained already" >&2
  elif compgen -G "runs/$name-????????/last.safetensors" >/dev/null; then
    latimer train --resume "$name"
  else
    latimer train "$root/experiments/recipes/quickstart.yaml" --set name="$name" --set data.folder=corpus "$@"
  fi
}

say "4/5 two trainings: the source read backwards (Sutskever, Vinyals & Le 2014), and forwards"
train reversed --set model.encoder.reverse_source=true
train forward --set model.encoder.reverse_source=false

say "5/5 translating corpus/test.en, and the comparison"
for name in reversed forward; do
  [ -e "test.$name.de" ] || latimer translate "$name" -i corpus/test.en -o "test.$name.de" --ref corpus/test.de
done
for line in 1 2 3; do # source, translation, reference
  for file in corpus/test.en test.reversed.de corpus/test.de; do sed -n "${line}p" "$file"; done
  echo
done >&2
latimer runs
latimer compare forward reversed
say "done; all of it is in $PWD"
