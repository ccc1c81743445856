#include "model/scheduled_sampling.h"

#include <math.h>
#include <string.h>

#include "model/base/phase.h"
#include "model/base/rng.h"

/* ---- the schedule ---- */

static const char *const schedules[] = {"none", "linear", "exponential", "inverse_sigmoid", NULL};
static const char *const predictions[] = {"sampled", "argmax", NULL};

#define FIELD(field) .offset = offsetof(lt_scheduled_sampling_options, field)

const lt_option lt_scheduled_sampling_table[] = {
    {.key = "schedule",
     .type = LT_OPTION_CHOICE,
     FIELD(schedule),
     .default_value = "none",
     .choices = schedules,
     .help =
         "How the probability e falls that the decoder reads the reference's word, after i updates: none: "
         "it is 1 throughout; linear: start - rate * i; exponential: start * rate^i; inverse_sigmoid: "
         "start * rate / (rate + exp(i / rate)). Otherwise it reads its own prediction for the step "
         "before. The loss is against the reference either way."},
    {.key = "start",
     .type = LT_OPTION_REAL,
     FIELD(start),
     .default_value = "1.0",
     .minimum = 0,
     .maximum = 1,
     .help = "Where e starts."},
    {.key = "end",
     .type = LT_OPTION_REAL,
     FIELD(end),
     .default_value = "0.0",
     .minimum = 0,
     .maximum = 1,
     .help = "e never falls below this."},
    {.key = "rate",
     .type = LT_OPTION_REAL,
     FIELD(rate),
     .default_value = "0.0",
     .minimum = 0,
     .maximum = 1e15,
     .help = "How fast e falls. linear: what it loses an update, as 0.0001, or 0 for a constant `start`; "
             "exponential: what is left of it after an update, below 1, as 0.9998; inverse_sigmoid: at least "
             "1, greater is slower: from 1 it falls to a half in rate * ln(rate) updates, as in 3107 with "
             "500."},
    {.key = "after",
     .type = LT_OPTION_INTEGER,
     FIELD(after),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1e15,
     .help = "Updates with references alone before i counts from 0."},
    {.key = "prediction",
     .type = LT_OPTION_CHOICE,
     FIELD(prediction),
     .default_value = "sampled",
     .choices = predictions,
     .help = "The decoder's own word: drawn from its distribution, or the most probable one."},
    {0}};

#define KEY "training.scheduled_sampling."

static lt_status check_unscheduled(const lt_scheduled_sampling_options *o, lt_error *error)
{
    const char *key = o->start < 1                             ? "start"
                      : o->end > 0                             ? "end"
                      : o->rate > 0                            ? "rate"
                      : o->after > 0                           ? "after"
                      : o->prediction != LT_PREDICTION_SAMPLED ? "prediction"
                                                               : NULL;
    if (!key) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   KEY "%s has no meaning with " KEY
                       "schedule none; leave it out, or use linear, exponential "
                       "or inverse_sigmoid",
                   key);
}

lt_status lt_scheduled_sampling_check(const lt_scheduled_sampling_options *o, lt_error *error)
{
    if (o->schedule == LT_SAMPLING_NONE) return check_unscheduled(o, error);
    const bool linear = o->schedule == LT_SAMPLING_LINEAR,
               sigmoid = o->schedule == LT_SAMPLING_INVERSE_SIGMOID;
    if (linear ? o->rate > 1 : sigmoid ? o->rate < 1 : !(o->rate > 0 && o->rate < 1))
        return lt_fail(error, LT_ERROR_USAGE, KEY "rate: %g is none of schedule %s; %s wanted", o->rate,
                       schedules[o->schedule],
                       linear    ? "a number from 0 to 1"
                       : sigmoid ? "a number of at least 1, as 500,"
                                 : "a number between 0 and 1, as 0.9998,");
    if (o->end > o->start)
        return lt_fail(error, LT_ERROR_USAGE, KEY "end: %g is above " KEY "start %g", o->end, o->start);
    if (o->start < 1 || (o->end < 1 && (!linear || o->rate > 0))) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   KEY "schedule: with %s the decoder would never read its own predictions; give %s, or use "
                       "schedule none",
                   o->end < 1 ? "rate 0 and start 1" : "end 1", o->end < 1 ? "a rate" : "a lower end");
}

