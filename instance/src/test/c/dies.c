// SPDX-License-Identifier: GPL-2.0-only
/* Ends its kernel, in many ways and places. */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <linux/multikernel.h>

#define DIE 0x31

static char *how = "";
module_param(how, charp, 0444);
static char *where = "kthread";
module_param(where, charp, 0444);
static struct mk_ipi_handler *handler;
static struct workqueue_struct *queue;
static char *nothing;
static int zero;

static noinline void die(void)
{
	if (!strcmp(how, "panic"))
		panic("out of luck: %d", 7);
	else if (!strcmp(how, "bug"))
		BUG();
	else if (!strcmp(how, "null"))
		WRITE_ONCE(*nothing, 1);
	else if (!strcmp(how, "library"))
		memset(nothing + zero, 1, 4096);
	else if (!strcmp(how, "divide"))
		pr_info("%d\n", 100 / READ_ONCE(zero));
	else if (!strcmp(how, "jump"))
		((void (*)(void))(uintptr_t)READ_ONCE(nothing))();
	barrier(); /* no tail call: this function is in the trace */
}

static void on_die(struct mk_ipi_data *data, void *context)
{
	if (!strcmp(where, "callback"))
		die();
}

static void work_dies(struct work_struct *work)
{
	die();
}
static DECLARE_WORK(work, work_dies);

static int runs(void *unused)
{
	int self = mk_this_instance_id();

	while (self == 0 && multikernel_send_ipi_data(1, &self, sizeof(self), DIE))
		msleep(1);
	if (!strcmp(where, "work"))
		queue_work(queue, &work);
	else if (!strcmp(where, "kthread"))
		die();
	msleep(5);
	return 0;
}

static int sleeps(void *unused)
{
	while (!kthread_should_stop())
		msleep(1);
	return 0;
}

static int __init dies_init(void)
{
	void *left = kmalloc(1000, GFP_KERNEL);

	handler = multikernel_register_handler(on_die, left, DIE);
	queue = alloc_workqueue("dies", 0, 0);
	if (!strcmp(where, "init"))
		die();
	kthread_run(runs, NULL, "dies");
	if (*how)
		kthread_run(sleeps, NULL, "sleeps");
	return 0;
}

static void __exit dies_exit(void)
{
	kfree(handler->context);
	multikernel_unregister_handler(handler);
	destroy_workqueue(queue);
}

module_init(dies_init);
module_exit(dies_exit);
MODULE_LICENSE("GPL");
