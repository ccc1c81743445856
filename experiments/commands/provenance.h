/* provenance.h: who did it: what a record says of the program that wrote it. */
#ifndef LT_PROVENANCE_H
#define LT_PROVENANCE_H

#include "model/base/text.h"

/* The git revision of the sources this program was built from; "" where they were not a git repository. */
const char *lt_git_revision(void);

/* "latimer 0.1.0, gcc 12.2.0, Release". Static. */
const char *lt_build(void);

/* Appends this process's command line, quoted for a shell where it needs to be. */
lt_status lt_command_line(lt_text *out, lt_error *error);

#endif
