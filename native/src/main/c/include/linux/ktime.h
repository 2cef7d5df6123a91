/* SPDX-License-Identifier: Apache-2.0 */
/* linux/ktime.h: times, in ns. */
#ifndef MKEMU_LINUX_KTIME_H
#define MKEMU_LINUX_KTIME_H

#include <linux/jiffies.h>
#include <linux/time64.h>

#define KTIME_MAX ((s64)~((u64)1 << 63))
#define KTIME_SEC_MAX (KTIME_MAX / NSEC_PER_SEC)

u64 ktime_get_real_ns(void);

#define ktime_get() ((ktime_t)ktime_get_ns())
#define ktime_get_real() ((ktime_t)ktime_get_real_ns())
#define ktime_get_boottime() ktime_get()
#define ktime_get_raw() ktime_get()
#define ktime_get_boottime_ns() ktime_get_ns()
#define ktime_get_raw_ns() ktime_get_ns()
#define ktime_get_mono_fast_ns() ktime_get_ns()
#define ktime_get_seconds() ((time64_t)(ktime_get_ns() / NSEC_PER_SEC))
#define ktime_get_real_seconds() ((time64_t)(ktime_get_real_ns() / NSEC_PER_SEC))
#define local_clock() ktime_get_ns()
#define sched_clock() ktime_get_ns()

static inline ktime_t ktime_set(s64 seconds, unsigned long ns)
{
    return seconds >= KTIME_SEC_MAX ? KTIME_MAX : seconds * NSEC_PER_SEC + (s64)ns;
}

#define ktime_add(a, b) ((ktime_t)(a) + (b))
#define ktime_sub(a, b) ((ktime_t)(a) - (b))
#define ktime_add_ns(t, ns) ((ktime_t)(t) + (s64)(ns))
#define ktime_add_us(t, us) ktime_add_ns(t, (s64)(us) * 1000)
#define ktime_add_ms(t, ms) ktime_add_ns(t, (s64)(ms) * 1000000)
#define ktime_sub_ns(t, ns) ((ktime_t)(t) - (s64)(ns))
#define ktime_to_ns(t) ((s64)(t))
#define ktime_to_us(t) ((s64)(t) / 1000)
#define ktime_to_ms(t) ((s64)(t) / 1000000)
#define ns_to_ktime(ns) ((ktime_t)(ns))
#define us_to_ktime(us) ((ktime_t)(us) * 1000)
#define ms_to_ktime(ms) ((ktime_t)(ms) * 1000000)
#define ktime_us_delta(later, earlier) ktime_to_us(ktime_sub(later, earlier))
#define ktime_ms_delta(later, earlier) ktime_to_ms(ktime_sub(later, earlier))

static inline int ktime_compare(ktime_t a, ktime_t b)
{
    return a < b ? -1 : a > b;
}

#define ktime_before(a, b) (ktime_compare(a, b) < 0)
#define ktime_after(a, b) (ktime_compare(a, b) > 0)

#endif
