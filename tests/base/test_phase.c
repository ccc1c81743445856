/* Phase accounting: what is charged to whom. Times are compared with each other and with the clock around
 * them, never with a machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/base/clock.h"
#include "model/base/phase.h"
#include "model/base/threads.h"

static void spend(double seconds)
{
    for (double end = lt_seconds() + seconds; lt_seconds() < end;) continue;
}

static double total(const lt_phases *phases)
{
    double sum = 0;
    for (int p = 0; p < LT_PHASES; p++) sum += phases->seconds[p];
    return sum;
}

static void nothing_without_an_account(void **state)
{
    (void)state;
    lt_phase_product(100, 100, 100);
    assert_int_equal(lt_phase_enter(LT_PHASE_OUTPUT), LT_PHASE_OUTPUT);
    lt_phase_account account = {0};
    lt_phase_open(&account, LT_PHASE_ENCODER);
    lt_phase_close();
    for (int p = 0; p < LT_PHASES; p++) assert_true(account.sums.operations[p] == 0);
    for (int p = 0; p < LT_PHASES; p++)
        if (p != LT_PHASE_ENCODER) assert_true(account.sums.seconds[p] == 0);
}

static void sums_are_of_the_phase_at_hand(void **state)
{
    (void)state;
    lt_phase_account account = {0};
    double began = lt_seconds();
    lt_phase_open(&account, LT_PHASE_ENCODER);
    lt_phase_product(2, 3, 5);
    spend(0.002);
    assert_int_equal(lt_phase_enter(LT_PHASE_ATTENTION), LT_PHASE_ENCODER);
    lt_phase_product(7, 1, 1);
    lt_phase_product(1, 1, 1);
    spend(0.003);
    assert_int_equal(lt_phase_enter(LT_PHASE_ENCODER), LT_PHASE_ATTENTION);
    lt_phase_product(1, 1, 1);
    lt_phase_close();
    double lasted = lt_seconds() - began;
    assert_true(account.sums.operations[LT_PHASE_ENCODER] == 62);
    assert_true(account.sums.operations[LT_PHASE_ATTENTION] == 16);
    assert_true(account.sums.operations[LT_PHASE_DECODER] == 0);
    assert_true(account.sums.seconds[LT_PHASE_ENCODER] >= 0.002);
    assert_true(account.sums.seconds[LT_PHASE_ATTENTION] >= 0.003);
    assert_true(total(&account.sums) >= 0.005 && total(&account.sums) <= lasted);
    spend(0.002); /* nobody's */
    lt_phase_product(100, 100, 100);
    lt_phase_open(&account, LT_PHASE_DATA); /* goes on where it stood */
    lt_phase_close();
    assert_true(total(&account.sums) <= lasted + 0.002);
    assert_true(account.sums.operations[LT_PHASE_ENCODER] == 62);
}

static void an_inner_account_stops_the_outer_one(void **state)
{
    (void)state;
    lt_phase_account outer = {0}, inner = {0};
    double began = lt_seconds();
    lt_phase_open(&outer, LT_PHASE_DECODER);
    spend(0.001);
    lt_phase_open(&inner, LT_PHASE_OUTPUT);
    spend(0.003);
    lt_phase_product(1, 2, 3);
    lt_phase_close();
    lt_phase_product(1, 1, 2);
    spend(0.001);
    lt_phase_close();
    double lasted = lt_seconds() - began;
    assert_true(inner.sums.seconds[LT_PHASE_OUTPUT] >= 0.003);
    assert_true(outer.sums.seconds[LT_PHASE_DECODER] >= 0.002);
    assert_true(total(&inner.sums) + total(&outer.sums) <= lasted);
    assert_true(inner.sums.operations[LT_PHASE_OUTPUT] == 12);
    assert_true(outer.sums.operations[LT_PHASE_DECODER] == 4);
}

enum { WORKERS = 3 };

static void work(void *argument, size_t worker)
{
    lt_phase_account *accounts = argument;
    lt_phase_open(&accounts[worker], LT_PHASE_DATA);
    for (size_t i = 0; i < 1000; i++) {
        lt_phase_enter(i % 2 ? LT_PHASE_DECODER : LT_PHASE_OUTPUT);
        lt_phase_product(worker + 1, 1, 1);
    }
    lt_phase_close();
}

static void threads_do_not_mix(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_pool *pool;
    lt_phase_account accounts[WORKERS] = {0};
    lt_phases sum = {0};
    assert_int_equal(lt_pool_create(&pool, WORKERS, &error), LT_OK);
    double began = lt_seconds();
    lt_pool_run(pool, work, accounts);
    double lasted = lt_seconds() - began;
    lt_pool_free(pool);
    for (size_t w = 0; w < WORKERS; w++) {
        assert_true(accounts[w].sums.operations[LT_PHASE_DECODER] == 1000.0 * (double)(w + 1));
        assert_true(accounts[w].sums.operations[LT_PHASE_OUTPUT] == 1000.0 * (double)(w + 1));
        lt_phases_add(&sum, &accounts[w].sums);
    }
    assert_true(sum.operations[LT_PHASE_DECODER] == 6000);
    assert_true(total(&sum) > 0 && total(&sum) <= WORKERS * lasted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_without_an_account),
        cmocka_unit_test(sums_are_of_the_phase_at_hand),
        cmocka_unit_test(an_inner_account_stops_the_outer_one),
        cmocka_unit_test(threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
