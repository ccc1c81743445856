#!/usr/bin/env bash
# A small model learns 200 pairs by heart: trained, then asked for their sources, it gives every target word for word.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

corpus corpus 200 20 20
cat >overfit.yaml <<'YAML'
data: {src: src, trg: trg, train: [corpus/train], dev: corpus/train}
tokenizer: {type: bpe, vocab_size: 400}
model:
  encoder: {layers: 1, hidden: 64, embedding: 64}
  decoder: {layers: 1, hidden: 64, embedding: 64}
  dropout: {rnn: 0}
training:
  {batch_tokens: 300, learning_rate: 0.005, label_smoothing: 0, max_epochs: 0, max_updates: 1000, validate_every: 200,
   early_stopping: {metric: loss, patience: 0}}
YAML
for seed in 1 2 3; do
    must train overfit.yaml --quiet --threads 1 --set seed=$seed >run || continue
    run=$(cat run)
    must translate "$run" -i corpus/train.src -o "out.$seed" --quiet --no-record
    wrong=$(paste -d'\n' "out.$seed" corpus/train.trg | awk 'NR % 2 { a = $0; next } a != $0' | wc -l)
    [ "$wrong" = 0 ] || fail "seed $seed: $wrong of 200 pairs were not learned: $("$LATIMER" runs | sed -n 2p)"
    # and so says the score, and greedy search
    [ "$("$LATIMER" score corpus/train.trg -i "out.$seed" --json | field score)" = 100.0 ] || fail "seed $seed: BLEU is not 100"
    must translate "$run" -i corpus/train.src --beam-size 1 --quiet --no-record | cmp -s - corpus/train.trg ||
        fail "seed $seed: greedy search gives other translations"
done

finish
