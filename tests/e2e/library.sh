# What the end-to-end tests share; sourced by each of them. It makes an empty folder, goes there, and removes it at the
# end. A test calls fail() for all that is wrong, and ends with finish.
set -u
: "${LATIMER:?the binary under test}" "${TESTS_DIR:?the folder of the tests}"
export LC_ALL=C ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99 # a sanitizer's word is no failure among others
unset LATIMER_DB
failures=0
work=$(mktemp -d)
trap clean_up EXIT
cd "$work" || exit 1

clean_up() {
    local jobs
    jobs=$(jobs -p)
    # shellcheck disable=SC2086
    [ -z "$jobs" ] || kill -9 $jobs 2>/dev/null
    cd / && rm -rf "$work"
}

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

finish() {
    [ "$failures" = 0 ] && echo "all passed"
    exit $((failures > 0))
}

# skip REASON: the whole test cannot be made here.
skip() {
    echo "skipped: $*"
    exit 77
}

# expect STATUS PATTERN ARGUMENT...: exit status, and exactly one line on stderr that matches (none for an empty
# pattern). stdout is left in `out`, stderr in `err`.
expect() {
    local wanted=$1 pattern=$2 status
    shift 2
    "$LATIMER" "$@" >out 2>err </dev/null
    status=$?
    [ "$status" = "$wanted" ] || fail "latimer $*: exit status $status, not $wanted: $(head -3 err)"
    if [ -z "$pattern" ]; then
        [ -s err ] && fail "latimer $*: unexpected message: $(head -3 err)"
    else
        [ "$(wc -l <err)" = 1 ] || fail "latimer $*: not one line on stderr: $(head -3 err)"
        grep -Eq -- "$pattern" err || fail "latimer $*: message does not match '$pattern': $(cat err)"
    fi
}

# must ARGUMENT...: runs latimer, which must succeed; its stderr is kept in `err`.
must() {
    local status
    "$LATIMER" "$@" 2>err
    status=$?
    [ $status = 0 ] || fail "latimer $*: exit status $status: $(tail -3 err)"
    return $status
}

same() { cmp -s "$1" "$2" || fail "$3: $1 and $2 differ"; }

# weights CHECKPOINT: all behind its header, in which settings are that may change.
weights() { tail -c "+$(($(od -An -tu8 -N8 "$1") + 9))" "$1"; }

same_weights() { cmp -s <(weights "$1") <(weights "$2") || fail "$3: the weights of $1 and $2 differ"; }

sha256() { sha256sum <"$1" | cut -d' ' -f1; }

# device NAME MINOR: the path of a device like /dev/NAME that a broken latimer may ruin; status 1 where there is none. As
# root that is one of our own, for root could replace the system's.
device() {
    if [ ! -w /dev ]; then
        [ -c "/dev/$1" ] && echo "/dev/$1"
    else
        [ -c "$work/device.$1" ] || mknod "$work/device.$1" c 1 "$2" 2>/dev/null
        [ -c "$work/device.$1" ] && dd if=/dev/null of="$work/device.$1" conv=notrunc status=none 2>/dev/null && echo "$work/device.$1"
    fi
}

# ---- JSON, as latimer prints it: a key a line ----

# field KEY [FILE]: the value of the first KEY, without quotes.
field() { sed -n "s/^ *\"$1\": \"\{0,1\}\(.*[^,\"]\)\"\{0,1\},\{0,1\}\$/\1/p" "${2:--}" | sed -n 1p; }

# metrics RUN: what was measured in a training, sorted, all but speed and time: 'update name value'.
metrics() {
    "$LATIMER" show "$1" --json 2>/dev/null | sed -n '/^  "metrics": \[/,/^  \]/p' |
        sed -n 's/^ *"\(update\|name\|value\)": "\{0,1\}\([^",]*\)"\{0,1\},\{0,1\}$/\2/p' |
        paste -d' ' - - - | grep -Ev ' (words_per_second|seconds) ' | sort
}

# ---- a corpus ----

# corpus FOLDER [PAIRS DEV TEST SEED]: a generated parallel corpus of short sentences, FOLDER/{train,dev,test}.{en,de}.
corpus() {
    "$LATIMER" corpus generate -o "$1" --pairs "${2:-600}" --dev "${3:-40}" --test "${4:-50}" --seed "${5:-1}" \
        --max-words 12 --quiet || fail "no corpus was generated"
}

