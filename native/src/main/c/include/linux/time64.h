/* SPDX-License-Identifier: Apache-2.0 */
/* linux/time64.h: seconds and parts of them. */
#ifndef MKEMU_LINUX_TIME64_H
#define MKEMU_LINUX_TIME64_H

#include <linux/types.h>

#define MSEC_PER_SEC 1000L
#define USEC_PER_MSEC 1000L
#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define USEC_PER_SEC 1000000L
#define NSEC_PER_SEC 1000000000L

struct timespec64 {
    time64_t tv_sec;
    long tv_nsec;
};

static inline struct timespec64 ns_to_timespec64(s64 ns)
{
    s64 seconds = ns / NSEC_PER_SEC, rest = ns % NSEC_PER_SEC;

    return (struct timespec64){rest < 0 ? seconds - 1 : seconds, (long)(rest < 0 ? rest + NSEC_PER_SEC : rest)};
}

static inline s64 timespec64_to_ns(const struct timespec64 *t)
{
    return t->tv_sec * NSEC_PER_SEC + t->tv_nsec;
}

#endif
