/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux/kthread.h: threads of the kernel. They run on the CPU that they are made on, or that they are bound to,
 * one at a time; an instance's run ends when all have ended.
 */
#ifndef MKEMU_LINUX_KTHREAD_H
#define MKEMU_LINUX_KTHREAD_H

#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/sched.h>

struct task_struct *mkemu_kthread_create(struct module *m, int (*run)(void *data), void *data, int cpu,
    const char *name);
__printf(5, 6) struct task_struct *mkemu_kthread_createf(struct module *m, int (*run)(void *data), void *data, int cpu,
    const char *format, ...);
struct task_struct *mkemu_kthread_on_cpu(struct module *m, int (*run)(void *data), void *data, unsigned int cpu,
    const char *format);
void kthread_bind(struct task_struct *task, unsigned int cpu);
int kthread_stop(struct task_struct *task);
bool kthread_should_stop(void);
int kthread_park(struct task_struct *task);
void kthread_unpark(struct task_struct *task);
bool kthread_should_park(void);
void kthread_parkme(void);
void *kthread_data(struct task_struct *task);
__noreturn void kthread_exit(long result);
__noreturn void kthread_complete_and_exit(struct completion *done, long result);

#define NUMA_NO_NODE (-1)
#define kthread_create(run, data, ...) mkemu_kthread_createf(&mkemu_kmod, (run), (data), -1, __VA_ARGS__)
#define kthread_create_on_node(run, data, node, ...) \
    ((void)(node), mkemu_kthread_createf(&mkemu_kmod, (run), (data), -1, __VA_ARGS__))
/* The name has %u for the CPU, or nothing. */
#define kthread_create_on_cpu(run, data, cpu, name) \
    mkemu_kthread_on_cpu(&mkemu_kmod, (run), (data), (cpu), (name))
#define kthread_run_(task) ({                        \
    struct task_struct *started_ = (task);           \
    if (!IS_ERR(started_))                           \
        wake_up_process(started_);                   \
    started_;                                        \
})
#define kthread_run(run, data, ...) kthread_run_(kthread_create(run, data, __VA_ARGS__))
#define kthread_run_on_cpu(run, data, cpu, name) kthread_run_(kthread_create_on_cpu(run, data, cpu, name))
#define kthread_stop_put(task) ({                    \
    struct task_struct *stopped_ = (task);           \
    int result_ = kthread_stop(stopped_);            \
    put_task_struct(stopped_);                       \
    result_;                                         \
})
#define kthread_freezable_should_stop(frozen) kthread_should_stop()

#endif
