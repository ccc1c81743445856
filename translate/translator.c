#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "translate/alignment.h"
#include "translate/search.h"
#include "translate/translate.h"
#include "translate/unknown.h"

/* One translation, its text in its batch's `text`. */
typedef struct found {
    size_t begin, length;
    double log_probability, score;
    size_t first_piece, pieces; /* in its batch's `of_pieces` */
    size_t first_pair, pairs;   /* in its batch's `word_pairs` */
} found;

/* Lines [begin, end) of the sorted order: what a worker takes at a time. */
typedef struct batch_job {
    size_t begin, end;
    lt_text text;
    lt_text of_pieces;  /* floats */
    lt_text word_pairs; /* lt_word_pair */
    found *found;       /* (lines, n_best) */
    size_t *count;      /* (lines) translations of each */
} batch_job;

typedef struct worker {
    lt_decoder *decoder;
    lt_pool *alone; /* of this thread only: lt_ensemble_score() inside a worker */
    lt_search_result result;
    lt_ids canonical;   /* a translation's text as the tokenizer segments it */
    lt_word_list words; /* of a translation's pieces */
    lt_ids listed;      /* with a shortlist: the target pieces of a batch's sentences, one after another */
    size_t cut, listed_count;
    lt_error error;
} worker;

struct lt_translator {
    lt_ensemble ensemble; /* of the two arrays */
    const lt_model *models[LT_ENSEMBLE_MAX];
    double weights[LT_ENSEMBLE_MAX];
    const lt_tokenizers *tokenizers;
    lt_translator_setting setting;
    lt_pool *pool;
    worker *workers;
    lt_translator_counts counts;
    bool looks; /* the search says what it looked at */
    /* of the lines at hand */
    const lt_line *input; /* (lines) */
    lt_ids ids;
    lt_word_list words; /* with `looks`: of each of `ids` */
    size_t *start;      /* (lines + 1) */
    size_t *order;      /* (lines) longest first; those without pieces are not among the first `full` */
    size_t *job_of;     /* (lines) which job, and */
    size_t *place;      /* (lines) where in it; job_of is NO_JOB for a line without pieces */
    size_t lines, room, full;
    batch_job *jobs;
    size_t job_count, job_room;
    atomic_size_t next_job;
    atomic_bool failed;
};

#define NO_JOB ((size_t)-1)

/* ---- making one ---- */

static void copy_ensemble(lt_translator *t, const lt_ensemble *ensemble)
{
    for (size_t i = 0; i < ensemble->count; i++) {
        t->models[i] = ensemble->models[i];
        t->weights[i] = ensemble->weights ? ensemble->weights[i] : 1;
    }
    t->ensemble = (lt_ensemble){t->models, ensemble->count, t->weights};
}

lt_status lt_translator_create_ensemble(lt_translator **translator, const lt_ensemble *ensemble,
                                        const lt_tokenizers *tokenizers, const lt_translator_setting *setting,
                                        lt_pool *pool, lt_error *error)
{
    *translator = NULL;
    LT_TRY(lt_ensemble_check(ensemble, error));
    LT_TRY(lt_decoding_check_ensemble(setting->options, ensemble, error));
    if (setting->n_best < 1 || setting->n_best > (size_t)setting->options->beam_size)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "%zu translations of a line are more than a beam of %lld holds; use a beam size of %zu or more",
            setting->n_best, (long long)setting->options->beam_size, setting->n_best);
    if (setting->alignment && !lt_ensemble_attends(ensemble))
        return lt_fail(error, LT_ERROR_USAGE,
                       "alignments come from attention, and this model has none "
                       "(model.decoder.attention: none)");
    lt_translator *t = calloc(1, sizeof *t);
    size_t workers = lt_pool_workers(pool);
    if (t) t->workers = calloc(workers, sizeof *t->workers);
    if (!t || !t->workers) {
        free(t);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a translator of %zu workers", workers);
    }
    copy_ensemble(t, ensemble);
    t->tokenizers = tokenizers;
    t->setting = *setting;
    t->setting.figures = setting->figures || setting->pieces;
    t->looks = setting->alignment || setting->options->replace_unk;
    t->pool = pool;
    lt_status status = LT_OK;
    for (size_t w = 0; w < workers && status == LT_OK; w++) {
        status = lt_decoder_create_ensemble(&t->workers[w].decoder, &t->ensemble, error);
        if (status == LT_OK) status = lt_pool_create(&t->workers[w].alone, 1, error);
    }
    if (status == LT_OK)
        *translator = t;
    else
        lt_translator_free(t);
    return status;
}

