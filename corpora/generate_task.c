/* Recall, copy and reverse: how far back a recurrent network remembers (Hochreiter & Schmidhuber 1997,
 * section 5, has tasks of this kind). */
#include "corpora/corpora.h"

#include <assert.h>

#include "corpora/file_set.h"
#include "model/base/rng.h"

enum { TRAIN, DEV, FIRST_TEST, SIGNAL_LINES = 1 << 12 };

/* ---- one pair ---- */

static lt_status add_symbol(lt_text *out, char letter, uint64_t number, lt_error *error)
{
    return lt_text_appendf(out, error, "%s%c%llu", out->length ? " " : "", letter,
                           (unsigned long long)number);
}

static lt_status recall(lt_text *text, lt_text *label, const lt_task_options *o, int64_t distance,
                        lt_rng *rng, lt_error *error)
{
    uint64_t symbol = lt_rng_below(rng, (uint64_t)o->symbols);
    LT_TRY(add_symbol(text, 's', symbol, error));
    LT_TRY(add_symbol(label, 's', symbol, error));
    for (int64_t i = 0; i < distance; i++)
        LT_TRY(add_symbol(text, 'd', lt_rng_below(rng, (uint64_t)o->distractors), error));
    return LT_OK;
}

static lt_status copy(lt_text *text, lt_text *label, const lt_task_options *o, int64_t distance, lt_rng *rng,
                      lt_error *error)
{
    for (int64_t i = 0; i < distance; i++)
        LT_TRY(add_symbol(text, 's', lt_rng_below(rng, (uint64_t)o->symbols), error));
    if (o->task == LT_TASK_COPY) return lt_text_append(label, text->data, text->length, error);
    for (size_t end = text->length, i = end; i-- > 0;) {
        if (i > 0 && text->data[i - 1] != ' ') continue;
        if (label->length) LT_TRY(lt_text_append(label, " ", 1, error));
        LT_TRY(lt_text_append(label, text->data + i, end - i, error));
        end = i > 0 ? i - 1 : 0;
    }
    return LT_OK;
}

lt_status lt_task_pair(lt_text *text, lt_text *label, const lt_task_options *options, int64_t distance,
                       uint64_t set, uint64_t index, int64_t *drawn, lt_error *error)
{
    lt_rng rng;
    lt_rng_init(&rng, lt_stream((uint64_t)options->seed, (uint64_t)options->task, set, index));
    if (!distance) distance = 1 + (int64_t)lt_rng_below(&rng, (uint64_t)options->max_distance);
    *drawn = distance;
    text->length = label->length = 0;
    return (options->task == LT_TASK_RECALL ? recall : copy)(text, label, options, distance, &rng, error);
}

/* ---- files ---- */

/* Of the set numbered TRAIN, DEV or FIRST_TEST + i: its name, its size, its distance (0: drawn), and the
 * number that its pairs are drawn by, which for a test set is that of its distance whatever others there are.
 */
typedef struct task_set {
    char name[32];
    int64_t count, distance;
    uint64_t stream;
} task_set;

static task_set describe_set(const lt_task_options *o, size_t number)
{
    if (number == TRAIN) return (task_set){"train", o->pairs, 0, TRAIN};
    if (number == DEV) return (task_set){"dev", o->dev, 0, DEV};
    int64_t distance = o->distances[number - FIRST_TEST];
    task_set set = {"", o->test, distance, FIRST_TEST + (uint64_t)distance};
    snprintf(set.name, sizeof set.name, "test_d%lld", (long long)distance);
    return set;
}

static lt_status write_set(lt_atomic_file twins[2], const char *folder, const lt_task_options *options,
                           const task_set *set, const volatile sig_atomic_t *signal, lt_error *error)
{
    static const char *const suffixes[] = {"text", "label"};
    lt_text lines[2] = {0};
    lt_status status = LT_OK;
    for (size_t i = 0; i < 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%s", set->name, suffixes[i]);
        LT_GOTO(status, lt_files_open(&twins[i], folder, name, error), done);
    }
    for (int64_t index = 0; index < set->count; index++) {
        int64_t distance;
        LT_GOTO(status,
                lt_task_pair(&lines[0], &lines[1], options, set->distance, set->stream, (uint64_t)index,
                             &distance, error),
                done);
        for (size_t i = 0; i < 2; i++)
            LT_GOTO(status, lt_files_line(&twins[i], lines[i].data, lines[i].length, error), done);
        if (signal && index % SIGNAL_LINES == 0 && *signal)
            LT_GOTO(status, lt_fail_signal(error, *signal, "; nothing was written"), done);
    }
done:
    for (size_t i = 0; i < 2; i++) lt_text_clear(&lines[i]);
    return status;
}

lt_status lt_corpus_generate_task(const char *folder, const lt_task_options *options,
                                  const volatile sig_atomic_t *signal, lt_error *error)
{
    lt_atomic_file files[2 * (FIRST_TEST + LT_DISTANCES_MOST)] = {0};
    size_t sets = FIRST_TEST + options->distance_count;
    assert(options->distance_count <= LT_DISTANCES_MOST);
    LT_TRY(lt_make_folders(folder, error));
    lt_status status = LT_OK;
    for (size_t i = 0; i < sets && status == LT_OK; i++) {
        task_set set = describe_set(options, i);
        status = write_set(&files[2 * i], folder, options, &set, signal, error);
    }
    if (status == LT_OK) status = lt_files_commit(files, 2 * sets, error);
    lt_files_abort(files, 2 * sets);
    return status;
}
