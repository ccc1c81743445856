/* folder.h: a folder of the test's own, and paths in it. Included by one file of a test program, behind
 * cmocka.h. */
#ifndef FOLDER_H
#define FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[64]; /* where it is */

/* Fixtures of cmocka, and for those of the tests. */
static inline int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/latimer_test_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

/* Also what was made unwritable in it. */
static inline int remove_folder(void **state)
{
    (void)state;
    char command[160];
    snprintf(command, sizeof command, "chmod -R u+w '%s'; rm -rf '%s'", folder, folder);
    return system(command);
}

/* The path of a name in the folder; good for the next seven calls. */
static inline char *in(const char *name)
{
    static char path[8][256];
    static int turn;
    char *out = path[turn++ % 8];
    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

/* Visible ones in `path`. */
static inline size_t files_in(const char *path)
{
    DIR *listing = opendir(path);
    size_t count = 0;
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));) count += entry->d_name[0] != '.';
    closedir(listing);
    return count;
}

#endif
