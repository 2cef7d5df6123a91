/* SPDX-License-Identifier: Apache-2.0 */
/*
 * percpu.c: data that each CPU has. A module has an area for each CPU, all alike: first what DEFINE_PER_CPU defined,
 * then what alloc_percpu gives out. Such a pointer points into the area of CPU 0, or into the module's own section.
 */
#include "core.h"

enum { DYNAMIC = 64 << 10, UNIT = 64, UNITS = DYNAMIC / UNIT };

struct header {
    uint16_t units[UNITS]; /* of an allocation at its first unit; 0xffff behind it */
};

bool mkc_percpu_new(struct mkemu_core_module *m)
{
    size_t size = (size_t)(m->module->percpu_end - m->module->percpu);

    m->percpu_static = (size + UNIT - 1) / UNIT * UNIT;
    m->percpu_stride = (m->percpu_static + DYNAMIC + 4095) / 4096 * 4096;
    m->percpu_used = mkc_alloc(sizeof(struct header));
    m->percpu = mkc_map(m->percpu_stride * m->core->cpus);
    if (!m->percpu || !m->percpu_used)
        return false;
    for (uint32_t i = 0; size && i < m->core->cpus; i++)
        __builtin_memcpy(m->percpu + i * m->percpu_stride, m->module->percpu, size);
    return true;
}

void mkc_percpu_free(struct mkemu_core_module *m)
{
    if (m->percpu)
        mkc_unmap(m->percpu, m->percpu_stride * m->core->cpus);
    mkc_free(m->percpu_used);
}

void *mkc_k_mkemu_per_cpu(struct module *module, const volatile void *variable, int cpu)
{
    struct mkemu_core_module *m = mkc_of(module);
    const volatile char *at = variable;
    size_t n = cpu < 0 ? mkc_this_cpu()->index : (size_t)cpu;

    if (at >= module->percpu && at < module->percpu_end)
        at = m->percpu + (at - module->percpu);
    return (char *)(uintptr_t)at + n * m->percpu_stride;
}

void *mkc_k_mkemu_alloc_percpu(struct module *module, size_t size, size_t align)
{
    struct mkemu_core_module *m = mkc_of(module);
    struct header *h = (struct header *)(void *)m->percpu_used;
    size_t need = (size + UNIT - 1) / UNIT, free = 0;
    char *found = NULL;

    if (!size || size > DYNAMIC || align > UNIT)
        return NULL;
    mkc_lock_take(&m->lock);
    for (size_t i = 0; i < UNITS && !found; i++) {
        free = h->units[i] ? 0 : free + 1;
        if (free == need) {
            size_t first = i + 1 - need;
            for (size_t j = first; j <= i; j++)
                h->units[j] = 0xffff;
            h->units[first] = (uint16_t)need;
            found = m->percpu + m->percpu_static + first * UNIT;
        }
    }
    mkc_lock_give(&m->lock);
    for (uint32_t i = 0; found && i < m->core->cpus; i++)
        __builtin_memset(found + i * m->percpu_stride, 0, size);
    return found;
}

void mkc_k_mkemu_free_percpu(struct module *module, void *variable)
{
    struct mkemu_core_module *m = mkc_of(module);
    struct header *h = (struct header *)(void *)m->percpu_used;
    size_t at = (size_t)((char *)variable - m->percpu - m->percpu_static) / UNIT;

    if (!variable)
        return;
    mkc_lock_take(&m->lock);
    bool known = at < UNITS && h->units[at] && h->units[at] != 0xffff;
    for (size_t n = known ? h->units[at] : 0; n; n--)
        h->units[at + n - 1] = 0;
    mkc_lock_give(&m->lock);
    if (!known) {
        mkc_log(m->core, 3, "BUG: free_percpu of what is not allocated: %px", variable);
        mkc_trace(m->core);
    }
}
