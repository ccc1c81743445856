/* signals.h: SIGINT and SIGTERM as a wish to stop that long work asks for from time to time. */
#ifndef LT_SIGNALS_H
#define LT_SIGNALS_H

#include <signal.h>

/* From now on the first SIGINT or SIGTERM is only noted: the number is in what is returned, 0 until then. A
 * second one of the same kind ends the process at once. */
const volatile sig_atomic_t *lt_catch_signals(void);

#endif
