#include "experiments/commands/provenance.h"

#include <ctype.h>
#include <string.h>

#include "model/base/file.h"

#ifndef LATIMER_GIT_REVISION
#define LATIMER_GIT_REVISION ""
#endif
#ifndef LATIMER_BUILD_TYPE
#define LATIMER_BUILD_TYPE ""
#endif
#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *lt_git_revision(void)
{
    return LATIMER_GIT_REVISION;
}

const char *lt_build(void)
{
    return "latimer " LATIMER_VERSION ", " COMPILER ", " LATIMER_BUILD_TYPE;
}

static lt_status append_quoted(lt_text *out, const char *word, lt_error *error)
{
    bool plain = *word;
    for (const char *c = word; *c; c++)
        plain = plain && (isalnum((unsigned char)*c) || strchr("-_./=+,:@%", *c));
    if (plain) return lt_text_append(out, word, strlen(word), error);
    LT_TRY(lt_text_append(out, "'", 1, error));
    for (const char *c = word; *c; c++)
        LT_TRY(*c == '\'' ? lt_text_append(out, "'\\''", 4, error) : lt_text_append(out, c, 1, error));
    return lt_text_append(out, "'", 1, error);
}

lt_status lt_command_line(lt_text *out, lt_error *error)
{
    lt_text raw = {0};
    lt_status status =
        lt_file_read(&raw, "/proc/self/cmdline", 1 << 22, error); /* words, each with its NUL */
    for (size_t i = 0; status == LT_OK && i < raw.length; i += strlen(raw.data + i) + 1) {
        if (i) status = lt_text_append(out, " ", 1, error);
        if (status == LT_OK) status = append_quoted(out, raw.data + i, error);
    }
    if (status == LT_OK && !out->data) status = lt_text_append(out, "", 0, error);
    lt_text_clear(&raw);
    return status;
}
