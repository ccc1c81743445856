/* clock.h: time that only goes forward. */
#ifndef LT_BASE_CLOCK_H
#define LT_BASE_CLOCK_H

/* Seconds since some moment in the past; setting the computer's clock does not change it. */
double lt_seconds(void);

#endif
