/* SPDX-License-Identifier: Apache-2.0 */
/* linux/interrupt.h: tasklets. There are no devices, so there is no request_irq. */
#ifndef MKEMU_LINUX_INTERRUPT_H
#define MKEMU_LINUX_INTERRUPT_H

#include <linux/container_of.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/types.h>
#include <mkemu_kmod.h>

/* Bits of its state, by number. */
enum { TASKLET_STATE_SCHED, TASKLET_STATE_RUN };

struct tasklet_struct {
    struct list_head list;
    u32 state;
    u32 count; /* not 0: disabled */
    bool use_callback;
    union {
        void (*func)(unsigned long data);
        void (*callback)(struct tasklet_struct *tasklet);
    };
    unsigned long data;
    struct module *owner;
};

void mkemu_tasklet_schedule(struct module *m, struct tasklet_struct *tasklet, bool high);
void tasklet_kill(struct tasklet_struct *tasklet);
void mkemu_tasklet_disable(struct tasklet_struct *tasklet, bool wait);
void tasklet_enable(struct tasklet_struct *tasklet);

#define DECLARE_TASKLET(name, callback_) struct tasklet_struct name = {.use_callback = true, .callback = (callback_)}
#define DECLARE_TASKLET_DISABLED(name, callback_) \
    struct tasklet_struct name = {.count = 1, .use_callback = true, .callback = (callback_)}

static inline void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *tasklet))
{
    *t = (struct tasklet_struct){.use_callback = true};
    t->callback = callback;
}

static inline void tasklet_init(struct tasklet_struct *t, void (*func)(unsigned long data), unsigned long data)
{
    *t = (struct tasklet_struct){.data = data};
    t->func = func;
}

#define from_tasklet(p, tasklet, member) container_of(tasklet, __typeof__(*(p)), member)
#define tasklet_schedule(t) mkemu_tasklet_schedule(&mkemu_kmod, (t), false)
#define tasklet_hi_schedule(t) mkemu_tasklet_schedule(&mkemu_kmod, (t), true)
#define tasklet_disable(t) mkemu_tasklet_disable((t), true)
#define tasklet_disable_nosync(t) mkemu_tasklet_disable((t), false)

#endif
