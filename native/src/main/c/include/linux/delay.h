/* SPDX-License-Identifier: Apache-2.0 */
/* linux/delay.h: to sleep, and to wait without sleep. */
#ifndef MKEMU_LINUX_DELAY_H
#define MKEMU_LINUX_DELAY_H

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>

void msleep(unsigned int ms);
unsigned long msleep_interruptible(unsigned int ms);
void mkemu_usleep(u64 us);
void mkemu_delay(u64 ns);

#define usleep_range(least, most) ((void)(most), mkemu_usleep(least))
#define usleep_range_state(least, most, state) usleep_range(least, most)
#define usleep_idle_range(least, most) usleep_range(least, most)
#define fsleep(us) mkemu_usleep(us)
#define ssleep(s) msleep((s) * 1000)

/* The CPU does nothing else meanwhile: its messages wait. */
#define ndelay(ns) mkemu_delay(ns)
#define udelay(us) mkemu_delay((u64)(us) * 1000)
#define mdelay(ms) mkemu_delay((u64)(ms) * 1000000)

#endif
