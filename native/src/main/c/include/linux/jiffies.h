/* SPDX-License-Identifier: Apache-2.0 */
/* linux/jiffies.h: HZ is 1000: a jiffy is a millisecond of CLOCK_MONOTONIC. */
#ifndef MKEMU_LINUX_JIFFIES_H
#define MKEMU_LINUX_JIFFIES_H

#include <linux/math64.h>
#include <mkemu_kmod.h>

#define HZ 1000
#define TICK_NSEC (1000000000L / HZ)
#define MAX_JIFFY_OFFSET ((LONG_MAX >> 1) - 1)

u64 ktime_get_ns(void);

#define jiffies ((unsigned long)(ktime_get_ns() / TICK_NSEC))
#define get_jiffies_64() ((u64)jiffies)
#define jiffies_64 ((u64)jiffies)

#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#define time_in_range(a, b, c) (time_after_eq(a, b) && time_before_eq(a, c))
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)
#define time_after64(a, b) ((s64)((b) - (a)) < 0)
#define time_before64(a, b) time_after64(b, a)

#define jiffies_to_msecs(j) ((unsigned int)(j))
#define jiffies_to_usecs(j) ((unsigned int)((j) * 1000))
#define jiffies_to_nsecs(j) ((u64)(j) * TICK_NSEC)
#define msecs_to_jiffies(ms) ((unsigned long)(unsigned int)(ms))
#define secs_to_jiffies(s) ((unsigned long)(s) * HZ)
#define usecs_to_jiffies(us) (((unsigned long)(us) + 999) / 1000)
#define nsecs_to_jiffies(ns) ((unsigned long)((u64)(ns) / TICK_NSEC))
#define round_jiffies(j) (j)
#define round_jiffies_relative(j) (j)

#endif
