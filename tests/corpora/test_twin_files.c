#include <sys/stat.h>

#include "corpora/twin_files.h"
#include "tests/corpora/corpora_fixture.h"

static lt_twin_files opened(void)
{
    lt_twin_files twins;
    assert_ok(lt_twins_open(&twins, in("p"), "en", "de", &error));
    fputs("new\n", twins.src.stream);
    fputs("neu\n", twins.trg.stream);
    return twins;
}

static void both_files_get_their_names(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) { /* the second time over the first */
        lt_twin_files twins = opened();
        assert_ok(lt_twins_commit(&twins, &error));
        lt_twins_abort(&twins);
        assert_holds("p.en", "new\n");
        assert_holds("p.de", "neu\n");
        assert_int_equal(files_in(folder), 2);
    }
}

/* A folder that appears under the second name makes its renaming fail, when the first has its name already.
 */
static void when_the_second_fails_the_first_goes_back(void **state)
{
    (void)state;
    put("p.en", "old\n");
    lt_twin_files twins = opened();
    assert_int_equal(mkdir(in("p.de"), 0777), 0);
    assert_int_equal(lt_twins_commit(&twins, &error), LT_ERROR_IO);
    assert_message("p.de: ");
    assert_holds("p.en", "old\n");
    assert_int_equal(files_in(folder), 2); /* p.en and the folder */
}

static void when_the_second_fails_a_new_first_is_gone(void **state)
{
    (void)state;
    lt_twin_files twins = opened();
    assert_int_equal(mkdir(in("p.de"), 0777), 0);
    assert_int_equal(lt_twins_commit(&twins, &error), LT_ERROR_IO);
    assert_int_equal(files_in(folder), 1);
}

static void what_is_given_up_leaves_nothing(void **state)
{
    (void)state;
    put("p.de", "alt\n");
    lt_twin_files twins = opened();
    lt_twins_abort(&twins);
    lt_twins_abort(&twins);
    assert_holds("p.de", "alt\n");
    assert_int_equal(files_in(folder), 1);
    assert_int_equal(lt_twins_open(&twins, in("no folder/p"), "en", "de", &error), LT_ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(both_files_get_their_names),
        in_folder(when_the_second_fails_the_first_goes_back),
        in_folder(when_the_second_fails_a_new_first_is_gone),
        in_folder(what_is_given_up_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