# experiment FILE FOLDER: a small experiment on the corpus in FOLDER (relative to FILE's). What a test wants otherwise it
# gives with --set.
experiment() {
    cat >"$1" <<YAML
data: {src: en, trg: de, train: [$2/train], dev: $2/dev, test: [$2/test]}
tokenizer: {vocab_size: 200}
model:
  encoder: {layers: 1, hidden: 32, embedding: 32}
  decoder: {layers: 1, hidden: 32, embedding: 32}
  dropout: {embedding: 0.1, rnn: 0.2, output: 0.1, source_word: 0.05, target_word: 0.05}
training: {batch_tokens: 400, learning_rate: 0.005, max_updates: 60, validate_every: 20, checkpoint_every: 7}
decoding: {beam_size: 2}
YAML
}

# architectures [PATTERN]: those of the table whose whole name matches, one a line: NAME --set KEY=VALUE ...
architectures() {
    sed -E '/^(#|$)/d; s/ +([a-z_.]+=)/ --set model.\1/g' "$TESTS_DIR/fixtures/architectures.txt" | grep -E "^(${1:-.*}) "
}

# ---- lines nobody would translate ----

hostile=(
    'the dog sees a cat .' 'my happy house paints this green child .' # what it was trained on
    '' ' ' '\t\t' '   \t \v \f ' '\302\240' '\343\200\200' '\302\205' '\342\200\250' '\342\200\251' # blank, one way or another
    'the dog \377\376 sees' '\303\050' 'cut \342\226' '\355\240\200 surrogate' '\300\200' '\364\220\200\200' '\200\200\200'
    'NUL \0 the \0\0 dog' '\0' 'the\rdog' 'the dog sees a cat .\r' '\r' '\001\002\033[31m\177 control'
    'the\342\200\250dog' 'the\302\205dog' 'the\vdog\fsees' '\357\273\277the dog' '\357\273\277' 'the\357\273\277dog'
    'e\314\201\314\201\314\201\314\201\314\201\314\201 combining' '\314\201alone' '\360\237\221\251\342\200\215\360\237\232\200 emoji'
    '\327\251\327\234\327\225\327\235 \331\205\330\261\330\255\330\250\330\247' '\342\200\256the dog' '\357\267\272' '\364\217\277\277'
    '\344\275\240\345\245\275\344\270\226\347\225\214' '.' '...!?!?.,;:' '"''((([[[' '|||' 'a ||| b ||| F0=1 ||| 2' '||| |||'
    '\342\226\201' '\342\226\201\342\226\201the\342\226\201dog' '<s>' '</s>' '<unk>' '<pad>' 'the <s> dog </s> sees <unk> <0x41> <0x0A>'
    '\342\201\207' '\357\277\275' '%%s%%n%%d' '\\n \\\\' '{"a": 1}' '-' '--help' '12345678901234567890' 'THE DOG'
)

# hostile_lines COUNT: of every kind in turn, most of them with some text behind.
hostile_lines() {
    local i
    for ((i = 0; i < $1; i++)); do
        # shellcheck disable=SC2059
        printf -- "${hostile[i % ${#hostile[@]}]}"
        ((i % 7)) || printf ' the dog sees %d' "$i"
        echo
    done
}

# ---- processes ----

# wait_for WHAT COMMAND...: until the command succeeds, a minute at most.
wait_for() {
    local what=$1 tries=0
    shift
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -gt 6000 ] && { fail "no $what after a minute"; return 1; }
        sleep 0.01
    done
}

# saved RUNS UPDATE: whether the run in RUNS has a checkpoint of that update.
saved() { grep -qs "\"event\":\"checkpoint\",\"epoch\":[0-9]*,\"update\":$2," "$1"/*/log.jsonl; }

# run_id RUN_FOLDER
run_id() { sed -n '1s/.*"id":"\([0-9a-f]*\)".*/\1/p' "$1/log.jsonl"; }

no_temporary_files() { # FOLDER...
    [ -z "$(find "$@" -name '*.tmp.*')" ] || fail "temporary files were left: $(find "$@" -name '*.tmp.*')"
}

# the_run FOLDER: the one run folder in FOLDER, as a path.
the_run() { echo "$1"/*; }
