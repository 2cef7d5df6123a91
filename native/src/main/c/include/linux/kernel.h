/* SPDX-License-Identifier: Apache-2.0 */
/* linux/kernel.h: what everybody includes. */
#ifndef MKEMU_LINUX_KERNEL_H
#define MKEMU_LINUX_KERNEL_H

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/sprintf.h>
#include <linux/types.h>

void mkemu_might_sleep(const char *file, int line);
int mkemu_cond_resched(void);

/* In atomic context: "BUG: sleeping function called from invalid context", with a trace. */
#define might_sleep() mkemu_might_sleep(__FILE__, __LINE__)
#define might_sleep_if(condition) do { if (condition) might_sleep(); } while (0)
#define cond_resched() ({ might_sleep(); mkemu_cond_resched(); })

#define upper_32_bits(n) ((u32)((u64)(n) >> 32))
#define lower_32_bits(n) ((u32)((u64)(n) & 0xffffffff))
#define REPEAT_BYTE(x) ((~0UL / 0xff) * (x))
/* No tracing: what would go into the trace goes into the kernel log. */
#define trace_printk(...) printk(__VA_ARGS__)

#endif
