#!/usr/bin/env bash
# A small model of every cell and every attention, and one in bfloat16, learns 200 pairs by heart: trained, then asked for
# their sources, it gives every target word for word.
. "${TESTS_DIR:?}/e2e/library.sh" || exit 1

cat >overfit.yaml <<'YAML'
data: {src: en, trg: de, train: [corpus/train], dev: corpus/train}
tokenizer: {type: bpe, vocab_size: 400}
model:
  encoder: {layers: 1, hidden: 64, embedding: 64}
  decoder: {layers: 1, hidden: 64, embedding: 64}
  dropout: {rnn: 0}
training:
  {batch_tokens: 200, learning_rate: 0.01, decay: {type: linear}, label_smoothing: 0, max_epochs: 0, validate_every: 500,
   early_stopping: {metric: loss, patience: 0}}
decoding: {beam_size: 2}
YAML

# learn NAME SEED UPDATES [OPTION...]: the seed is the corpus's as well as the model's.
learn() {
    local what="$1, seed $2" run wrong
    [ -d "corpus.$2" ] || corpus "corpus.$2" 200 20 20 "$2"
    ln -sfn "corpus.$2" corpus
    must train overfit.yaml --quiet --threads 1 --set name="$1" --set seed="$2" --set training.max_updates="$3" "${@:4}" >run || return
    run=$(cat run)
    must translate "$run" -i corpus/train.en -o out --quiet --no-record
    wrong=$(paste -d'\n' out corpus/train.de | awk 'NR % 2 { a = $0; next } a != $0' | wc -l)
    [ "$wrong" = 0 ] || fail "$what: $wrong of 200 pairs were not learned: $("$LATIMER" runs | sed -n 2p)"
    [ "$("$LATIMER" score corpus/train.de -i out --json | field score)" = 100.0 ] || fail "$what: BLEU is not 100"
}

# learn_all UPDATES PATTERN
learn_all() {
    local name settings
    while read -r name settings; do
        # shellcheck disable=SC2086
        learn "$name" 1 "$1" $settings
    done < <(architectures "$2")
}

learn_all 2500 'rnn|lstm[a-z_]*|gru[a-z_]*'
learn_all 2000 '(dot|scaled_dot|general|additive)([+]feeding[+]coverage)?'
learn rounded 1 2500 --set training.precision=bfloat16
for seed in 2 3; do learn lstm $seed 2500; done

finish