lt_status lt_translator_create(lt_translator **translator, const lt_model *model,
                               const lt_tokenizers *tokenizers, const lt_translator_setting *setting,
                               lt_pool *pool, lt_error *error)
{
    const lt_ensemble alone = {.models = &model, .count = 1};
    return lt_translator_create_ensemble(translator, &alone, tokenizers, setting, pool, error);
}

static void clear_jobs(lt_translator *t)
{
    for (size_t j = 0; j < t->job_count; j++) {
        lt_text_clear(&t->jobs[j].text);
        lt_text_clear(&t->jobs[j].of_pieces);
        lt_text_clear(&t->jobs[j].word_pairs);
        free(t->jobs[j].found);
        free(t->jobs[j].count);
    }
    t->job_count = 0;
}

void lt_translator_free(lt_translator *translator)
{
    if (!translator) return;
    for (size_t w = 0; w < lt_pool_workers(translator->pool); w++) {
        worker *one = &translator->workers[w];
        lt_decoder_free(one->decoder);
        if (one->alone) lt_pool_free(one->alone);
        lt_search_result_clear(&one->result);
        lt_ids_clear(&one->canonical);
        lt_word_list_clear(&one->words);
        lt_ids_clear(&one->listed);
    }
    clear_jobs(translator);
    free(translator->jobs);
    free(translator->workers);
    free(translator->start);
    free(translator->order);
    free(translator->job_of);
    free(translator->place);
    lt_ids_clear(&translator->ids);
    lt_word_list_clear(&translator->words);
    free(translator);
}

const lt_translator_counts *lt_translator_get_counts(const lt_translator *translator)
{
    return &translator->counts;
}

lt_phases lt_translator_phases(const lt_translator *translator)
{
    lt_phases sum = {0};
    for (size_t w = 0; w < lt_pool_workers(translator->pool); w++) {
        const lt_phases own = lt_decoder_phases(translator->workers[w].decoder);
        lt_phases_add(&sum, &own);
    }
    return sum;
}

/* ---- lines to jobs ---- */

static lt_status make_room(lt_translator *t, size_t lines, lt_error *error)
{
    if (lines <= t->room && t->room > 0) return LT_OK;
    size_t **arrays[] = {&t->start, &t->order, &t->job_of, &t->place};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        size_t *grown = realloc(*arrays[i], (lines + 1) * sizeof *grown);
        if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu lines", lines);
        *arrays[i] = grown;
    }
    t->room = lines;
    return LT_OK;
}

static lt_status encode_lines(lt_translator *t, const lt_line *lines, size_t count, lt_error *error)
{
    size_t most = (size_t)t->setting.options->max_length;
    t->input = lines;
    t->ids.count = t->words.count = t->start[0] = 0;
    for (size_t i = 0; i < count; i++) {
        LT_TRY(lt_tokenizer_encode_words(t->tokenizers->src, &t->ids, t->looks ? &t->words : NULL,
                                         lines[i].bytes, lines[i].length, error));
        t->counts.lines++;
        if (t->ids.count - t->start[i] > most) {
            t->ids.count = t->start[i] + most;
            if (t->looks) t->words.count = t->ids.count;
            if (t->counts.src_cut++ == 0) t->counts.first_src_cut = t->counts.lines;
        }
        t->counts.empty += t->ids.count == t->start[i];
        t->start[i + 1] = t->ids.count;
    }
    t->lines = count;
    return LT_OK;
}

static int longest_first(const void *a, const void *b, void *context)
{
    const size_t *start = context, x = *(const size_t *)a, y = *(const size_t *)b;
    size_t x_length = start[x + 1] - start[x], y_length = start[y + 1] - start[y];
    if (x_length != y_length) return x_length > y_length ? -1 : 1;
    return x < y ? -1 : x > y;
}

static lt_status add_job(lt_translator *t, size_t begin, lt_error *error)
{
    if (t->job_count == t->job_room) {
        size_t room = t->job_room ? t->job_room * 2 : 64;
        batch_job *jobs = realloc(t->jobs, room * sizeof *jobs);
        if (!jobs) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu batches", room);
        t->jobs = jobs;
        t->job_room = room;
    }
    t->jobs[t->job_count++] = (batch_job){.begin = begin};
    return LT_OK;
}

