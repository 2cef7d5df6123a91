// SPDX-License-Identifier: GPL-2.0-only
/* A kthread that sleeps and sends, and counts in a static variable, which each kernel has for itself. */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/delay.h>
#include <linux/multikernel.h>

#define COUNT 0x30
#ifndef FIRST
#define FIRST 0
#endif
#ifndef PAUSE
#define PAUSE 2
#endif

static int sent;
static int received;
static int peer = 1;
module_param(peer, int, 0444);
static int rounds = 5;
module_param(rounds, int, 0444);
static struct mk_ipi_handler *handler;
static struct task_struct *sender;

static void on_count(struct mk_ipi_data *data, void *context)
{
	received++;
}

static int send_all(void *unused)
{
	while (sent < rounds && !kthread_should_stop()) {
		int number = FIRST + sent;

		if (multikernel_send_ipi_data(peer, &number, sizeof(number), COUNT) == 0)
			sent++;
		msleep(PAUSE);
	}
	pr_info("threads: sent %d, received %d\n", sent, received);
	return 0;
}

static int __init threads_init(void)
{
	msleep(3);
	handler = multikernel_register_handler(on_count, NULL, COUNT);
	sender = kthread_run(send_all, NULL, "sender");
	return 0;
}

static void __exit threads_exit(void)
{
	pr_info("threads: %d messages came\n", received);
	multikernel_unregister_handler(handler);
}

module_init(threads_init);
module_exit(threads_exit);
MODULE_LICENSE("GPL");
