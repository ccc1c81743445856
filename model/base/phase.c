#include "model/base/phase.h"

#include "model/base/clock.h"

const char *const lt_phase_names[LT_PHASES] = {"data",      "encoder", "decoder",
                                               "attention", "output",  "optimizer"};

static _Thread_local lt_phase_account *current;

void lt_phases_add(lt_phases *sum, const lt_phases *more)
{
    for (int p = 0; p < LT_PHASES; p++) {
        sum->seconds[p] += more->seconds[p];
        sum->operations[p] += more->operations[p];
    }
}

/* Charges the time up to `time` and begins anew. */
static void charge(lt_phase_account *account, double time)
{
    account->sums.seconds[account->now] += time - account->since;
    account->since = time;
}

void lt_phase_open(lt_phase_account *account, lt_phase phase)
{
    double time = lt_seconds();
    if (current) charge(current, time);
    account->outer = current;
    account->now = phase;
    account->since = time;
    current = account;
}

void lt_phase_close(void)
{
    double time = lt_seconds();
    charge(current, time);
    current = current->outer;
    if (current) current->since = time;
}

lt_phase lt_phase_enter(lt_phase phase)
{
    if (!current || current->now == phase) return phase;
    lt_phase before = current->now;
    charge(current, lt_seconds());
    current->now = phase;
    return before;
}

void lt_phase_product(size_t m, size_t n, size_t k)
{
    if (current) current->sums.operations[current->now] += 2.0 * (double)m * (double)n * (double)k;
}