/* Sentences of a batch with a shortlist, of which each has its own part of the output layer in memory. */
enum { LISTED = 16 };

/* A small input is spread over all workers rather than packed into one full batch. */
static size_t batch_size(const lt_translator *t)
{
    size_t workers = lt_pool_workers(t->pool), most = (size_t)t->setting.options->mini_batch;
    if (t->setting.shortlist && most > LISTED) most = LISTED; /* as fast, measured */
    size_t share = (t->full + workers - 1) / workers;
    return share < most ? (share ? share : 1) : most;
}

static lt_status cut_jobs(lt_translator *t, lt_error *error)
{
    clear_jobs(t);
    for (size_t i = 0; i < t->lines; i++) t->order[i] = i;
    qsort_r(t->order, t->lines, sizeof *t->order, longest_first, t->start);
    for (t->full = t->lines; t->full > 0; t->full--) {
        size_t last = t->order[t->full - 1];
        if (t->start[last + 1] > t->start[last]) break;
        t->job_of[last] = NO_JOB;
    }
    size_t most = batch_size(t), most_tokens = (size_t)t->setting.options->mini_batch_words, tokens = 0;
    for (size_t i = 0; i < t->full; i++) {
        size_t line = t->order[i], length = t->start[line + 1] - t->start[line] + 1;
        if (i == 0 || i - t->jobs[t->job_count - 1].begin == most || tokens + length > most_tokens) {
            LT_TRY(add_job(t, i, error));
            tokens = 0;
        }
        tokens += length;
        t->job_of[line] = t->job_count - 1;
        t->place[line] = i - t->jobs[t->job_count - 1].begin;
        t->jobs[t->job_count - 1].end = i + 1;
    }
    return LT_OK;
}

/* ---- one job ---- */

/* The sources of a job as a batch, in memory of the caller's: `ids` and `lengths` of as many as it has lines.
 */
static lt_batch sources_of(const lt_translator *t, const batch_job *job, const int32_t **ids, size_t *lengths)
{
    for (size_t i = job->begin; i < job->end; i++) {
        size_t line = t->order[i];
        ids[i - job->begin] = t->ids.items + t->start[line];
        lengths[i - job->begin] = t->start[line + 1] - t->start[line];
    }
    return (lt_batch){.size = job->end - job->begin, .src = ids, .src_length = lengths};
}

static bool same_text(const batch_job *job, const found *a, const found *b)
{
    return a->length == b->length &&
           memcmp(job->text.data + a->begin, job->text.data + b->begin, a->length) == 0;
}

/* Log-probability of `ids` given a source; with `pieces` that of each of them, too, in the job's list. */
static lt_status score_pair(const lt_translator *t, worker *w, batch_job *job, const int32_t *const *src,
                            const size_t *src_length, const int32_t *ids, size_t length, found *one,
                            lt_error *error)
{
    lt_batch pair = {1, src, src_length, &ids, &length};
    float *of_pieces = NULL;
    if (t->setting.pieces) {
        size_t bytes = (length + 1) * sizeof *of_pieces;
        one->first_piece = job->of_pieces.length / sizeof *of_pieces;
        one->pieces = length + 1;
        LT_TRY(lt_text_extend(&job->of_pieces, bytes, error));
        of_pieces = (float *)job->of_pieces.data + one->first_piece;
    }
    return lt_ensemble_score(&t->ensemble, w->alone, &pair, &one->log_probability, of_pieces, error);
}

/* The figures of the text as the tokenizer segments it. The search's own where it found it that way, among
 * all pieces. */
static lt_status figures_of(const lt_translator *t, worker *w, batch_job *job,
                            const lt_hypothesis *hypothesis, const lt_batch *sources, found *one,
                            lt_error *error)
{
    w->canonical.count = 0;
    LT_TRY(lt_tokenizer_encode(t->tokenizers->trg, &w->canonical, job->text.data + one->begin, one->length,
                               error));
    size_t length = w->canonical.count, b = hypothesis->sentence;
    const int32_t *ids = length ? w->canonical.items : w->result.ids.items;
    bool same = length == hypothesis->length &&
                memcmp(ids, w->result.ids.items + hypothesis->begin, length * sizeof *ids) == 0;
    if (!same || hypothesis->cut || t->setting.pieces || t->setting.shortlist)
        LT_TRY(score_pair(t, w, job, &sources->src[b], &sources->src_length[b], ids, length, one, error));
    one->score = one->log_probability / pow((double)(length + 1), t->setting.options->normalize) +
                 hypothesis->coverage_penalty;
    return LT_OK;
}

