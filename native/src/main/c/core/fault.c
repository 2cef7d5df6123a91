/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.c: a kernel ends because a module cannot go on. The process of an instance ends with it, the host ends its
 * machine in order, and in a simulation, where many kernels share a process, the others go on.
 */
#include "core.h"

/* Of asm/signal.h, which is the same for x86-64 and aarch64. */
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11 };

void mkc_panic(struct mkemu_core *core, const char *text)
{
    core->host.panic(core->host.self, text);
    core->dead = true;
    mkc_throw();
    __builtin_trap();
}

static const char *file_of(const char *path)
{
    const char *name = path;

    for (const char *at = path; *at; at++)
        if (*at == '/')
            name = at + 1;
    return name;
}

static void what_happened(struct mkemu_core *core, const struct mkc_fault *fault)
{
    unsigned long address = fault->address;

    if (fault->overflow)
        mkc_log(core, 1, "BUG: stack guard page was hit at 0x%lx (stack overflow)", address);
    else if ((fault->signal == SIGSEGV || fault->signal == SIGBUS) && address < 4096)
        mkc_log(core, 1, "BUG: kernel NULL pointer dereference, address: 0x%016lx", address);
    else if (fault->signal == SIGSEGV || fault->signal == SIGBUS)
        mkc_log(core, 1, "BUG: unable to handle page fault for address: 0x%016lx", address);
    else if (fault->signal == SIGFPE)
        mkc_log(core, 1, "divide error");
    else
        mkc_log(core, 1, "invalid opcode");
}

/* The stack of the module is gone already; what was known of it is in fault. */
void mkc_fault(struct mkc_cpu *cpu, const struct mkc_fault *fault)
{
    struct mkemu_core *core = cpu->core;
    struct mkemu_core_place at;
    char text[256], name[160];
    bool known = false;

    what_happened(core, fault);
    mkc_whose(cpu, 1);
    mkc_format(text, sizeof text, "killed by signal %d", fault->signal);
    for (uint32_t i = 0; i < fault->count && i < MKC_FAULT_FRAMES; i++) {
        uintptr_t address = fault->trace[i] - (i != 0); /* of the call, which returns behind it */

        if (!mkemu_core_place(core, address, &at) || !mkc_is_shown(core, address))
            continue;
        mkc_symbol(core, address, true, name, sizeof name);
        if (!known) {
            mkc_log(core, 1, "RIP: %s", name);
            mkc_log(core, 1, "Call Trace:");
            mkc_log(core, 1, " <%s>", cpu->in_irq ? "IRQ" : "TASK");
            mkc_format(text, sizeof text, "killed by signal %d in %s+0x%lx%s%s%s", fault->signal, file_of(at.path),
                (unsigned long)at.offset, *at.function ? " (" : "", at.function, *at.function ? ")" : "");
        }
        known = true;
        mkc_log(core, 1, " %s", name);
    }
    if (known)
        mkc_log(core, 1, " </%s>", cpu->in_irq ? "IRQ" : "TASK");
    if (fault->overflow)
        mkc_format(text + __builtin_strlen(text), sizeof text - __builtin_strlen(text), ": overflow of the stack");
    core->host.panic(core->host.self, text);
    core->dead = true;
}

void mkc_fault_of_cpu(void *unused, const struct mkc_fault *fault)
{
    (void)unused;
    mkc_fault(mkc_this_cpu(), fault);
}

static bool is_module(uintptr_t address)
{
    const struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkemu_core_place at;

    return cpu && mkemu_core_place(cpu->core, address, &at);
}

void mkemu_core_catch_faults(void)
{
    mkc_catch_faults(is_module);
}
