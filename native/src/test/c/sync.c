// SPDX-License-Identifier: Apache-2.0
/* sync.c: tasks, waits, locks, timers and work; on one CPU or on several. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "check.h"

static int other; /* a CPU, another one if there is one */
static DECLARE_WAIT_QUEUE_HEAD(queue);
static DECLARE_COMPLETION(done);
static DEFINE_MUTEX(mutex);
static DEFINE_SEMAPHORE(semaphore, 1);
static DECLARE_RWSEM(rwsem);
static int ready, inside, order[8], orders;

static int waker(void *data)
{
    CHECK(smp_processor_id() == other && current->pid > 1);
    msleep(2);
    WRITE_ONCE(ready, 1);
    wake_up(&queue);
    return 5;
}

static void waits(void)
{
    struct task_struct *t = kthread_run_on_cpu(waker, NULL, (unsigned int)other, "waker/%u");
    unsigned long before = jiffies;

    get_task_struct(t);
    wait_event(queue, READ_ONCE(ready));
    CHECK(kthread_stop_put(t) == 5);
    CHECK(wait_event_timeout(queue, ready == 2, 3) == 0 && time_after_eq(jiffies, before + 3));
    CHECK(wait_event_timeout(queue, ready == 1, 3) > 0 && wait_event_interruptible(queue, ready) == 0);
    CHECK(wait_event_hrtimeout(queue, ready == 2, us_to_ktime(500)) == -ETIME);
    CHECK(schedule_timeout_uninterruptible(2) == 0);
    ktime_t start = ktime_get();
    usleep_range(300, 400);
    CHECK(ktime_us_delta(ktime_get(), start) >= 300);
}

static int stays(void *data)
{
    while (!kthread_should_stop()) {
        set_current_state(TASK_INTERRUPTIBLE);
        if (!kthread_should_stop())
            schedule();
        __set_current_state(TASK_RUNNING);
    }
    return 9;
}

static int parks(void *data)
{
    while (!kthread_should_stop()) {
        if (kthread_should_park())
            kthread_parkme();
        (*(int *)data)++;
        msleep(1);
    }
    return 0;
}

static void threads(void)
{
    int count = 0;
    struct task_struct *t = kthread_run_on_cpu(stays, NULL, (unsigned int)other, "stays"), *never;

    msleep(1);
    CHECK(kthread_stop(t) == 9);
    never = kthread_create(stays, NULL, "never");
    kthread_bind(never, (unsigned int)other);
    CHECK(kthread_stop(never) == -EINTR);
    t = kthread_run_on_cpu(parks, &count, (unsigned int)other, "parks");
    while (!READ_ONCE(count))
        msleep(1);
    CHECK(!kthread_park(t));
    int seen = READ_ONCE(count);
    msleep(5);
    CHECK(READ_ONCE(count) == seen);
    kthread_unpark(t);
    while (READ_ONCE(count) == seen)
        msleep(1);
    kthread_stop(t);
}

static int locker(void *data)
{
    for (int i = 0; i < 200; i++) {
        mutex_lock(&mutex);
        CHECK(!inside);
        inside = 1;
        if (i % 4 == 0)
            usleep_range(10, 20);
        else
            cond_resched();
        inside = 0;
        mutex_unlock(&mutex);
        down(&semaphore);
        CHECK(down_trylock(&semaphore) == 1);
        up(&semaphore);
        if (data) {
            down_write(&rwsem);
            CHECK(!down_read_trylock(&rwsem));
            cond_resched();
            up_write(&rwsem);
        } else {
            down_read(&rwsem);
            cond_resched();
            up_read(&rwsem);
        }
    }
    complete(&done);
    return 0;
}

static void locks(void)
{
    struct semaphore none;

    for (long i = 0; i < 4; i++)
        kthread_run_on_cpu(locker, (void *)(i & 1), i & 2 ? (unsigned int)other : 0, "locker");
    for (int i = 0; i < 4; i++)
        wait_for_completion(&done);
    CHECK(mutex_trylock(&mutex) && mutex_is_locked(&mutex) && !mutex_trylock(&mutex));
    mutex_unlock(&mutex);
    sema_init(&none, 0);
    CHECK(down_timeout(&none, 2) == -ETIME);
    CHECK(!wait_for_completion_timeout(&done, 2) && !try_wait_for_completion(&done));
    complete_all(&done);
    CHECK(wait_for_completion_timeout(&done, 2) && completion_done(&done));
    reinit_completion(&done);
}

struct late {
    struct timer_list timer;
    int n;
};

static void late(struct timer_list *timer)
{
    struct late *l = from_timer(l, timer, timer);

    CHECK(in_interrupt());
    order[orders++] = l->n;
    if (orders == 3)
        complete(&done);
}

static int ticks;

static enum hrtimer_restart tick(struct hrtimer *timer)
{
    hrtimer_forward_now(timer, us_to_ktime(200));
    if (++ticks < 5)
        return HRTIMER_RESTART;
    complete(&done);
    return HRTIMER_NORESTART;
}

