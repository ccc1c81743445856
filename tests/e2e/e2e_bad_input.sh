#!/usr/bin/env bash
# Whatever is wrong with files, settings and disks: exit status 1 or 2, one clear message, and nothing is lost.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 300 20 20
experiment e.yaml corpus
quick=(--threads 1 --quiet)
refused() { # STATUS PATTERN ARGUMENT...: a training that never begins
    expect "$1" "$2" train "${@:3}" "${quick[@]}"
    [ ! -e runs ] || fail "a run was made: $*"
}

# ---- files of the corpus ----

refused 1 'cannot open none.yaml: No such file or directory' none.yaml
for set in train dev test; do
    mv corpus/$set.de kept
    refused 1 "data.$set: there is no file .*corpus/$set.de \(nor .gz, nor .zst\)" e.yaml
    head -n -3 kept >corpus/$set.de
    pairs=$(wc -l <kept)
    refused 1 "data.$set: .*corpus/$set.en has $pairs lines and .*corpus/$set.de has $((pairs - 3))" e.yaml
    cat kept kept >corpus/$set.de
    refused 1 "data.$set: .*corpus/$set.en has $pairs lines and .*corpus/$set.de has $((2 * pairs))" e.yaml
    gzip -c kept | head -c 150 >corpus/$set.de
    refused 1 "data.$set: .*corpus/$set.de: the compressed file is damaged" e.yaml
    mv kept corpus/$set.de
done
cp corpus/train.en corpus/train.en.gz
refused 2 'there are both .*corpus/train.en and .*corpus/train.en.gz' e.yaml
rm corpus/train.en.gz

# ---- the experiment file ----

yaml() { # STATUS PATTERN SED_EXPRESSION
    sed "$3" e.yaml >bad.yaml
    refused "$1" "$2" bad.yaml
}
yaml 2 "bad.yaml:4:24: unknown key 'model.encoder.hiden'; did you mean 'hidden'\?" '4s/hidden/hiden/'
yaml 2 "bad.yaml:4:21: model.encoder.layers: 'one' is not a valid value; wanted: a whole number" '4s/layers: 1/layers: one/'
yaml 2 "bad.yaml:4:21: model.encoder.layers: '1000' is not a valid value; wanted: .* from 1 to" '4s/layers: 1/layers: 1000/'
yaml 2 "bad.yaml:4:.*is it a tab\? Lines are indented with spaces" '4s/^  /\t/'
yaml 2 "bad.yaml:4:24: duplicate key 'model.encoder.layers': it stands in line 4 already" '4s/layers: 1/layers: 1, layers: 1/'
yaml 2 "bad.yaml:8:1: duplicate key 'data'" '8s/decoding/data/'
yaml 2 "bad.yaml:1:.*'data.dev' is missing|bad.yaml: 'data.dev' is missing" '1s/ dev: corpus.dev,//'
yaml 2 "bad.yaml:6:" '6s/rnn: 0.2/rnn: 1.5/'
yaml 2 "bad.yaml:" '4s/}//'
: >bad.yaml
refused 2 "bad.yaml: 'data.src' is missing and has no default" bad.yaml
head -c 3000 /dev/urandom >bad.yaml
refused 2 'bad.yaml' bad.yaml
refused 2 "set training.learning_rat=1: unknown key .*did you mean 'learning_rate'" e.yaml --set training.learning_rat=1
refused 2 "set seed=soon: seed: 'soon' is not a valid value" e.yaml --set seed=soon

