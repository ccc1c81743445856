#!/usr/bin/env bash
# A small model learns 200 pairs by heart: trained, then asked for their sources, it gives every target word for word.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

cat >overfit.yaml <<'YAML'
data: {src: en, trg: de, train: [corpus/train], dev: corpus/train}
tokenizer: {type: bpe, vocab_size: 400}
model:
  encoder: {layers: 1, hidden: 64, embedding: 64}
  decoder: {layers: 1, hidden: 64, embedding: 64}
  dropout: {rnn: 0}
training:
  {batch_tokens: 400, learning_rate: 0.01, label_smoothing: 0, max_epochs: 0, max_updates: 1800, validate_every: 300,
   early_stopping: {metric: loss, patience: 0}}
YAML
for seed in 1 2 3; do # of the corpus as of the model
    corpus corpus 200 20 20 $seed
    must train overfit.yaml --quiet --threads 1 --set seed=$seed >run || continue
    run=$(cat run)
    must translate "$run" -i corpus/train.en -o "out.$seed" --quiet --no-record
    wrong=$(paste -d'\n' "out.$seed" corpus/train.de | awk 'NR % 2 { a = $0; next } a != $0' | wc -l)
    [ "$wrong" = 0 ] || fail "seed $seed: $wrong of 200 pairs were not learned: $("$LATIMER" runs | sed -n 2p)"
    [ "$("$LATIMER" score corpus/train.de -i "out.$seed" --json | field score)" = 100.0 ] || fail "seed $seed: BLEU is not 100"
done

finish
