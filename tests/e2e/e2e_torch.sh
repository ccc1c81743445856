#!/usr/bin/env bash
# A trained checkpoint loads into PyTorch by the names of its tensors and gives the log-probabilities of `rescore`: cells
# of PyTorch's and others, the ways of tying, of reading the source and of attending to it.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

python=/usr/bin/python3
$python -c 'import torch' 2>/dev/null || skip "$python has no torch (Debian: python3-torch)"
export PYTHONDONTWRITEBYTECODE=1 # no __pycache__ among the sources

corpus corpus 300 20 40
experiment toy.yaml corpus
for side in en de; do # and a line so long that it is scored in parts, between which all of the state must be kept
    { cat corpus/test.$side && paste -sd' ' corpus/test.$side; } >text.$side
done

# agree KEY=VALUE...: a model with these options, below the group `model`
agree() {
    local set=() option
    for option in "$@"; do set+=(--set "model.$option"); done
    must train toy.yaml --threads 1 --quiet "${set[@]}" >run || return
    $python "$TESTS_DIR/model/torch_rescore.py" "$LATIMER" "$(cat run)" text.en text.de >out 2>&1 ||
        fail "$*: $(tail -5 out)"
    echo "$*: $(tail -1 out)"
}
cells() { echo "encoder.cell=$1 decoder.cell=$1"; }

# shellcheck disable=SC2046
{
    agree $(cells lstm)
    agree $(cells lstm) encoder.layers=2 decoder.layers=2 tied_embeddings=target
    agree $(cells lstm) tied_embeddings=all encoder.reverse_source=false decoder.hidden=40
    agree $(cells rnn) encoder.layers=2 decoder.layers=2
    agree $(cells gru_reset_after) encoder.layers=2 encoder.bidirectional=true encoder.reverse_source=false \
        decoder.attention=general decoder.input_feeding=true
    agree $(cells gru) encoder.layers=2 encoder.bidirectional=alternating decoder.layers=2 decoder.residual=true \
        decoder.context=every_step
    agree encoder.cell=lstm_peephole decoder.cell=lstm_layernorm encoder.layers=3 encoder.bidirectional=first \
        encoder.residual=true encoder.residual_from=3 decoder.attention=additive decoder.coverage=true
    agree encoder.cell=lstm_coupled decoder.cell=gru_reset_after decoder.attention=scaled_dot \
        dropout.zoneout_h=0.2 dropout.zoneout_c=0.4
}

finish
