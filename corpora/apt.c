#include "corpora/apt.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "corpora/program.h"

#define APT_HELPER "/usr/lib/apt/apt-helper"
#define OFFLINE "'latimer corpus generate' makes a corpus without network"

enum { TEXT_MOST = 1 << 30, LISTING_MOST = 1 << 24 };

/* Read behind the system's own configuration: only Translation files, nothing run afterwards, nothing thrown
 * away that another pair of languages needs, and a file that did not arrive is a failure. */
static const char configuration[] = "#clear APT::Update::Pre-Invoke;\n"
                                    "#clear APT::Update::Post-Invoke;\n"
                                    "#clear APT::Update::Post-Invoke-Success;\n"
                                    "#clear Acquire::Languages;\n"
                                    "APT::Get::List-Cleanup \"false\";\n"
                                    "APT::Update::Error-Mode \"any\";\n"
                                    "Acquire::IndexTargets::deb::Translations::DefaultEnabled \"true\";\n"
                                    "Acquire::IndexTargets::deb::Packages::DefaultEnabled \"false\";\n"
                                    "Acquire::IndexTargets::deb-src::Sources::DefaultEnabled \"false\";\n"
                                    "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled \"false\";\n"
                                    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n"
                                    "Acquire::IndexTargets::deb::CNF::DefaultEnabled \"false\";\n";

/* ---- opening ---- */

static lt_status add_sources(lt_apt *apt, const char *sources, lt_error *error)
{
    char path[PATH_MAX];
    if (!sources) return LT_OK;
    if (!realpath(sources, path)) return lt_fail_errno(error, "--sources: cannot read %s", sources);
    LT_TRY(lt_strings_addf(&apt->options, error, "-oDir::Etc::sourceparts=/dev/null"));
    return lt_strings_addf(&apt->options, error, "-oDir::Etc::sourcelist=%s", path);
}

static lt_status prepare(lt_apt *apt, const char *sources, lt_error *error)
{
    char *path = NULL;
    const char *folder = apt->folder;
    if (asprintf(&path, "%s/apt.conf", folder) < 0) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    lt_status status = lt_file_write(path, configuration, strlen(configuration), error);
    free(path);
    if (status != LT_OK) return status;
    LT_TRY(lt_strings_addf(&apt->options, error, "-c=%s/apt.conf", folder));
    LT_TRY(lt_strings_addf(&apt->options, error, "-oDir::State=%s/state", folder));
    LT_TRY(lt_strings_addf(&apt->options, error, "-oDir::State::lists=%s/lists", folder));
    LT_TRY(lt_strings_addf(&apt->options, error, "-oDir::State::status=/dev/null"));
    LT_TRY(lt_strings_addf(&apt->options, error, "-oDir::Cache=%s/cache", folder));
    return add_sources(apt, sources, error);
}

static lt_status make_folders(const char *folder, lt_error *error)
{
    static const char *const names[] = {"state", "lists/partial", "cache/archives/partial"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = lt_path_join(folder, names[i]);
        lt_status status =
            path ? lt_make_folders(path, error) : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        free(path);
        if (status != LT_OK) return status;
    }
    return LT_OK;
}

lt_status lt_apt_open(lt_apt *apt, const char *folder, const char *sources, lt_error *error)
{
    *apt = (lt_apt){0};
    LT_TRY(make_folders(folder, error));
    apt->folder = realpath(folder, NULL); /* apt reads relative names from its own folders */
    if (!apt->folder) return lt_fail_errno(error, "cannot use the folder %s", folder);
    lt_status status = prepare(apt, sources, error);
    if (status != LT_OK) lt_apt_close(apt);
    return status;
}

void lt_apt_close(lt_apt *apt)
{
    free(apt->folder);
    lt_strings_clear(&apt->options);
    *apt = (lt_apt){0};
}

/* ---- running apt ---- */

/* The next line of a text that is taken apart, or NULL; `*at` begins as the text. */
static char *next_line(char **at)
{
    if (!*at || !**at) return NULL;
    char *line = *at, *stop = strchr(line, '\n');
    *at = stop ? stop + 1 : NULL;
    if (stop) *stop = '\0';
    return line;
}

enum { TOLD_MOST = 3 };

/* What apt said of its failure, in one line: its errors and warnings, the first few, or else its last line.
 */
