/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.h: what a kernel says when it dies: a call trace in its log as Linux prints an oops, the reason in its entry of
 * the instance table. One kernel per process.
 */
#ifndef MKEMU_KERNEL_CRASH_H
#define MKEMU_KERNEL_CRASH_H

#include "mkemu_core.h"

#include <stdbool.h>
#include <stdint.h>

/* What the reports need. All are async-signal-safe, and are called on the thread that fails. */
struct crash_kernel {
    void (*log)(int level, const char *line);
    void (*reason)(const char *reason, int exit_code); /* into the instance table */
    int (*logical_cpu)(void);                          /* -1: not on a CPU */
    const char *(*running)(int logical_cpu);           /* the kthread, or "" */
    bool (*place)(uintptr_t address, struct mkemu_core_place *place);
    /* What an address belongs to that may not be touched: "stack of kthread ringer", or NULL. */
    const char *(*guard)(uintptr_t address);
    /* Logs what libraries have written to stderr, and calls also with each line. */
    void (*said)(void (*also)(const char *line));
};

/* From now on signals of errors are reported. The process still dies of them, and leaves a core where that is wanted. */
void crash_watch(const struct crash_kernel *kernel);

/* Gives the calling thread a stack for reports: its own may be what is used up. Every thread that runs module code. */
int crash_stack(void);

#endif
