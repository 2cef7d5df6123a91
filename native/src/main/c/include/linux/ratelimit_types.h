/* SPDX-License-Identifier: Apache-2.0 */
/* linux/ratelimit_types.h: how often a place may print. */
#ifndef MKEMU_LINUX_RATELIMIT_TYPES_H
#define MKEMU_LINUX_RATELIMIT_TYPES_H

#include <mkemu_kmod.h>

#define DEFAULT_RATELIMIT_INTERVAL (5 * 1000) /* jiffies */
#define DEFAULT_RATELIMIT_BURST 10

struct ratelimit_state {
    int interval, burst; /* so many in so many jiffies; interval 0: all */
    u64 begin;           /* of the interval, in ns; 0: none has begun */
    int printed, missed;
    u32 lock;
    unsigned long flags;
};

#define RATELIMIT_MSG_ON_RELEASE 1
#define RATELIMIT_STATE_INIT(name, interval_, burst_) { .interval = (interval_), .burst = (burst_) }
#define DEFINE_RATELIMIT_STATE(name, interval_, burst_) \
    struct ratelimit_state name = RATELIMIT_STATE_INIT(name, interval_, burst_)

int ___ratelimit(struct ratelimit_state *state, const char *function);
#define __ratelimit(state) ___ratelimit(state, __func__)

#endif
