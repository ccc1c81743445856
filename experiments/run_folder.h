/* run_folder.h: the folder of one training (DESIGN.md, 3), held by one process at a time. */
#ifndef LT_RUN_FOLDER_H
#define LT_RUN_FOLDER_H

#include "model/base/text.h"

#define LT_RUN_EXPERIMENT "experiment.yaml"
#define LT_RUN_LOG "log.jsonl"
#define LT_RUN_BEST "best.safetensors"
#define LT_RUN_INT8 "int8.safetensors" /* what 'latimer quantize' wrote */
#define LT_RUN_LAST "last.safetensors"
#define LT_RUN_INIT "init.yaml" /* of a training that began from another's parameters */
#define LT_RUN_LABELS "labels.txt"
#define LT_RUN_SHORTLIST "shortlist"
#define LT_RUN_TUNED "decoding.yaml" /* what 'latimer tune' chose */
#define LT_RUN_HYPOTHESES "hyp"

typedef struct lt_run_folder {
    char *path;
    int lock; /* descriptor of the folder, locked as long as it is open; the kernel lets go when the process
                 ends */
} lt_run_folder;

/* Makes `<parent>/<name>-<first 8 digits of id>` and takes it. */
lt_status lt_run_folder_create(lt_run_folder *folder, const char *parent, const char *name, const char *id,
                               lt_error *error);

/* Takes an existing one, and removes temporary files of a process that was killed while writing.
 * LT_ERROR_MISMATCH when another process holds it, LT_ERROR_USAGE when it holds no run. */
lt_status lt_run_folder_open(lt_run_folder *folder, const char *path, lt_error *error);
void lt_run_folder_close(lt_run_folder *folder);

/* The path of a file in it, in a new string; NULL when out of memory. */
char *lt_run_folder_file(const lt_run_folder *folder, const char *name);

#endif
