/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c: call traces, BUG, WARN, panic. A trace has the functions of modules; what lies between them is the core. */
#include "core.h"

static const struct mkemu_core_module *module_of(const struct mkemu_core *core, uintptr_t address)
{
    const struct mkemu_core_module *m;

    list_for_each_entry(m, &core->modules, list) {
        uintptr_t base = m->object ? mkc_object_base(m->object) : 0;
        if (base && address >= base && address - base < mkc_object_size(m->object))
            return m;
    }
    return NULL;
}

bool mkemu_core_place(const struct mkemu_core *core, uintptr_t address, struct mkemu_core_place *place)
{
    const struct mkemu_core_module *m = module_of(core, address);
    const struct mkc_symbol *s = m ? mkc_object_find(m->object, address) : NULL;

    if (!m)
        return false;
    *place = (struct mkemu_core_place){.module = m->name, .path = mkc_object_path(m->object), .function = "",
        .offset = address - mkc_object_base(m->object)};
    if (s) {
        place->function = s->name;
        place->in = place->offset - s->at;
        place->length = s->size;
    }
    return true;
}

bool mkc_is_shown(const struct mkemu_core *core, uintptr_t address)
{
    struct mkemu_core_place at;

    return mkemu_core_place(core, address, &at) && mkemu_core_is_shown(&at);
}

int mkc_symbol(struct mkemu_core *core, uintptr_t address, bool offset, char *to, size_t size)
{
    struct mkemu_core_place at;

    if (!mkemu_core_place(core, address, &at))
        return mkc_format(to, size, "0x%lx", (unsigned long)address);
    if (!*at.function)
        return mkc_format(to, size, "%s.so+0x%lx [%s]", at.module, (unsigned long)at.offset, at.module);
    if (!offset)
        return mkc_format(to, size, "%s [%s]", at.function, at.module);
    return mkc_format(to, size, "%s+0x%lx/0x%lx [%s]", at.function, (unsigned long)at.in, (unsigned long)at.length,
        at.module);
}

void mkc_trace(struct mkemu_core *core)
{
    uintptr_t addresses[64];
    uint32_t n = mkc_backtrace(addresses, 64);
    struct mkc_cpu *cpu = mkc_this_cpu();

    mkc_log(core, 4, "Call Trace:");
    mkc_log(core, 4, " <%s>", cpu && cpu->in_irq ? "IRQ" : "TASK");
    for (uint32_t i = 0; i < n; i++) {
        char name[160];

        if (!mkc_is_shown(core, addresses[i] - 1))
            continue;
        mkc_symbol(core, addresses[i] - 1, true, name, sizeof name); /* of the call, which returns behind it */
        mkc_log(core, 4, " %s", name);
    }
    mkc_log(core, 4, " </%s>", cpu && cpu->in_irq ? "IRQ" : "TASK");
}

void mkc_whose(struct mkc_cpu *cpu, int level)
{
    struct mkc_task *task = mkc_current(cpu);
    const char *runs = mkemu_core_running(cpu->core, (int32_t)cpu->index);

    mkc_log(cpu->core, level, "CPU: %u PID: %d Comm: %s", cpu->index, task->task.pid, *runs ? runs : task->task.comm);
}

void mkc_k_dump_stack(void)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    mkc_whose(cpu, 4);
    mkc_trace(cpu->core);
}

void mkc_k_mkemu_bug(const char *file, int line, const char *function)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    char text[256];

    mkc_format(text, sizeof text, "kernel BUG at %s:%d!", file, line);
    mkc_log(cpu->core, 2, "%s", text);
    mkc_whose(cpu, 2);
    mkc_log(cpu->core, 2, "in %s", function);
    mkc_trace(cpu->core);
    mkc_panic(cpu->core, text);
}

void mkc_k_mkemu_vwarn(const char *file, int line, const char *function, const char *format, va_list args)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkc_task *task = mkc_current(cpu);

    mkc_log(cpu->core, 4, "------------[ cut here ]------------");
    if (format)
        mkc_k_mkemu_vprintk(NULL, format, args);
    mkc_log(cpu->core, 4, "WARNING: CPU: %u PID: %d at %s:%d %s", cpu->index, task->task.pid, file, line, function);
    mkc_whose(cpu, 4);
    mkc_trace(cpu->core);
    mkc_log(cpu->core, 4, "---[ end trace ]---");
}

void mkc_k_mkemu_vpanic(const char *format, va_list args)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    char text[MKC_LINE];
    int n = mkc_k_vsnprintf(text, sizeof text, format, args);

    n = n < (int)sizeof text ? n : (int)sizeof text - 1;
    while (n && text[n - 1] == '\n')
        text[--n] = 0;
    mkc_log(cpu->core, 0, "Kernel panic - not syncing: %s", text);
    mkc_whose(cpu, 0);
    mkc_trace(cpu->core);
    mkc_panic(cpu->core, text);
}
