// SPDX-License-Identifier: Apache-2.0
/* wrong.c: what a module must not do: wrong.kind says what. */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/multikernel.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include "check.h"

static char *kind = "";
module_param(kind, charp, 0444);
static DEFINE_SPINLOCK(lock);
static struct timer_list timer;
static struct delayed_work work;

static noinline void in_callback(struct mk_ipi_data *data, void *context)
{
    msleep(1);
}

static void nothing(struct timer_list *t)
{
}

static void no_work(struct work_struct *w)
{
}

static void warns(struct work_struct *w)
{
    WARN(1, "in a work\n");
}

static DECLARE_WORK(warning, warns);

static int sleeps(void *data)
{
    for (;;)
        msleep(1000);
    return 0;
}

static int __init wrong_init(void)
{
    if (!strcmp(kind, "bug")) {
        BUG_ON(kind[0] == 'b');
    } else if (!strcmp(kind, "warn")) {
        CHECK(WARN(1, "value %d\n", 5));
        WARN_ON_ONCE(1);
    } else if (!strcmp(kind, "lock")) {
        spin_lock(&lock);
        msleep(1);
    } else if (!strcmp(kind, "twice")) {
        spin_lock(&lock);
        spin_lock(&lock);
    } else if (!strcmp(kind, "callback")) {
        multikernel_register_handler(in_callback, NULL, 5);
        multikernel_send_ipi_data(mk_this_instance_id(), NULL, 0, 5);
        msleep(1000);
    } else if (!strcmp(kind, "panic")) {
        panic("out of %s\n", "luck");
    } else if (!strcmp(kind, "free")) {
        void *p = kmalloc(10, GFP_KERNEL);
        kfree((char *)p + 16);
        kfree(p);
    } else if (!strcmp(kind, "work")) {
        schedule_work(&warning);
        flush_work(&warning);
    } else if (!strcmp(kind, "fails")) {
        return -ENODEV;
    } else if (!strcmp(kind, "positive")) {
        return 3;
    }
    return 0;
}

/* It leaves everything. */
static void __exit wrong_exit(void)
{
    if (strcmp(kind, "leaves"))
        return;
    kthread_run(sleeps, NULL, "sleeper");
    if (!kzalloc(100, GFP_KERNEL) || !__get_free_page(GFP_KERNEL))
        pr_err("FAIL\n");
    multikernel_register_handler(in_callback, NULL, 6);
    timer_setup(&timer, nothing, 0);
    mod_timer(&timer, jiffies + 100000);
    INIT_DELAYED_WORK(&work, no_work);
    schedule_delayed_work(&work, 100000);
    alloc_workqueue("mine", 0, 0);
}

module_init(wrong_init);
module_exit(wrong_exit);
MODULE_LICENSE("Apache-2.0");