double lt_scheduled_sampling_reference(const lt_scheduled_sampling_options *o, uint64_t update)
{
    if (o->schedule == LT_SAMPLING_NONE || update < (uint64_t)o->after) return 1;
    const double i = (double)(update - (uint64_t)o->after), k = o->rate;
    double reference = o->start;
    if (o->schedule == LT_SAMPLING_LINEAR) reference -= k * i;
    if (o->schedule == LT_SAMPLING_EXPONENTIAL) reference *= pow(k, i);
    if (o->schedule == LT_SAMPLING_INVERSE_SIGMOID) reference *= k / (k + exp(i / k));
    return fmax(reference, o->end);
}

lt_input_sampling lt_input_sampling_of(const lt_scheduled_sampling_options *options, uint64_t seed,
                                       uint64_t update, uint64_t part)
{
    return (lt_input_sampling){.reference = lt_scheduled_sampling_reference(options, update),
                               .prediction = options->prediction,
                               .stream = lt_stream(seed, 0x73616D70 /* "samp" */, update, part)};
}

/* ---- the predictions ---- */

/* One passage on its way. */
typedef struct drawing {
    const lt_model *model;
    const lt_input_sampling *sampling;
    const size_t *members;
    const lt_sequence *target;
    int32_t *ids;  /* (N) */
    size_t *count; /* (T) inputs of a step that are predictions */
    bool *own;     /* (N) which they are */
} drawing;

/* Of one token, the same at each call: first the coin, then what is drawn. */
static lt_rng rng_of(const drawing *d, size_t t, size_t b)
{
    lt_rng rng;
    lt_rng_init(&rng, lt_stream(d->sampling->stream, d->members[d->target->sentence[b]], t, 0));
    return rng;
}

/* The last step with a prediction; 0: there is none. */
static size_t toss_coins(drawing *d)
{
    const lt_sequence *target = d->target;
    size_t last = 0;
    for (size_t t = 0; t < target->steps; t++) {
        d->count[t] = 0;
        for (size_t b = 0; b < target->rows[t]; b++) {
            lt_rng rng = rng_of(d, t, b);
            bool own = t > 0 && lt_rng_uniform(&rng) >= d->sampling->reference;
            d->own[target->start[t] + b] = own;
            d->count[t] += own;
        }
        if (d->count[t]) last = t;
    }
    return last;
}

/* Steps [begin, end) need no prediction but those of `begin`, which are made. */
static size_t span_end(const drawing *d, size_t begin)
{
    size_t most = lt_sequence_span_end(d->target, begin), end = begin + 1;
    while (end < most && d->count[end] == 0) end++;
    return end;
}

/* Ties to the lower id, as in the search. */
static int32_t most_probable(const real *logits, size_t vocabulary, int32_t otherwise)
{
    real best = -(real)INFINITY;
    for (size_t v = LT_RESERVED; v < vocabulary; v++)
        if (logits[v] > best) best = logits[v], otherwise = (int32_t)v;
    return otherwise;
}

/* The first piece with which the sum of probabilities passes u of that of all words. `logits` are spoiled. */
static int32_t drawn(const lt_backend *backend, real *logits, size_t vocabulary, double u, int32_t otherwise)
{
    double total = 0, sum = 0;
    backend->softmax(logits, vocabulary);
    for (size_t v = LT_RESERVED; v < vocabulary; v++) total += (double)logits[v];
    if (!(total > 0)) return otherwise;
    for (size_t v = LT_RESERVED; v < vocabulary; v++) {
        if (!(logits[v] > 0)) continue;
        otherwise = (int32_t)v; /* the last one, should rounding leave nothing that passes */
        if ((sum += (double)logits[v]) > u * total) break;
    }
    return otherwise;
}