# Architectures that cannot be: the key, why, and what to do.
cannot() { # PATTERN KEY=VALUE...
    local settings=() setting
    for setting in "${@:2}"; do settings+=(--set "model.$setting"); done
    refused 2 "$1" e.yaml "${settings[@]}"
}
cannot 'model.decoder.input_feeding: true feeds what the attention saw.*there is none; set model.decoder.attention, or' decoder.input_feeding=true
cannot 'model.decoder.coverage: true is the sum of what.*there is none; set model.decoder.attention, or coverage: false' decoder.coverage=true
for attention in dot scaled_dot; do
    cannot "model.decoder.attention: $attention multiplies .* width 32 with .* width 48; make them equal, or use general or additive" \
        decoder.attention=$attention encoder.hidden=48
    cannot "model.decoder.attention: $attention multiplies .* width 32 with .* width 64; make them equal" \
        decoder.attention=$attention encoder.bidirectional=true
done
for side in encoder decoder; do
    cannot "model.$side.residual: true has no effect: it begins at layer 2 \(residual_from\) of 1; use more layers, a smaller" $side.residual=true
    cannot "model.$side.residual_from: 1 adds the embedding of width 32 to .* width 16; make them equal, or begin at layer 2" \
        $side.residual=true $side.residual_from=1 $side.hidden=16
    cannot "model.$side.residual_from: '0' is not a valid value; wanted: a whole number from 1" $side.residual_from=0
done
cannot "model.encoder.residual_from: 2 with bidirectional: first .*; begin at layer 3" \
    encoder.residual=true encoder.layers=3 encoder.bidirectional=first
cannot "model.dropout.zoneout_c: 0.1 keeps units of c, which a gru does not have; set it to 0, or use zoneout_h" \
    dropout.zoneout_c=0.1 encoder.cell=gru decoder.cell=gru
cannot "model.encoder.cell: 'grue' is not a valid value; did you mean 'gru'.*rnn, lstm, lstm_peephole" encoder.cell=grue
cannot "model.encoder.bidirectional: 'yes' is not .*false, true, first, alternating" encoder.bidirectional=yes
cannot "model.decoder.attention: 'aditive' is not .*did you mean 'additive'" decoder.attention=aditive
refused 2 "is no training in the database|no database .* to look it up in" --resume none

# A name that YAML cannot hold: nothing is left of the run that could not be described.
folder=$(printf 'bad\377folder')
if mkdir "$folder" 2>/dev/null; then
    cp -r corpus e.yaml "$folder/"
    expect 2 'is not valid UTF-8' train "$folder/e.yaml" --runs unnamed "${quick[@]}"
    [ -z "$(ls -A unnamed)" ] || fail "a run that could not be described left $(ls -A unnamed)"
fi

# ---- a checkpoint that is not whole ----

must train e.yaml "${quick[@]}" >run && run=$(cat run)
cp -a "$run" good
must translate good -i corpus/test.en --no-record --quiet >good.out
broken() { # PATTERN: neither translates, nor rescores, nor resumes with it
    mkdir -p side
    expect 1 "$1" translate "$run" -i corpus/test.en -o side/out --no-record --quiet
    [ -z "$(ls -A side)" ] || fail "a failed translation left $(ls -A side)"
    expect 1 "$1" rescore "$run" corpus/test.en corpus/test.de --quiet
    [ -s out ] && fail "a failed rescoring printed $(head -2 out)"
}
resume_refused() { # PATTERN: and nothing in the run's folder is changed but the log
    cp -a "$run" before
    expect 1 "$1" train --resume "$run" --quiet
    diff -rq -x log.jsonl before "$run" >differences || fail "a refused resume changed $(cat differences)"
    rm -rf before
}
for size in 0 7 8 100 3000 -1; do
    head -c $size good/best.safetensors >"$run/best.safetensors"
    broken "$run/best.safetensors is not a whole safetensors file: .*copy it again"
    head -c $size good/last.safetensors >"$run/last.safetensors"
    resume_refused "$run/last.safetensors is not a whole safetensors file"
