/* SPDX-License-Identifier: Apache-2.0 */
/* linux/hrtimer.h: timers in ns. As precise as the host's threads. */
#ifndef MKEMU_LINUX_HRTIMER_H
#define MKEMU_LINUX_HRTIMER_H

#include <linux/ktime.h>
#include <mkemu_kmod.h>

enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };
enum hrtimer_mode {
    HRTIMER_MODE_ABS = 0, HRTIMER_MODE_REL = 1, HRTIMER_MODE_PINNED = 2, HRTIMER_MODE_SOFT = 4,
    HRTIMER_MODE_ABS_PINNED = 2, HRTIMER_MODE_REL_PINNED = 3, HRTIMER_MODE_ABS_SOFT = 4, HRTIMER_MODE_REL_SOFT = 5
};
#ifndef CLOCK_MONOTONIC
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_BOOTTIME 7
#endif

struct hrtimer {
    struct mkemu_timer node;
    ktime_t _softexpires; /* CLOCK_MONOTONIC */
    enum hrtimer_restart (*function)(struct hrtimer *timer);
    int clock;
};

void mkemu_hrtimer_start(struct module *m, struct hrtimer *timer, ktime_t time, int mode);
int mkemu_hrtimer_cancel(struct hrtimer *timer, bool wait);
bool mkemu_hrtimer_running(const struct hrtimer *timer);

static inline void hrtimer_init(struct hrtimer *timer, int clock, enum hrtimer_mode mode)
{
    (void)mode;
    *timer = (struct hrtimer){.clock = clock == 7 ? 1 : clock};
}

static inline void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*function)(struct hrtimer *timer),
    int clock, enum hrtimer_mode mode)
{
    hrtimer_init(timer, clock, mode);
    timer->function = function;
}

static inline int hrtimer_is_queued(const struct hrtimer *timer)
{
    return READ_ONCE(timer->node.kind) != 0;
}

static inline ktime_t hrtimer_get_expires(const struct hrtimer *timer)
{
    return timer->_softexpires;
}

/* To be called in its function, before HRTIMER_RESTART: how many intervals are over. */
static inline u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval)
{
    u64 n;

    if (now < timer->_softexpires || interval <= 0)
        return 0;
    n = (u64)(now - timer->_softexpires) / (u64)interval + 1;
    timer->_softexpires += (ktime_t)n * interval;
    return n;
}

#define hrtimer_forward_now(timer, interval) hrtimer_forward((timer), ktime_get(), (interval))
#define hrtimer_start(timer, time, mode) mkemu_hrtimer_start(&mkemu_kmod, (timer), (time), (mode))
#define hrtimer_start_range_ns(timer, time, slack, mode) ((void)(slack), hrtimer_start(timer, time, mode))
#define hrtimer_restart(timer) hrtimer_start((timer), (timer)->_softexpires, HRTIMER_MODE_ABS)
#define hrtimer_cancel(timer) mkemu_hrtimer_cancel((timer), true)
#define hrtimer_try_to_cancel(timer) mkemu_hrtimer_cancel((timer), false)
#define hrtimer_callback_running(timer) mkemu_hrtimer_running(timer)
#define hrtimer_active(timer) (hrtimer_is_queued(timer) || mkemu_hrtimer_running(timer))
#define hrtimer_get_remaining(timer) ((timer)->_softexpires - ktime_get())

#endif