/* The inputs of step t, from what the output layer reads at the step before: readout (rows, R). */
static bool predict(drawing *d, lt_arena *scratch, const real *readout, size_t t)
{
    const lt_linear *output = &d->model->decoder.output;
    const lt_weights *weights = &d->model->weights;
    const size_t vocabulary = output->out, rows = d->target->rows[t];
    real *x = lt_arena_take(scratch, d->count[t] * output->in, sizeof *x);
    real *logits = lt_arena_take(scratch, d->count[t] * vocabulary, sizeof *logits);
    if (!x || !logits) return false;
    lt_phase_enter(LT_PHASE_OUTPUT);
    for (size_t b = 0, r = 0; b < rows; b++)
        if (d->own[d->target->start[t] + b])
            memcpy(x + r++ * output->in, readout + b * output->in, output->in * sizeof *x);
    lt_linear_forward(output, weights, logits, x, d->count[t], false);
    for (size_t b = 0; b < rows; b++) {
        const size_t n = d->target->start[t] + b;
        if (!d->own[n]) continue;
        lt_rng rng = rng_of(d, t, b);
        lt_rng_uniform(&rng); /* the coin */
        d->ids[n] = d->sampling->prediction == LT_PREDICTION_ARGMAX
                        ? most_probable(logits, vocabulary, d->ids[n])
                        : drawn(weights->backend, logits, vocabulary, lt_rng_uniform(&rng), d->ids[n]);
        logits += vocabulary;
    }
    lt_phase_enter(LT_PHASE_DECODER);
    return true;
}

/* Up to step `last`, the last one with a prediction. `state`: the decoder's, its own copy. */
static bool draw(drawing *d, lt_arena *scratch, const lt_context *context, lt_state *state, size_t last)
{
    const lt_decoder_net *decoder = &d->model->decoder;
    for (size_t t = 0, end; t < last; t = end) {
        end = span_end(d, t);
        lt_arena_reset(scratch);
        lt_decoder_saved saved;
        lt_sequence span = lt_sequence_span(scratch, d->target, t, end);
        if (!span.start ||
            !lt_decoder_forward(decoder, &d->model->weights, scratch, &span, context, state, &saved))
            return false;
        const real *readout = saved.readout + span.start[end - 1 - t] * decoder->output.in;
        if (d->count[end] > 0 && !predict(d, scratch, readout, end)) return false;
    }
    return true;
}

bool lt_passage_sample_inputs(const lt_model *model, lt_arena *arena, lt_arena *scratch,
                              const lt_input_sampling *sampling, const size_t *members, lt_passage *p,
                              size_t *count)
{
    const size_t total = p->target.total;
    *count = 0;
    if (!(sampling->reference < 1)) return true;
    lt_sequence target = p->target;
    lt_state state = p->state;
    drawing d = {.model = model,
                 .sampling = sampling,
                 .members = members,
                 .target = &target,
                 .ids = lt_arena_take(arena, total, sizeof *d.ids),
                 .count = lt_arena_take(arena, target.steps, sizeof *d.count),
                 .own = lt_arena_take(arena, total, sizeof *d.own)};
    if (!d.ids || !d.count || !d.own || !lt_state_take(&state, arena, target.batch, false)) return false;
    for (size_t i = 0; i < state.count; i++)
        if (state.width[i])
            memcpy(state.part[i], p->state.part[i], target.batch * state.width[i] * sizeof(real));
    memcpy(d.ids, target.ids, total * sizeof *d.ids);
    target.ids = d.ids;
    lt_phase_enter(LT_PHASE_DECODER);
    if (!draw(&d, scratch, &p->context, &state, toss_coins(&d))) return false;
    for (size_t t = 0; t < target.steps; t++) *count += d.count[t];
    p->target.ids = d.ids;
    return true;
}