/* What the words of a translation that was just decoded go with. */
static lt_status align(const lt_translator *t, worker *w, batch_job *job, const lt_hypothesis *hypothesis,
                       found *one, lt_error *error)
{
    const size_t line = t->order[job->begin + hypothesis->sentence], start = t->start[line];
    one->first_pair = job->word_pairs.length / sizeof(lt_word_pair);
    return lt_align_words(&job->word_pairs, &one->pairs, t->words.items + start, t->start[line + 1] - start,
                          w->words.items, w->result.looked_at.items + hypothesis->begin, hypothesis->length,
                          error);
}

/* Appends the text of a hypothesis, and with alignment its words. */
static lt_status decode(const lt_translator *t, worker *w, batch_job *job, const lt_hypothesis *hypothesis,
                        lt_error *error)
{
    const int32_t *ids = w->result.ids.items + hypothesis->begin;
    const size_t line = t->order[job->begin + hypothesis->sentence], start = t->start[line];
    lt_word_list *words = t->setting.alignment ? &w->words : NULL;
    w->words.count = 0;
    if (!t->setting.options->replace_unk)
        return lt_tokenizer_decode_words(t->tokenizers->trg, &job->text, words, ids, hypothesis->length,
                                         error);
    return lt_decode_replaced(t->tokenizers->trg, &job->text, words, ids,
                              w->result.looked_at.items + hypothesis->begin, hypothesis->length,
                              t->input[line], t->words.items + start, t->start[line + 1] - start, error);
}

static lt_status take_hypothesis(const lt_translator *t, worker *w, batch_job *job,
                                 const lt_hypothesis *hypothesis, const lt_batch *sources, lt_error *error)
{
    found *list = job->found + hypothesis->sentence * t->setting.n_best;
    size_t *count = &job->count[hypothesis->sentence];
    found one = {.begin = job->text.length,
                 .log_probability = hypothesis->log_probability,
                 .score = hypothesis->score};
    LT_TRY(decode(t, w, job, hypothesis, error));
    one.length = job->text.length - one.begin;
    LT_TRY(lt_text_append(&job->text, "", 1, error)); /* a NUL behind each */
    for (size_t i = 0; i < *count && !t->setting.options->sampling; i++)
        if (same_text(job, &list[i], &one)) return LT_OK;
    if (t->setting.figures) LT_TRY(figures_of(t, w, job, hypothesis, sources, &one, error));
    if (t->setting.alignment) LT_TRY(align(t, w, job, hypothesis, &one, error));
    w->cut += hypothesis->cut && (*count == 0 || t->setting.options->sampling); /* each sample is one */
    list[(*count)++] = one;
    return LT_OK;
}

/* Translates `sources`; `start` (sources + 1) is room for where their lists begin. */
static lt_status search(const lt_translator *t, worker *w, const lt_batch *sources, size_t *start,
                        lt_error *error)
{
    const lt_translator_setting *s = &t->setting;
    w->listed.count = start[0] = 0;
    for (size_t b = 0; s->shortlist && b < sources->size; b++) {
        LT_TRY(lt_shortlist_pieces(s->shortlist, sources->src[b], sources->src_length[b], &w->listed, error));
        start[b + 1] = w->listed.count;
    }
    w->listed_count += w->listed.count;
    const lt_output_lists lists = {w->listed.items, start};
    return lt_search(&w->result, w->decoder, t->models[0], sources, s->shortlist ? &lists : NULL, s->options,
                     s->n_best, t->looks, error);
}

static lt_status do_job(lt_translator *t, worker *w, batch_job *job, lt_error *error)
{
    size_t size = job->end - job->begin;
    const int32_t **ids = malloc(size * sizeof *ids);
    size_t *lengths = malloc(size * sizeof *lengths), *start = malloc((size + 1) * sizeof *start);
    job->found = malloc(size * t->setting.n_best * sizeof *job->found);
    job->count = calloc(size, sizeof *job->count);
    lt_status status = LT_OK;
    if (ids && lengths && start && job->found && job->count) {
        lt_batch sources = sources_of(t, job, ids, lengths);
        status = search(t, w, &sources, start, error);
        for (size_t i = 0; status == LT_OK && i < w->result.count; i++)
            status = take_hypothesis(t, w, job, &w->result.items[i], &sources, error);
    } else {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for translating %zu sentences", size);
    }
    free(ids);
    free(lengths);
    free(start);
    return status;
}

