#!/bin/bash
# Installs what is missing, builds with warnings as errors, and runs every test. With --sanitize: the same under
# AddressSanitizer and UndefinedBehaviorSanitizer, in a build folder of its own.
#
# usage: tests/run.sh [--sanitize] [ctest options]        as: tests/run.sh -R tokenizer
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

build=$root/build
options=(-DCMAKE_BUILD_TYPE=Release)
if [ "${1:-}" = --sanitize ]; then
  shift
  build=$root/build-sanitize
  options=(-DCMAKE_BUILD_TYPE=Debug -DLATIMER_SANITIZE=ON)
fi

"$root/experiments/install.sh"
cmake -G Ninja -S "$root" -B "$build" "${options[@]}" >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
cmake --build "$build"
exec ctest --test-dir "$build" --output-on-failure -j "$(nproc)" "$@"
