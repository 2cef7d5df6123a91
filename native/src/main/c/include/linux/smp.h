/* SPDX-License-Identifier: Apache-2.0 */
/* linux/smp.h: the CPUs of this kernel. */
#ifndef MKEMU_LINUX_SMP_H
#define MKEMU_LINUX_SMP_H

#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/preempt.h>
#include <mkemu_kmod.h>

int mkemu_cpu(void);
int mkemu_physical_cpu(void);
int mkemu_call_function(int cpu, void (*function)(void *info), void *info, bool wait);

#define smp_processor_id() mkemu_cpu()
#define raw_smp_processor_id() mkemu_cpu()
#define get_cpu() ({ preempt_disable(); mkemu_cpu(); })
#define put_cpu() preempt_enable()
/* Of the own CPU only. */
#define arch_cpu_physical_id(cpu) ((cpu) == mkemu_cpu() ? mkemu_physical_cpu() : -1)

/* function runs in interrupt context there; the call waits for it, whether asked to or not. */
#define smp_call_function_single(cpu, function, info, wait) mkemu_call_function((cpu), (function), (info), (wait))

static inline void on_each_cpu(void (*function)(void *info), void *info, int wait)
{
    for (unsigned int cpu = 0; cpu < mkemu_cpus(); cpu++)
        (void)mkemu_call_function((int)cpu, function, info, wait != 0);
}

static inline void smp_call_function(void (*function)(void *info), void *info, int wait)
{
    for (unsigned int cpu = 0; cpu < mkemu_cpus(); cpu++)
        if ((int)cpu != mkemu_cpu())
            (void)mkemu_call_function((int)cpu, function, info, wait != 0);
}

#endif
