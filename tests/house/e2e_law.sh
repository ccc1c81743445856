#!/bin/bash
# The dependency law (DESIGN: the rooms): a file includes only from its own room and from those below it, another room only
# by its public headers; model code includes no BLAS; libraries do not print and do not exit.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
failed=0
complain() { echo "$1"; failed=1; }

# room: what it may include besides itself (any header of model/base; of the others the public headers only)
declare -A below=(
  [model]=""
  [tokenizer]="model/batch.h"
  [corpora]="model/batch.h tokenizer/tokenizer.h"
  [translate]="model/model.h model/batch.h tokenizer/tokenizer.h corpora/corpora.h"
  [experiments]="model/model.h model/batch.h tokenizer/tokenizer.h corpora/corpora.h translate/translate.h"
)
checked=0
for room in "${!below[@]}"; do
  while IFS=: read -r file include; do
    checked=$((checked + 1))
    case "$include" in
    model/base/*) ;;
    "$room"/*) ;;
    *)
      case " ${below[$room]} " in
      *" $include "*) ;;
      *) complain "$file includes $include: $room/ may include model/base/, itself, and: ${below[$room]:-nothing else}" ;;
      esac
      ;;
    esac
  done < <(grep -rHoE '^#include "[^"]+"' "$room" --include='*.[ch]' --include='*.cc' | sed -E 's/:#include "(.*)"/:\1/')
done
[ "$checked" -gt 50 ] || complain "only $checked includes were found: the check itself is broken"

# model/base stands alone, and the BLAS is the backends'
while IFS= read -r line; do complain "$line: model/base/ includes only itself"; done \
  < <(grep -rHoE '^#include "[^"]+"' model/base | grep -v '"model/base/' || true)
while IFS= read -r line; do complain "$line: only model/backend/ knows the BLAS"; done \
  < <(grep -rlE '#include <cblas' --include='*.[ch]' . | grep -v '^./model/backend/' | grep -v '^./tests/bench/' || true)
# metrics know of nothing but model/base
while IFS= read -r line; do complain "$line: metrics include only model/base/ and themselves"; done \
  < <(grep -rHoE '^#include "[^"]+"' experiments/metrics 2>/dev/null | grep -vE '"(model/base|experiments/metrics)/' || true)
# the trainer knows no SQL; libraries report through lt_error and callbacks
while IFS= read -r line; do complain "$line: only the store knows SQLite"; done \
  < <(grep -rlE '#include <sqlite3' --include='*.[ch]' . | grep -vE '^./experiments/store|^./tests/' || true)
while IFS= read -r line; do complain "$line: libraries never print and never exit"; done \
  < <(grep -rnE '\b(printf|puts|perror|exit|abort)\s*\(|\b(stdout|stderr)\b' model tokenizer corpora translate experiments/metrics \
        --include='*.[ch]' --include='*.cc' | grep -vE '__attribute__|^[^:]+:[0-9]+: *(\*|/\*|//)' || true)
exit $failed
