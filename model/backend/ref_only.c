/* ref_only.c: the choice of backends in the double-precision build, where only the oracle exists. */
#include "model/backend/backend.h"

static const lt_backend *const available[] = {&lt_backend_ref, NULL};

const lt_backend *lt_backend_best(void)
{
    return available[0];
}
const lt_backend *const *lt_backend_all(void)
{
    return available;
}