done
cp corpus/train.en "$run/best.safetensors"
broken "$run/best.safetensors is not a whole safetensors file"
rm "$run/best.safetensors"
broken "$run has no best.safetensors: .*train --resume"
cp good/*.safetensors "$run/"

# A bit of the header flipped: refused, or of no consequence for what is translated.
header=$(($(od -An -tu8 -N8 good/best.safetensors)))
RANDOM=7 harmless=0
sed 's/"model.encoder.reverse_source"/"model.encoder.reverse_sourcd"/' good/best.safetensors >"$run/best.safetensors"
broken "$run/best.safetensors has the setting model.encoder.reverse_sourcd, which this latimer .* does not know"
for ((i = 0; i < 120; i++)); do
    at=$((i < 40 ? i : (RANDOM * 32768 + RANDOM) % (header + 8)))
    byte=$(od -An -tu1 -j $at -N1 good/best.safetensors)
    cp good/best.safetensors "$run/best.safetensors"
    # shellcheck disable=SC2059
    printf "\\x$(printf %x $((byte ^ (1 << RANDOM % 8))))" |
        dd of="$run/best.safetensors" bs=1 seek=$at conv=notrunc status=none
    "$LATIMER" translate "$run" -i corpus/test.en --no-record --quiet >out 2>err
    status=$?
    if [ $status = 0 ]; then
        harmless=$((harmless + 1))
        cmp -s out good.out || fail "a bit flipped in byte $at of the header gave other translations"
    elif [ $status != 1 ] || [ "$(wc -l <err)" != 1 ] || [ -s out ] || ! grep -q "^latimer translate: .*$run" err; then
        fail "a bit flipped in byte $at of the header: exit status $status, $(cat err)"
    fi
done
[ $harmless -lt 110 ] || fail "$harmless of 120 flipped bits went unnoticed"
cp good/best.safetensors "$run/best.safetensors"

# ---- another tokenizer ----

must tokenizer train corpus/train.en -o other.model --vocab-size 90 --quiet
cp other.model "$run/tokenizer.model"
broken "tokenizer"
resume_refused "tokenizer"
must tokenizer train corpus/train.de -o other.model --vocab-size 200 --quiet # as many pieces, others
cp other.model "$run/tokenizer.model"
broken "tokenizer.model is not the tokenizer model it must be: its SHA-256 is"
resume_refused "tokenizer"
head -c 1000 good/tokenizer.model >"$run/tokenizer.model"
broken "$run/tokenizer.model"
resume_refused "tokenizer.model"
rm "$run/tokenizer.model"
broken "there is no tokenizer.model in $run"
cp good/tokenizer.model "$run/tokenizer.model"
sed -i 's/^ *cell: lstm/&x/' "$run/experiment.yaml"
expect 2 "$run/experiment.yaml:[0-9]+:[0-9]+: .*'lstmx' is not" translate "$run" -i corpus/test.en --no-record
cp good/experiment.yaml "$run/"
must translate "$run" -i corpus/test.en --no-record --quiet >out
same good.out out "everything put back"

# ---- what is to be translated ----

expect 1 'cannot open none: No such file' translate "$run" -i none --no-record --quiet
expect 1 'cannot read corpus: it is a folder' translate "$run" -i corpus --no-record --quiet
expect 1 'test.en has 20 lines and .*train.de has 300' translate "$run" -i corpus/test.en --ref corpus/train.de --quiet -o side/out
[ -z "$(ls -A side)" ] || fail "a refused translation left $(ls -A side)"
expect 1 'standard input has 0 lines and corpus/train.de has 300' translate "$run" --ref corpus/train.de --quiet
expect 1 'test.en has 20 lines and .*train.de has 300' rescore "$run" corpus/test.en corpus/train.de --quiet
expect 2 'SRC and TRG cannot both be standard input' rescore "$run" - -
expect 2 '--n-best 9: a beam of 2' translate "$run" -i corpus/test.en --n-best 9 --quiet
expect 2 "'none' is no training" translate none -i corpus/test.en

# ---- output that cannot be ----

expect 1 'cannot write corpus: it is a folder' translate "$run" -i corpus/test.en -o corpus --no-record --quiet
expect 1 'cannot write e.yaml/out: Not a directory' translate "$run" -i corpus/test.en -o e.yaml/out --no-record --quiet
expect 1 'cannot write none/out: No such file' translate "$run" -i corpus/test.en -o none/out --no-record --quiet
expect 1 'cannot make the folder e.yaml' train e.yaml --runs e.yaml/runs "${quick[@]}"
if full=$(device full 7); then
    expect 1 'No space left' translate "$run" -i corpus/test.en -o "$full" --no-record --quiet
    [ -c "$full" ] || fail "-o replaced a device"
    "$LATIMER" translate "$run" -i corpus/test.en --no-record --quiet >"$full" 2>err
    [ $? = 1 ] && grep -q 'No space left' err || fail "translate to a full disk: $(cat err)"
fi

# ---- a full disk ----

# Files may not grow beyond so many blocks of 1024 bytes: the tokenizer and the best checkpoint fit, the last does not.
limited() { (ulimit -f "$1" && shift && exec "$LATIMER" "$@"); }
must train e.yaml "${quick[@]}" --runs full --set training.max_updates=40 >run && run=$(cat run)
cp -a "$run" before
bytes=$(wc -c <"$run/last.safetensors")
limited $((bytes / 1024 - 10)) train --resume "$run" "${quick[@]}" --set training.max_updates=60 --db other.db >out 2>err
[ $? = 1 ] && grep -q "last.safetensors.*File too large" err || fail "a checkpoint too large for the disk: $(cat err)"
[ "$(grep -c '^latimer train: ' err)" = 1 ] || fail "not one message: $(cat err)"
same before/last.safetensors "$run/last.safetensors" "a full disk"
same before/best.safetensors "$run/best.safetensors" "a full disk"
no_temporary_files "$run"
must train --resume "$run" "${quick[@]}" --set training.max_updates=60 >/dev/null
same good/last.safetensors "$run/last.safetensors" "resumed behind a full disk"
cp corpus/test.en side/out
yes 'the dog sees a cat .' | head -n 20000 >long
limited 10 translate "$run" -i long -o side/out --no-record --quiet 2>err
[ $? = 1 ] && grep -q 'File too large' err || fail "a translation too large for the disk: $(cat err)"
same corpus/test.en side/out "the old output"
no_temporary_files side

# A file system that is really full, where one may be mounted: training goes wrong wherever it happens to, and goes on.
mkdir small
if mount -t tmpfs -o size=700k tmpfs small 2>/dev/null; then
    trap 'umount -l "$work/small"; clean_up' EXIT
    "$LATIMER" train e.yaml "${quick[@]}" --runs small/runs --db small/db >out 2>err
    [ $? = 1 ] && grep -q 'No space left on device' err || fail "a full file system: $(cat err)"
    [ "$(grep -c '^latimer train: ' err)" = 1 ] || fail "not one message: $(cat err)"
    no_temporary_files small
    run=$(the_run small/runs)
    [ -d "$run" ] || fail "no run on the full file system"
    mount -o remount,size=20m small
    must train --resume "$run" "${quick[@]}" --db small/db >/dev/null
    same good/last.safetensors "$run/last.safetensors" "resumed when there was room again"
    same good/best.safetensors "$run/best.safetensors" "resumed when there was room again"
    "$LATIMER" runs --db small/db 2>err | grep -q finished || fail "the run is not recorded: $(cat err)"
    # a read-only file system
    mount -o remount,ro small
    expect 1 'cannot .*Read-only file system' train --resume "$run" "${quick[@]}" --set training.max_updates=70
    expect 1 'cannot write small/out: Read-only file system' translate "$run" -i corpus/test.en -o small/out --no-record --quiet
    must translate "$run" -i corpus/test.en --no-record --quiet >out
    same good.out out "a run on a read-only file system"
else
    echo "no file system can be mounted here: full and read-only ones are left out"
fi

finish
