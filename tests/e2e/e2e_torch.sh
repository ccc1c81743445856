#!/usr/bin/env bash
# A checkpoint loads into PyTorch by the names of its tensors and gives the log-probabilities of `rescore`: one layer and
# two, each way of tying, source reversed and not.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

python=/usr/bin/python3
$python -c 'import torch' 2>/dev/null || skip "$python has no torch (Debian: python3-torch)"

corpus corpus 300 20 40
experiment toy.yaml corpus
for options in "" "--set model.encoder.layers=2 --set model.decoder.layers=2 --set model.tied_embeddings=target" \
    "--set model.tied_embeddings=all --set model.encoder.reverse_source=false"; do
    # shellcheck disable=SC2086
    must train toy.yaml --threads 1 --quiet $options >run || continue
    $python "$TESTS_DIR/model/torch_rescore.py" "$LATIMER" "$(cat run)" corpus/test.en corpus/test.de >out 2>&1 ||
        fail "$options: $(tail -5 out)"
    tail -1 out
done

finish
