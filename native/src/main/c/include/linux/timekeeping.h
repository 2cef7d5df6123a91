/* SPDX-License-Identifier: Apache-2.0 */
/* linux/timekeeping.h: the clocks. */
#ifndef MKEMU_LINUX_TIMEKEEPING_H
#define MKEMU_LINUX_TIMEKEEPING_H

#include <linux/ktime.h>

static inline void ktime_get_ts64(struct timespec64 *t)
{
    *t = ns_to_timespec64((s64)ktime_get_ns());
}

static inline void ktime_get_real_ts64(struct timespec64 *t)
{
    *t = ns_to_timespec64((s64)ktime_get_real_ns());
}

#endif
