#!/usr/bin/env bash
# How many parameters each cell has, as 'show --parameters' counts them: the figures below are by hand, from the shapes
# of DESIGN.md, 4, with hidden H = 32 and embedding E = 24 on both sides.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 60 4 4
experiment toy.yaml corpus
narrow=(--set model.encoder.hidden=32 --set model.decoder.hidden=32 --set model.encoder.embedding=24 --set model.decoder.embedding=24)
quick=(--threads 1 --quiet --set training.max_updates=1 --set training.validate_every=1 --set tokenizer.vocab_size=120)

# count NAME [OPTION...]: trains an update and leaves what show says in the file `table`.
count() {
    local name=$1
    shift
    must train toy.yaml --set name="$name" "${quick[@]}" "${narrow[@]}" "$@" >run || return
    must show "$name" --parameters >table
}

part() { awk -v part="$1" 'index($0, part " ") == 1 { rest = substr($0, length(part) + 1); split(rest, cells, " "); print cells[1] }' table; }

# parts WHAT [NAME=COUNT]...
parts() {
    local what=$1 pair
    shift
    for pair in "$@"; do
        [ "$(part "${pair%=*}")" = "${pair#*=}" ] || fail "$what: ${pair%=*} has '$(part "${pair%=*}")' parameters, not ${pair#*=}"
    done
    sum=$(awk '/^part / { on = 1; next } /^total/ { on = 0 } on { sum += $(NF - 1) } END { print sum }' table)
    [ "$sum" = "$(part total)" ] || fail "$what: the parts add up to $sum, not $(part total)"
    [ "$(part total)" = "$(("$(weights "$(cat run)/best.safetensors" | wc -c)" / 4))" ] || fail "$what: the file has another total"
}

# Gates: recurrent is G H H, input G H E, biases G H; GRU and the coupled LSTM have 3 gates to the LSTM's 4.
lstm=$((4 * 32 * 32))
for cell in rnn=1 lstm=4 lstm_peephole=4 lstm_coupled=3 lstm_layernorm=4 gru=3 gru_reset_after=3; do
    gates=${cell#*=} cell=${cell%=*}
    count "$cell" --set model.encoder.cell="$cell" --set model.decoder.cell="$cell" || continue
    biases=$((gates * 32))
    [ "$cell" = gru_reset_after ] && biases=$((2 * biases))
    for side in encoder decoder; do
        parts "$cell" "$side.rnn recurrent=$((gates * 32 * 32))" "$side.rnn input=$((gates * 32 * 24))" "$side.rnn biases=$biases"
    done
    case $cell in
    gru | gru_reset_after | lstm_coupled)
        [ $((4 * $(part "encoder.rnn recurrent"))) = $((3 * lstm)) ] || fail "$cell has not 3/4 of the LSTM's recurrent parameters" ;;
    lstm_peephole) parts $cell "encoder.rnn peepholes=96" ;;
    lstm_layernorm) parts $cell "encoder.rnn layer normalization=$((2 * 4 * 32 + 2 * 32))" ;;
    esac
done

# Directions, bridge, attention, input feeding: what each adds.
count both --set model.encoder.bidirectional=true --set model.decoder.attention=additive --set model.decoder.input_feeding=true
parts both "encoder.rnn recurrent=$((2 * lstm))" "decoder.rnn input=$((4 * 32 * (24 + 32)))" \
    "bridge=$((2 * (32 * 64 + 32)))" "attention=$((32 * 32 + 32 * 64 + 32 + 32 * (64 + 32)))"
count general --set model.decoder.attention=general
parts general "attention=$((32 * 32 + 32 * (32 + 32)))"

finish