static lt_status failed(const char *what, int exit_status, lt_text *errors, lt_error *error)
{
    char told[1024] = "";
    size_t length = 0, count = 0;
    const char *last = "it did not say why";
    for (char *at = errors->data, *line; (line = next_line(&at));) {
        if (*line) last = line;
        if ((strncmp(line, "E: ", 3) != 0 && strncmp(line, "W: ", 3) != 0) || count++ >= TOLD_MOST) continue;
        int more = snprintf(told + length, sizeof told - length, "%s%s", length ? "; " : "", line + 3);
        length += (size_t)more < sizeof told - length ? (size_t)more : sizeof told - length - 1;
    }
    return lt_fail(
        error, LT_ERROR_IO,
        "%s failed (exit status %d): %s. Without network, or with sources that cannot be reached, there "
        "is nothing to fetch; " OFFLINE,
        what, exit_status, length ? told : last);
}

/* Runs `program` with apt's options and `rest` (NULL-terminated). */
static lt_status run(const lt_apt *apt, const char *program, const char *languages, const char *const *rest,
                     size_t limit, lt_text *out, lt_error *error)
{
    lt_strings arguments = {0};
    lt_text errors = {0};
    int exit_status;
    lt_status status;
    LT_GOTO(status, lt_strings_add(&arguments, program, error), done);
    for (size_t i = 0; i < apt->options.count; i++)
        LT_GOTO(status, lt_strings_add(&arguments, apt->options.items[i], error), done);
    LT_GOTO(status, lt_strings_addf(&arguments, error, "-oAcquire::Languages=%s", languages), done);
    for (; *rest; rest++) LT_GOTO(status, lt_strings_add(&arguments, *rest, error), done);
    status = lt_program_run(&arguments, limit, out, &errors, &exit_status, error);
    if (status == LT_ERROR_IO) {
        lt_error_context(error,
                         "apt is needed to fetch Debian's files, and it does not run here (" OFFLINE ")");
        goto done;
    }
    if (status == LT_OK && exit_status != 0) status = failed(program, exit_status, &errors, error);
done:
    lt_strings_clear(&arguments);
    lt_text_clear(&errors);
    return status;
}

/* ---- fetching ---- */

/* The mark that says that all there is of a language was fetched. */
static char *mark_of(const lt_apt *apt, const char *language)
{
    char *path;
    return asprintf(&path, "%s/complete.%s", apt->folder, language) < 0 ? NULL : path;
}

static lt_status set_mark(lt_apt *apt, const char *language, bool complete, lt_error *error)
{
    char *mark = mark_of(apt, language);
    if (!mark) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the folder of %s", language);
    lt_status status = LT_OK;
    if (complete)
        status = lt_file_write(mark, "", 0, error);
    else
        unlink(mark);
    free(mark);
    return status;
}

