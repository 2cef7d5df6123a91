/* SPDX-License-Identifier: Apache-2.0 */
/* linux/irqflags.h: interrupts of this CPU. */
#ifndef MKEMU_LINUX_IRQFLAGS_H
#define MKEMU_LINUX_IRQFLAGS_H

#include <mkemu_kmod.h>

unsigned long mkemu_irqs(unsigned long enabled);
unsigned long mkemu_atomic(void);

#define local_irq_disable() ((void)mkemu_irqs(0))
#define local_irq_enable() ((void)mkemu_irqs(1))
#define local_irq_save(flags) do { (flags) = mkemu_irqs(0); } while (0)
#define local_irq_restore(flags) ((void)mkemu_irqs(flags))
#define irqs_disabled() ((mkemu_atomic() & 4) != 0)

#endif
