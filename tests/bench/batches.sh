#!/bin/bash
# Batches of sentence pairs as ids, as bench_train, bench_translate and torch_peer.py read them (batches.h).
#
# usage: batches.sh random BATCHES SIZE LENGTH VOCABULARY      rectangles: LENGTH counts the end of sentence
#        batches.sh pairs SRC_IDS TRG_IDS BATCHES SIZE         of like length, as a careful user would batch:
#                                                              sorted within pools of 100 batches, then drawn
set -euo pipefail

random() { # BATCHES SIZE LENGTH VOCABULARY
  awk -v batches="$1" -v size="$2" -v pieces="$(($3 - 1))" -v vocabulary="$4" '
    function side(  line, i) {
      for (i = 0; i < pieces; i++) line = line (i ? " " : "") 4 + int(rand() * (vocabulary - 4))
      return line
    }
    BEGIN {
      srand(1)
      for (b = 0; b < batches; b++) {
        for (i = 0; i < size; i++) print side() "\t" side()
        print ""
      }
    }'
}

pairs() { # SRC_IDS TRG_IDS BATCHES SIZE
  paste "$1" "$2" |
    awk -F '\t' '$1 != "" && $2 != "" && split($1, s, " ") <= 100 && split($2, t, " ") <= 100' |
    awk -F '\t' 'BEGIN { srand(1) } { printf "%.9f\t%d\t%d\t%s\n", rand(), split($2, t, " "), split($1, s, " "), $0 }' |
    sort -k 1,1n | awk -v pool="$((100 * $4))" '{ printf "%d\t%s\n", int((NR - 1) / pool), $0 }' |
    sort -t "$(printf '\t')" -k 1,1n -k 3,3n -k 4,4n -k 2,2n | cut -f 5,6 |
    awk -v size="$4" 'BEGIN { srand(2) } NR % size == 1 || size == 1 { key = rand() } { printf "%.9f\t%s\n", key, $0 }' |
    sort -s -k 1,1n | cut -f 2,3 |
    awk -v size="$4" -v rows="$(($3 * $4))" 'NR <= rows { print } NR <= rows && NR % size == 0 { print "" }'
}

case ${1:-} in
random | pairs) "$@" ;;
*) sed -n '4,6s/^# //p' "$0" >&2; exit 2 ;;
esac
