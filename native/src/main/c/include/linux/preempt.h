/* SPDX-License-Identifier: Apache-2.0 */
/* linux/preempt.h: preemption: there is none, but to sleep where it is disabled ends the kernel. */
#ifndef MKEMU_LINUX_PREEMPT_H
#define MKEMU_LINUX_PREEMPT_H

#include <mkemu_kmod.h>

void mkemu_preempt(int by);
unsigned long mkemu_atomic(void);

#define preempt_disable() mkemu_preempt(1)
#define preempt_enable() mkemu_preempt(-1)
#define local_bh_disable() mkemu_preempt(1)
#define local_bh_enable() mkemu_preempt(-1)
/* mkemu_atomic: 1 atomic, 2 in a callback, timer, tasklet or irq_work, 4 interrupts disabled */
#define in_atomic() ((mkemu_atomic() & 1) != 0)
#define in_interrupt() ((mkemu_atomic() & 2) != 0)
#define in_irq() in_interrupt()
#define in_hardirq() in_interrupt()
#define in_softirq() in_interrupt()
#define in_task() (!in_interrupt())
#define preemptible() (mkemu_atomic() == 0)

#endif
