/* SPDX-License-Identifier: Apache-2.0 */
/* linux/cpumask.h: sets of CPUs; the online ones are 0 to num_online_cpus() - 1. */
#ifndef MKEMU_LINUX_CPUMASK_H
#define MKEMU_LINUX_CPUMASK_H

#include <linux/types.h>
#include <mkemu_kmod.h>

#define NR_CPUS MKEMU_NR_CPUS

typedef struct cpumask {
    DECLARE_BITMAP(bits, NR_CPUS);
} cpumask_t;

unsigned int mkemu_cpus(void);

#define nr_cpu_ids mkemu_cpus()
#define num_online_cpus() mkemu_cpus()
#define num_possible_cpus() mkemu_cpus()
#define num_present_cpus() mkemu_cpus()
#define cpu_online(cpu) ((unsigned int)(cpu) < mkemu_cpus())
#define cpu_possible(cpu) cpu_online(cpu)
#define for_each_online_cpu(cpu) for ((cpu) = 0; (unsigned int)(cpu) < mkemu_cpus(); (cpu)++)
#define for_each_possible_cpu(cpu) for_each_online_cpu(cpu)
#define for_each_present_cpu(cpu) for_each_online_cpu(cpu)

static inline unsigned int cpumask_next(int cpu, const struct cpumask *mask)
{
    unsigned int n = (unsigned int)(cpu + 1);

    while (n < NR_CPUS && !(mask->bits[n / BITS_PER_LONG] >> n % BITS_PER_LONG & 1))
        n++;
    return n;
}

static inline unsigned int cpumask_first(const struct cpumask *mask)
{
    return cpumask_next(-1, mask);
}

static inline bool cpumask_test_cpu(int cpu, const struct cpumask *mask)
{
    return mask->bits[cpu / BITS_PER_LONG] >> cpu % BITS_PER_LONG & 1;
}

static inline void cpumask_set_cpu(unsigned int cpu, struct cpumask *mask)
{
    __atomic_fetch_or(&mask->bits[cpu / BITS_PER_LONG], 1UL << cpu % BITS_PER_LONG, __ATOMIC_SEQ_CST);
}

static inline void cpumask_clear_cpu(int cpu, struct cpumask *mask)
{
    __atomic_fetch_and(&mask->bits[cpu / BITS_PER_LONG], ~(1UL << cpu % BITS_PER_LONG), __ATOMIC_SEQ_CST);
}

static inline void cpumask_clear(struct cpumask *mask)
{
    *mask = (struct cpumask){{0}};
}

static inline unsigned int cpumask_weight(const struct cpumask *mask)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < BITS_TO_LONGS(NR_CPUS); i++)
        n += (unsigned int)__builtin_popcountl(mask->bits[i]);
    return n;
}

static inline bool cpumask_empty(const struct cpumask *mask)
{
    return cpumask_first(mask) >= NR_CPUS;
}

#define for_each_cpu(cpu, mask) \
    for ((cpu) = cpumask_first(mask); (unsigned int)(cpu) < NR_CPUS; (cpu) = cpumask_next((int)(cpu), (mask)))

#endif
