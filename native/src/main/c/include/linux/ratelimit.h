/* SPDX-License-Identifier: Apache-2.0 */
/* linux/ratelimit.h: rate limits. */
#ifndef MKEMU_LINUX_RATELIMIT_H
#define MKEMU_LINUX_RATELIMIT_H

#include <linux/ratelimit_types.h>

static inline void ratelimit_state_init(struct ratelimit_state *state, int interval, int burst)
{
    *state = (struct ratelimit_state)RATELIMIT_STATE_INIT(state, interval, burst);
}

static inline void ratelimit_default_init(struct ratelimit_state *state)
{
    ratelimit_state_init(state, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);
}

static inline void ratelimit_set_flags(struct ratelimit_state *state, unsigned long flags)
{
    state->flags = flags;
}

#endif