lt_status lt_apt_update(lt_apt *apt, const char *const *languages, lt_error *error)
{
    lt_text list = {0}, out = {0};
    lt_status status = LT_OK;
    for (size_t i = 0; languages[i]; i++)
        LT_GOTO(status, lt_text_appendf(&list, error, "%s%s", i ? "," : "", languages[i]), done);
    status = run(apt, "apt-get", list.data, (const char *const[]){"update", NULL}, LISTING_MOST, &out, error);
    for (size_t i = 0; status == LT_OK && languages[i]; i++)
        status = set_mark(apt, languages[i], true, error);
done:
    lt_text_clear(&list);
    lt_text_clear(&out);
    return status;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* apt leaves "$(ORIGIN)" as it is where a source does not say: the line without these words, which lead it.
 */
static char *without_unknown(char *line)
{
    while (strncmp(line, "$(", 2) == 0 && strchr(line, ' ')) line = strchr(line, ' ') + 1;
    return line;
}

/* The files of a language as lines "name|path", sorted. */
static lt_status list_files(lt_apt *apt, const char *language, lt_strings *lines, lt_error *error)
{
    lt_text out = {0};
    char of_language[64];
    snprintf(of_language, sizeof of_language, "Language: %.32s", language);
    const char *const rest[] = {
        "indextargets", "--format=$(ORIGIN) $(CODENAME) $(COMPONENT) Translation-$(LANGUAGE)|$(FILENAME)",
        "Created-By: Translations", of_language, NULL};
    lt_status status = run(apt, "apt-get", language, rest, LISTING_MOST, &out, error);
    for (char *at = out.data, *line; status == LT_OK && (line = next_line(&at));)
        if (strchr(line, '|')) status = lt_strings_add(lines, without_unknown(line), error);
    if (lines->count) qsort(lines->items, lines->count, sizeof *lines->items, compare_strings);
    lt_text_clear(&out);
    return status;
}

lt_status lt_apt_has(lt_apt *apt, const char *language, bool *has, lt_error *error)
{
    lt_strings lines = {0};
    char *mark = mark_of(apt, language);
    *has = false;
    if (!mark) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the folder of %s", language);
    bool complete = lt_file_exists(mark);
    free(mark);
    if (!complete) return LT_OK;
    lt_status status = list_files(apt, language, &lines, error);
    *has = lines.count > 0;
    lt_strings_clear(&lines);
    return status;
}

lt_status lt_apt_read(lt_apt *apt, const char *language, lt_apt_visit visit, void *context, lt_error *error)
{
    lt_strings lines = {0};
    lt_text text = {0};
    lt_status status = list_files(apt, language, &lines, error);
    for (size_t i = 0; status == LT_OK && i < lines.count; i++) {
        char *bar = strchr(lines.items[i], '|');
        *bar = '\0';
        text.length = 0;
        status = run(apt, APT_HELPER, language, (const char *const[]){"cat-file", bar + 1, NULL}, TEXT_MOST,
                     &text, error);
        if (status == LT_OK) status = visit(context, language, lines.items[i], &text, error);
    }
    if (status == LT_OK && lines.count == 0) status = lt_apt_no_language(apt, language, error);
    lt_text_clear(&text);
    lt_strings_clear(&lines);
    return status;
}

/* ---- what there is ---- */

/* Adds the languages a Release file names, as ".../i18n/Translation-de.bz2". */
static lt_status add_languages(lt_strings *languages, const char *path, lt_error *error)
{
    lt_text text = {0};
    static const char key[] = "/i18n/Translation-";
    lt_status status = lt_file_read(&text, path, LISTING_MOST, error);
    for (char *at = text.data; status == LT_OK && at && (at = strstr(at, key));) {
        at += strlen(key);
        size_t length = strcspn(at, ".\n \t");
        bool known = false;
        char code[32];
        snprintf(code, sizeof code, "%.*s", (int)length, at);
        for (size_t i = 0; i < languages->count; i++) known = known || strcmp(languages->items[i], code) == 0;
        if (!known) status = lt_strings_add(languages, code, error);
    }
    lt_text_clear(&text);
    return status;
}

static lt_status all_languages(const lt_apt *apt, lt_strings *languages, lt_error *error)
{
    char *folder = lt_path_join(apt->folder, "lists");
    DIR *listing = folder ? opendir(folder) : NULL;
    lt_status status = LT_OK;
    struct dirent *entry;
    while (listing && status == LT_OK && (entry = readdir(listing))) {
        size_t length = strlen(entry->d_name);
        if (length < 7 || strcmp(entry->d_name + length - 7, "Release") != 0) continue;
        char *path = lt_path_join(folder, entry->d_name);
        status =
            path ? add_languages(languages, path, error) : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        free(path);
    }
    if (listing) closedir(listing);
    free(folder);
    if (languages->count)
        qsort(languages->items, languages->count, sizeof *languages->items, compare_strings);
    return status;
}

lt_status lt_apt_no_language(lt_apt *apt, const char *language, lt_error *error)
{
    lt_strings languages = {0};
    lt_text list = {0};
    lt_status status = set_mark(apt, language, false, error);
    if (status == LT_OK) status = all_languages(apt, &languages, error);
    for (size_t i = 0; status == LT_OK && i < languages.count; i++)
        status = lt_text_appendf(&list, error, "%s%s", i ? ", " : "", languages.items[i]);
    if (status == LT_OK && languages.count)
        status = lt_fail(error, LT_ERROR_USAGE,
                         "the apt sources have no package descriptions in '%s'; they have them in %s",
                         language, list.data);
    else if (status == LT_OK)
        status =
            lt_fail(error, LT_ERROR_IO,
                    "the apt sources have no translated package descriptions at all: they need a line of a "
                    "Debian release (\"deb ...\", or Types: deb); " OFFLINE);
    lt_strings_clear(&languages);
    lt_text_clear(&list);
    return status;
}
