// SPDX-License-Identifier: Apache-2.0
/* waits.c: a kthread waits by one of the calls that wait for others, until a message (events.c sends it) lets it go. */
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/multikernel.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define GO 9

static char *on = "";
module_param(on, charp, 0444);

static DECLARE_COMPLETION(go);
static DECLARE_WAIT_QUEUE_HEAD(queue);
static struct workqueue_struct *own;
static struct mk_ipi_handler *handler;
static struct task_struct *waiter, *other;
static bool let_go;

static void works(struct work_struct *work)
{
	wait_for_completion(&go);
}
static DECLARE_WORK(work, works);

static void works_again(struct work_struct *work)
{
	queue_work(own, work);
	wait_for_completion(&go);
}
static DECLARE_WORK(again, works_again);
static DECLARE_DELAYED_WORK(delayed, works);

static int obeys(void *data)
{
	wait_event(queue, let_go);
	while (!kthread_should_stop()) {
		if (kthread_should_park())
			kthread_parkme();
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop() && !kthread_should_park())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 5;
}

static void tasklet_runs(struct tasklet_struct *tasklet)
{
}
static DECLARE_TASKLET_DISABLED(tasklet, tasklet_runs);

static int waits(void *data)
{
	bool is = false;

	if (!strcmp(on, "flush_work"))
		is = queue_work(own, &work) && flush_work(&work) && !work_busy(&work);
	else if (!strcmp(on, "flush_again"))
		is = queue_work(own, &again) && flush_work(&again) && cancel_work_sync(&again);
	else if (!strcmp(on, "flush_delayed"))
		is = queue_delayed_work(own, &delayed, HZ * 3600) && flush_delayed_work(&delayed);
	else if (!strcmp(on, "flush_workqueue")) {
		is = queue_work(own, &work);
		flush_workqueue(own);
	} else if (!strcmp(on, "cancel_work")) {
		is = queue_work(own, &work);
		cond_resched(); /* it begins */
		is &= !cancel_work_sync(&work) && !work_busy(&work);
	} else if (!strcmp(on, "kthread_stop"))
		is = kthread_stop(other) == 5;
	else if (!strcmp(on, "kthread_park"))
		is = kthread_park(other) == 0;
	else if (!strcmp(on, "tasklet_kill")) {
		tasklet_schedule(&tasklet);
		tasklet_kill(&tasklet);
		is = true;
	}
	pr_info("%s is over: %d\n", on, is);
	if (!strcmp(on, "kthread_park")) {
		kthread_unpark(other);
		kthread_stop(other);
	}
	return 0;
}

static void on_go(struct mk_ipi_data *data, void *context)
{
	let_go = true;
	wake_up(&queue);
	complete_all(&go);
	tasklet_enable(&tasklet);
}

static int __init waits_init(void)
{
	handler = multikernel_register_handler(on_go, NULL, GO);
	own = alloc_workqueue("own", 0, 0);
	if (!strncmp(on, "kthread", 7))
		other = kthread_run(obeys, NULL, "other");
	waiter = kthread_run(waits, NULL, "waits");
	return 0;
}

static void __exit waits_exit(void)
{
	multikernel_unregister_handler(handler);
	destroy_workqueue(own);
}

module_init(waits_init);
module_exit(waits_exit);
MODULE_LICENSE("Apache-2.0");
