// SPDX-License-Identifier: Apache-2.0
/* stress.c: wake-ups between two CPUs, none of which may be lost; cancellations of what queues itself again. */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "check.h"

static unsigned int wakeups = 25000;
module_param(wakeups, uint, 0444);
static unsigned int cancels = 500;
module_param(cancels, uint, 0444);

static DECLARE_WAIT_QUEUE_HEAD(ping);
static DECLARE_WAIT_QUEUE_HEAD(pong);
static unsigned int sent, got;
static int over;

static int left(void *data)
{
    for (unsigned int i = 1; i <= wakeups; i++) {
        WRITE_ONCE(sent, i);
        wake_up(&ping);
        wait_event(pong, READ_ONCE(got) == i);
    }
    pr_info("%u wake-ups each way\n", got);
    return 0;
}

static int right(void *data)
{
    for (unsigned int i = 1; i <= wakeups; i++) {
        wait_event(ping, READ_ONCE(sent) == i);
        WRITE_ONCE(got, i);
        wake_up(&pong);
    }
    return 0;
}

struct thing {
    struct timer_list timer;
    struct work_struct work;
    struct delayed_work delayed;
    int canary, cpu;
};

static void on_timer(struct timer_list *timer)
{
    struct thing *t = from_timer(t, timer, timer);

    CHECK(READ_ONCE(t->canary) == 1);
    mod_timer(timer, jiffies);
    schedule_work_on(1 - t->cpu, &t->work);
}

static void on_work(struct work_struct *work)
{
    struct thing *t = container_of(work, struct thing, work);

    CHECK(READ_ONCE(t->canary) == 1);
    schedule_work(work);
    cond_resched();
    CHECK(READ_ONCE(t->canary) == 1);
}

static void on_delayed(struct work_struct *work)
{
    struct thing *t = container_of(work, struct thing, delayed.work);

    CHECK(READ_ONCE(t->canary) == 1);
    schedule_delayed_work_on(1 - t->cpu, &t->delayed, 0);
    if (smp_processor_id())
        usleep_range(1, 2);
    CHECK(READ_ONCE(t->canary) == 1);
}

static int canceller(void *data)
{
    for (unsigned int i = 0; i < cancels; i++) {
        struct thing *t = kzalloc(sizeof(*t), GFP_KERNEL);

        t->canary = 1;
        t->cpu = smp_processor_id();
        timer_setup(&t->timer, on_timer, 0);
        INIT_WORK(&t->work, on_work);
        INIT_DELAYED_WORK(&t->delayed, on_delayed);
        mod_timer(&t->timer, jiffies);
        schedule_work(&t->work);
        schedule_delayed_work(&t->delayed, i & 1);
        if (i % 16 == 0)
            msleep(1);
        else
            cond_resched();
        timer_delete_sync(&t->timer);
        cancel_work_sync(&t->work);
        cancel_delayed_work_sync(&t->delayed);
        WRITE_ONCE(t->canary, 2); /* what still runs sees it, or reads what is freed */
        kfree(t);
    }
    pr_info("%u cancellations on CPU %d\n", cancels, smp_processor_id());
    return 0;
}

static int __init stress_init(void)
{
    kthread_run_on_cpu(left, NULL, 0, "left");
    kthread_run_on_cpu(right, NULL, num_online_cpus() - 1, "right");
    if (num_online_cpus() > 1) {
        kthread_run_on_cpu(canceller, NULL, 0, "cancel/%u");
        kthread_run_on_cpu(canceller, NULL, 1, "cancel/%u");
    }
    return over;
}

static void __exit stress_exit(void)
{
}

module_init(stress_init);
module_exit(stress_exit);
MODULE_LICENSE("Apache-2.0");