static void timers(void)
{
    struct late *l = kcalloc(4, sizeof(*l), GFP_KERNEL);
    unsigned long now = jiffies;
    struct hrtimer hr;

    for (int i = 0; i < 4; i++) {
        l[i].n = i;
        timer_setup(&l[i].timer, late, 0);
    }
    CHECK(!mod_timer(&l[0].timer, now + 9) && !mod_timer(&l[1].timer, now + 3) && !mod_timer(&l[2].timer, now + 6));
    CHECK(!mod_timer(&l[3].timer, now + 5) && timer_pending(&l[3].timer) && del_timer_sync(&l[3].timer) == 1);
    CHECK(!timer_pending(&l[3].timer) && timer_delete(&l[3].timer) == 0);
    wait_for_completion(&done);
    CHECK(orders == 3 && order[0] == 1 && order[1] == 2 && order[2] == 0 && time_after_eq(jiffies, now + 9));
    kfree(l);
    hrtimer_setup(&hr, tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
    hrtimer_start(&hr, us_to_ktime(100), HRTIMER_MODE_REL);
    wait_for_completion(&done);
    CHECK(ticks == 5 && !hrtimer_cancel(&hr) && !hrtimer_active(&hr));
}

static struct work_struct first, second;
static DECLARE_COMPLETION(second_ran);

static void first_work(struct work_struct *work)
{
    /* Another work goes on while this one sleeps. */
    queue_work(system_wq, &second);
    CHECK(wait_for_completion_timeout(&second_ran, 10 * HZ));
}

static void second_work(struct work_struct *work)
{
    complete(&second_ran);
}

static int freed;

static void frees_itself(struct work_struct *work)
{
    kfree(work);
    WRITE_ONCE(freed, 1);
}

static struct delayed_work again;
static int agains;

static void again_work(struct work_struct *work)
{
    agains++;
    schedule_delayed_work(to_delayed_work(work), 1);
}

static struct work_struct ordered[4];

static void ordered_work(struct work_struct *work)
{
    order[orders++] = (int)(work - ordered);
    msleep(4 - (unsigned int)(work - ordered));
}

static void works(void)
{
    struct work_struct *own = kmalloc(sizeof(*own), GFP_KERNEL);
    struct workqueue_struct *q = alloc_ordered_workqueue("one%d", 0, 1);

    INIT_WORK(&first, first_work);
    INIT_WORK(&second, second_work);
    INIT_WORK(own, frees_itself);
    CHECK(schedule_work_on(other, &first));
    flush_work(&first);
    CHECK(completion_done(&second_ran) == 0 && !flush_work(&first) && !work_busy(&first));
    schedule_work(own);
    flush_workqueue(system_wq);
    CHECK(READ_ONCE(freed));
    INIT_DELAYED_WORK(&again, again_work);
    CHECK(schedule_delayed_work(&again, 2) && !schedule_delayed_work(&again, 2) && delayed_work_pending(&again));
    CHECK(mod_delayed_work(system_wq, &again, 1));
    while (READ_ONCE(agains) < 3)
        msleep(1);
    cancel_delayed_work_sync(&again);
    int seen = agains;
    msleep(5);
    CHECK(agains == seen && !delayed_work_pending(&again));
    orders = 0;
    for (int i = 0; i < 4; i++) {
        INIT_WORK(&ordered[i], ordered_work);
        CHECK(queue_work_on(i & 1 ? other : 0, q, &ordered[i]));
    }
    destroy_workqueue(q);
    CHECK(orders == 4 && order[0] == 0 && order[1] == 1 && order[2] == 2 && order[3] == 3);
}

struct numbered {
    struct irq_work work;
    int number;
};

static void soon(struct irq_work *work)
{
    CHECK(in_interrupt());
    order[orders++] = container_of(work, struct numbered, work)->number;
}

static void small(struct tasklet_struct *t)
{
    CHECK(in_interrupt());
    order[orders++] = 7;
}

static void where(void *info)
{
    *(int *)info = smp_processor_id();
}

static void plus(void *info)
{
    atomic_inc(info);
}

struct old {
    struct rcu_head rcu;
    int n;
};

static int olds;

static void forget(struct rcu_head *head)
{
    kfree(container_of(head, struct old, rcu));
    olds++;
}

static void soft(void)
{
    struct numbered one = {.work = IRQ_WORK_INIT(soon), .number = 1}, two = {.work = IRQ_WORK_INIT(soon), .number = 2};
    DECLARE_TASKLET(tasklet, small);
    int on = -1;
    atomic_t count = ATOMIC_INIT(0);
    struct old *old = kzalloc(sizeof(*old), GFP_KERNEL), *reader;

    orders = 0;
    CHECK(irq_work_queue(&one.work) && !irq_work_queue(&one.work) && irq_work_queue(&two.work));
    irq_work_sync(&one.work);
    irq_work_sync(&two.work);
    CHECK(orders == 2 && order[0] == 2 && order[1] == 1);
    irq_work_queue_on(&one.work, other);
    irq_work_sync(&one.work);
    CHECK(orders == 3);
    tasklet_schedule(&tasklet);
    tasklet_kill(&tasklet);
    CHECK(orders == 4 && order[3] == 7);
    CHECK(!smp_call_function_single(other, where, &on, 1) && on == other);
    on_each_cpu(plus, &count, 1);
    CHECK(atomic_read(&count) == (int)num_online_cpus());
    rcu_read_lock();
    reader = rcu_dereference(old);
    CHECK(reader->n == 0 && in_atomic());
    rcu_read_unlock();
    synchronize_rcu();
    call_rcu(&old->rcu, forget);
    rcu_barrier();
    CHECK(olds == 1);
}

static int main_thread(void *data)
{
    unsigned long flags;
    DEFINE_SPINLOCK(lock);

    spin_lock_irqsave(&lock, flags);
    CHECK(in_atomic() && irqs_disabled() && spin_is_locked(&lock) && !in_interrupt());
    spin_unlock_irqrestore(&lock, flags);
    CHECK(!in_atomic() && !irqs_disabled());
    waits();
    threads();
    locks();
    timers();
    works();
    soft();
    pr_info("all done\n");
    return 0;
}

static int __init sync_init(void)
{
    other = (int)num_online_cpus() - 1;
    return PTR_ERR_OR_ZERO(kthread_run(main_thread, NULL, "main"));
}

static void __exit sync_exit(void)
{
}

module_init(sync_init);
module_exit(sync_exit);
MODULE_LICENSE("Apache-2.0");
