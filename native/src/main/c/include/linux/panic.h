/* SPDX-License-Identifier: Apache-2.0 */
/* linux/panic.h: the end of a kernel. */
#ifndef MKEMU_LINUX_PANIC_H
#define MKEMU_LINUX_PANIC_H

#include <linux/compiler.h>
#include <mkemu_kmod.h>

__printf(1, 2) __noreturn void panic(const char *format, ...);
void dump_stack(void);

#endif
