/* ok.h: what must succeed, with its message where it does not. The test has a `static lt_error error`; behind
 * cmocka.h. */
#ifndef OK_H
#define OK_H

#define OK(call)                                                                                             \
    do {                                                                                                     \
        if ((call) != LT_OK) fail_msg("%s: %s", #call, error.message);                                       \
    } while (0)

#endif
