/* SPDX-License-Identifier: Apache-2.0 */
/* linux/irq_work.h: irq_work: runs soon on its CPU, in interrupt context, the last queued first. */
#ifndef MKEMU_LINUX_IRQ_WORK_H
#define MKEMU_LINUX_IRQ_WORK_H

#include <mkemu_kmod.h>

/* Of its state. */
#define IRQ_WORK_PENDING 1u
#define IRQ_WORK_BUSY 2u /* it runs */

struct irq_work {
    struct irq_work *next;
    void (*func)(struct irq_work *work);
    u32 state;
    u32 flags;
    struct module *owner;
};

#define IRQ_WORK_INIT(function) { .func = (function) }
#define DEFINE_IRQ_WORK(name, function) struct irq_work name = IRQ_WORK_INIT(function)

static inline void init_irq_work(struct irq_work *work, void (*function)(struct irq_work *work))
{
    *work = (struct irq_work)IRQ_WORK_INIT(function);
}

static inline bool irq_work_is_busy(struct irq_work *work)
{
    return __atomic_load_n(&work->state, __ATOMIC_ACQUIRE) != 0;
}

static inline bool irq_work_is_pending(struct irq_work *work)
{
    return (__atomic_load_n(&work->state, __ATOMIC_ACQUIRE) & IRQ_WORK_PENDING) != 0;
}

bool mkemu_irq_work_queue(struct module *m, struct irq_work *work, int cpu);
void irq_work_sync(struct irq_work *work);

#define irq_work_queue(work) mkemu_irq_work_queue(&mkemu_kmod, (work), -1)
#define irq_work_queue_on(work, cpu) mkemu_irq_work_queue(&mkemu_kmod, (work), (cpu))

#endif
