/* id_file.h: ids that are too many for the memory, in a temporary file without a name. Private to corpora/.
 *
 * The file lies in $TMPDIR, or /tmp, and is gone with the process, however that ends. What is read stays in
 * the system's cache as long as there is room, and no longer. */
#ifndef LT_CORPORA_ID_FILE_H
#define LT_CORPORA_ID_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "model/base/status.h"

typedef struct lt_id_file lt_id_file;

/* LT_ERROR_IO where no file can be made, with the folder and what to do. */
lt_status lt_id_file_create(lt_id_file **file, lt_error *error);
void lt_id_file_free(lt_id_file *file); /* NULL is fine */
/* Forgets what was appended; the room on the disk is used again. */
void lt_id_file_rewind(lt_id_file *file);
lt_status lt_id_file_append(lt_id_file *file, const int32_t *ids, size_t count, lt_error *error);
/* ids [first, first + count) of those appended. */
lt_status lt_id_file_read(const lt_id_file *file, int32_t *ids, size_t first, size_t count, lt_error *error);
/* They will be read soon: the system fetches them meanwhile. */
void lt_id_file_expect(const lt_id_file *file, size_t first, size_t count);

#endif
