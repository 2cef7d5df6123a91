/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux/workqueue.h: work that may sleep: run by kworkers, each on its CPU. What runs is not run a second
 * time at once, and work that waits does not hold up other work.
 */
#ifndef MKEMU_LINUX_WORKQUEUE_H
#define MKEMU_LINUX_WORKQUEUE_H

#include <linux/list.h>
#include <linux/timer.h>

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
    struct list_head entry;
    work_func_t func;
    u32 pending; /* under the lock of the kernel's workqueues */
    u32 disabled;
    u32 cpu;
    u32 begun; /* how often it has */
    struct workqueue_struct *queue;
    struct module *owner;
};

struct delayed_work {
    struct work_struct work;
    struct timer_list timer;
    struct workqueue_struct *wq;
    int cpu;
};

#define __WORK_INITIALIZER(function) { .func = (function) }
#define DECLARE_WORK(name, function) struct work_struct name = __WORK_INITIALIZER(function)
#define __DELAYED_WORK_INITIALIZER(function) { .work = __WORK_INITIALIZER(function) }
#define DECLARE_DELAYED_WORK(name, function) struct delayed_work name = __DELAYED_WORK_INITIALIZER(function)
#define INIT_WORK(work, function) ((void)(*(work) = (struct work_struct)__WORK_INITIALIZER(function)))
#define INIT_WORK_ONSTACK(work, function) INIT_WORK(work, function)
#define INIT_DELAYED_WORK(dwork, function) \
    ((void)(*(dwork) = (struct delayed_work)__DELAYED_WORK_INITIALIZER(function)))
#define INIT_DEFERRABLE_WORK(dwork, function) INIT_DELAYED_WORK(dwork, function)
#define destroy_work_on_stack(work) ((void)(work))
#define to_delayed_work(w) container_of(w, struct delayed_work, work)

#define WQ_UNBOUND 2u
#define WQ_FREEZABLE 4u
#define WQ_MEM_RECLAIM 8u
#define WQ_HIGHPRI 16u
#define WQ_CPU_INTENSIVE 32u
#define WQ_SYSFS 64u
#define WQ_PERCPU 256u
#define __WQ_ORDERED (1u << 17)
#define WQ_MAX_ACTIVE 2048
#define WQ_DFL_ACTIVE 1024
#define WORK_CPU_UNBOUND (-1)
#define WORK_BUSY_PENDING 1u
#define WORK_BUSY_RUNNING 2u

__printf(4, 5) struct workqueue_struct *mkemu_alloc_workqueue(struct module *m, unsigned int flags, int max_active,
    const char *format, ...);
void destroy_workqueue(struct workqueue_struct *queue);
struct workqueue_struct *mkemu_system_workqueue(int which);
bool mkemu_work_queue(struct module *m, int cpu, struct workqueue_struct *queue, struct work_struct *work);
bool mkemu_delayed_work_queue(struct module *m, int cpu, struct workqueue_struct *queue, struct delayed_work *work,
    unsigned long delay, bool modify);
bool flush_work(struct work_struct *work);
bool flush_delayed_work(struct delayed_work *work);
bool mkemu_work_cancel(struct work_struct *work, bool wait, int disable);
bool mkemu_delayed_work_cancel(struct delayed_work *work, bool wait);
bool enable_work(struct work_struct *work);
void mkemu_flush_workqueue(struct workqueue_struct *queue, bool drain);
unsigned int work_busy(struct work_struct *work);

/* max_active is for each CPU; an ordered queue runs one work at a time, on the boot CPU. */
#define alloc_workqueue(format, flags, max_active, ...) \
    mkemu_alloc_workqueue(&mkemu_kmod, (flags), (max_active), (format), ##__VA_ARGS__)
#define alloc_ordered_workqueue(format, flags, ...) \
    mkemu_alloc_workqueue(&mkemu_kmod, (flags) | __WQ_ORDERED, 1, (format), ##__VA_ARGS__)
#define create_workqueue(name) alloc_workqueue("%s", 0, 1, (name))
#define create_singlethread_workqueue(name) alloc_ordered_workqueue("%s", 0, (name))
#define system_wq mkemu_system_workqueue(0)
#define system_percpu_wq mkemu_system_workqueue(0)
#define system_highpri_wq mkemu_system_workqueue(0)
#define system_long_wq mkemu_system_workqueue(0)
#define system_unbound_wq mkemu_system_workqueue(0)
#define system_dfl_wq mkemu_system_workqueue(0)

#define queue_work(queue, work) mkemu_work_queue(&mkemu_kmod, -1, (queue), (work))
#define queue_work_on(cpu, queue, work) mkemu_work_queue(&mkemu_kmod, (cpu), (queue), (work))
#define schedule_work(work) queue_work(system_wq, work)
#define schedule_work_on(cpu, work) queue_work_on(cpu, system_wq, work)
#define queue_delayed_work(queue, dwork, delay) \
    mkemu_delayed_work_queue(&mkemu_kmod, -1, (queue), (dwork), (delay), false)
#define queue_delayed_work_on(cpu, queue, dwork, delay) \
    mkemu_delayed_work_queue(&mkemu_kmod, (cpu), (queue), (dwork), (delay), false)
#define mod_delayed_work(queue, dwork, delay) \
    mkemu_delayed_work_queue(&mkemu_kmod, -1, (queue), (dwork), (delay), true)
#define mod_delayed_work_on(cpu, queue, dwork, delay) \
    mkemu_delayed_work_queue(&mkemu_kmod, (cpu), (queue), (dwork), (delay), true)
#define schedule_delayed_work(dwork, delay) queue_delayed_work(system_wq, dwork, delay)
#define schedule_delayed_work_on(cpu, dwork, delay) queue_delayed_work_on(cpu, system_wq, dwork, delay)
#define cancel_work(work) mkemu_work_cancel((work), false, 0)
#define cancel_work_sync(work) mkemu_work_cancel((work), true, 0)
#define disable_work(work) mkemu_work_cancel((work), false, 1)
#define disable_work_sync(work) mkemu_work_cancel((work), true, 1)
#define cancel_delayed_work(dwork) mkemu_delayed_work_cancel((dwork), false)
#define cancel_delayed_work_sync(dwork) mkemu_delayed_work_cancel((dwork), true)
#define flush_workqueue(queue) mkemu_flush_workqueue((queue), false)
#define drain_workqueue(queue) mkemu_flush_workqueue((queue), true)
#define flush_scheduled_work() flush_workqueue(system_wq)

static inline bool work_pending(struct work_struct *work)
{
    return READ_ONCE(work->pending) != 0;
}

static inline bool delayed_work_pending(struct delayed_work *dwork)
{
    return READ_ONCE(dwork->work.pending) || timer_pending(&dwork->timer);
}

#endif
