/* SPDX-License-Identifier: Apache-2.0 */
/* linux/timer.h: timers: their functions run in interrupt context, on the CPU that armed them. */
#ifndef MKEMU_LINUX_TIMER_H
#define MKEMU_LINUX_TIMER_H

#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <mkemu_kmod.h>

struct timer_list {
    struct mkemu_timer node;
    unsigned long expires;
    void (*function)(struct timer_list *timer);
    u32 flags;
};

#define TIMER_DEFERRABLE 1u
#define TIMER_PINNED 2u
#define TIMER_IRQSAFE 4u
#define __TIMER_INITIALIZER(function_, flags_) { .function = (function_), .flags = (flags_) }
#define DEFINE_TIMER(name, function) struct timer_list name = __TIMER_INITIALIZER(function, 0)

int mkemu_timer_mod(struct module *m, struct timer_list *timer, unsigned long expires, int cpu, int how);
int mkemu_timer_delete(struct timer_list *timer, int how);

#define timer_setup(timer, function_, flags_) \
    ((void)(*(timer) = (struct timer_list)__TIMER_INITIALIZER(function_, flags_)))
#define timer_setup_on_stack(timer, function, flags) timer_setup(timer, function, flags)
#define destroy_timer_on_stack(timer) ((void)(timer))
#define from_timer(p, timer, member) container_of(timer, __typeof__(*(p)), member)
#define timer_container_of(p, timer, member) container_of(timer, __typeof__(*(p)), member)

static inline int timer_pending(const struct timer_list *timer)
{
    return READ_ONCE(timer->node.kind) != 0;
}

#define mod_timer(timer, expires) mkemu_timer_mod(&mkemu_kmod, (timer), (expires), -1, 0)
#define mod_timer_pending(timer, expires) mkemu_timer_mod(&mkemu_kmod, (timer), (expires), -1, 2)
#define timer_reduce(timer, expires) mkemu_timer_mod(&mkemu_kmod, (timer), (expires), -1, 3)
#define add_timer(timer) ((void)mkemu_timer_mod(&mkemu_kmod, (timer), (timer)->expires, -1, 1))
#define add_timer_on(timer, cpu) ((void)mkemu_timer_mod(&mkemu_kmod, (timer), (timer)->expires, (cpu), 1))

/* _sync: waits until its function does not run. */
#define timer_delete(timer) mkemu_timer_delete((timer), 0)
#define timer_delete_sync(timer) mkemu_timer_delete((timer), 1)
#define try_to_del_timer_sync(timer) mkemu_timer_delete((timer), 2)
#define timer_shutdown(timer) mkemu_timer_delete((timer), 3)
#define timer_shutdown_sync(timer) mkemu_timer_delete((timer), 4)
#define del_timer(timer) timer_delete(timer)
#define del_timer_sync(timer) timer_delete_sync(timer)

#endif