static lt_status interrupted(const lt_translator *t, lt_error *error)
{
    int number = t->setting.signal ? *t->setting.signal : 0;
    if (!number) return LT_OK;
    return lt_fail_signal(error, number, " while translating");
}

static void work(void *argument, size_t index)
{
    lt_translator *t = argument;
    worker *w = &t->workers[index];
    for (size_t j; (j = atomic_fetch_add(&t->next_job, 1)) < t->job_count && !atomic_load(&t->failed);)
        if (interrupted(t, &w->error) != LT_OK || do_job(t, w, &t->jobs[j], &w->error) != LT_OK)
            atomic_store(&t->failed, true);
}

/* ---- all ---- */

static lt_status run_jobs(lt_translator *t, lt_error *error)
{
    size_t workers = lt_pool_workers(t->pool);
    atomic_store(&t->next_job, 0);
    atomic_store(&t->failed, false);
    for (size_t w = 0; w < workers; w++) t->workers[w].error = (lt_error){0};
    lt_pool_run(t->pool, work, t);
    for (size_t w = 0; w < workers; w++) {
        t->counts.trg_cut += t->workers[w].cut;
        t->counts.listed += t->workers[w].listed_count;
        t->workers[w].cut = t->workers[w].listed_count = 0;
        if (t->workers[w].error.code == LT_OK) continue;
        *error = t->workers[w].error;
        return error->code;
    }
    return LT_OK;
}

static lt_translation translation_of(const batch_job *job, const found *one)
{
    return (lt_translation){.text = job->text.length ? job->text.data + one->begin : "",
                            .length = one->length,
                            .log_probability = one->log_probability,
                            .score = one->score,
                            .of_pieces = one->pieces ? (float *)job->of_pieces.data + one->first_piece : NULL,
                            .pieces = one->pieces,
                            .alignment =
                                one->pairs ? (lt_word_pair *)job->word_pairs.data + one->first_pair : NULL,
                            .pairs = one->pairs};
}

/* The one translation of a line that has no pieces: an empty one. */
static lt_status visit_empty(lt_translator *t, size_t line, lt_translation_visitor visit, void *context,
                             lt_error *error)
{
    static const int32_t nothing[1] = {LT_EOS};
    const int32_t *ids = nothing;
    size_t length = 0;
    batch_job job = {0};
    found one = {0};
    lt_status status = LT_OK;
    if (t->setting.figures) status = score_pair(t, t->workers, &job, &ids, &length, ids, length, &one, error);
    one.score = one.log_probability;
    lt_translation empty = translation_of(&job, &one);
    if (status == LT_OK) status = visit(context, line, &empty, 1, error);
    lt_text_clear(&job.of_pieces);
    return status;
}

static lt_status visit_line(lt_translator *t, size_t line, lt_translation *list, lt_translation_visitor visit,
                            void *context, lt_error *error)
{
    if (t->job_of[line] == NO_JOB) return visit_empty(t, line, visit, context, error);
    const batch_job *job = &t->jobs[t->job_of[line]];
    size_t place = t->place[line], count = job->count[place];
    for (size_t i = 0; i < count; i++)
        list[i] = translation_of(job, &job->found[place * t->setting.n_best + i]);
    return visit(context, line, list, count, error);
}

lt_status lt_translator_run(lt_translator *translator, const lt_line *lines, size_t count,
                            lt_translation_visitor visit, void *context, lt_error *error)
{
    LT_TRY(make_room(translator, count, error));
    LT_TRY(encode_lines(translator, lines, count, error));
    LT_TRY(cut_jobs(translator, error));
    LT_TRY(run_jobs(translator, error));
    lt_translation *list = malloc(translator->setting.n_best * sizeof *list);
    if (!list) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for translations");
    lt_status status = LT_OK;
    for (size_t i = 0; i < count && status == LT_OK; i++)
        status = visit_line(translator, i, list, visit, context, error);
    free(list);
    return status;
}
