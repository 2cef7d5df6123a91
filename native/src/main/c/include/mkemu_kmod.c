/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_kmod.c: mk cc compiles it into every module: what the module exports, and the functions of linux/ that call the
 * kernel by the table. Only mkemu_kmod is seen from outside.
 */
#pragma GCC visibility push(hidden)
#include <mkemu_kmod.h>
#include <linux/completion.h>
#include <linux/crc32.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/multikernel.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME ""
#endif

const struct mkemu_kmod_table *mkemu_table;

int mkemu_init_module(void) __attribute__((weak));
void mkemu_exit_module(void) __attribute__((weak));
extern const struct mkemu_kmod_param *const __start_mkemu_params[] __attribute__((weak));
extern const struct mkemu_kmod_param *const __stop_mkemu_params[] __attribute__((weak));
extern const char __start_mkemu_info[] __attribute__((weak)), __stop_mkemu_info[] __attribute__((weak));
extern char __start_mkemu_percpu[] __attribute__((weak)), __stop_mkemu_percpu[] __attribute__((weak));

__attribute__((used)) struct module mkemu_kmod = {
    .magic = MKEMU_KMOD_MAGIC,
    .version = MKEMU_KMOD_VERSION,
    .machine = MKEMU_KMOD_MACHINE,
    .table_size = sizeof(struct mkemu_kmod_table),
    .module_size = sizeof(struct module),
    .name = KBUILD_MODNAME,
    .init = mkemu_init_module,
    .exit = mkemu_exit_module,
    .params = __start_mkemu_params,
    .params_end = __stop_mkemu_params,
    .info = __start_mkemu_info,
    .info_end = __stop_mkemu_info,
    .percpu = __start_mkemu_percpu,
    .percpu_end = __stop_mkemu_percpu,
    .table = &mkemu_table,
};

#define MKEMU_CALL(result, name, parameters, arguments) \
    result name parameters                              \
    {                                                   \
        return mkemu_table->name arguments;             \
    }
#include <mkemu_kmod_calls.h>

int _printk(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = mkemu_vprintk(&mkemu_kmod, format, args);
    va_end(args);
    return n;
}

int vprintk(const char *format, va_list args)
{
    return mkemu_vprintk(&mkemu_kmod, format, args);
}

void mkemu_warn(const char *file, int line, const char *function, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    mkemu_vwarn(file, line, function, format, args);
    va_end(args);
}

void mkemu_bug_at(const char *file, int line, const char *function)
{
    mkemu_bug(file, line, function);
    __builtin_trap();
}

void panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    mkemu_vpanic(format, args);
    va_end(args);
    __builtin_trap();
}

/* Compilers that protect stacks call it. */
void __stack_chk_fail(void) __attribute__((noreturn));
void __stack_chk_fail(void)
{
    panic("stack-protector: Kernel stack is corrupted in: %pS", __builtin_return_address(0));
}

int snprintf(char *to, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(to, size, format, args);
    va_end(args);
    return n;
}

int vscnprintf(char *to, size_t size, const char *format, va_list args)
{
    int n = size ? vsnprintf(to, size, format, args) : 0;

    return n >= 0 && (size_t)n >= size ? (int)(size ? size - 1 : 0) : n;
}

int scnprintf(char *to, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vscnprintf(to, size, format, args);
    va_end(args);
    return n;
}

int vsprintf(char *to, const char *format, va_list args)
{
    return vsnprintf(to, INT_MAX, format, args);
}

int sprintf(char *to, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsprintf(to, format, args);
    va_end(args);
    return n;
}

int sscanf(const char *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsscanf(text, format, args);
    va_end(args);
    return n;
}

int kstrtobool(const char *text, bool *result)
{
    char c = text ? text[0] : 0, d = c ? text[1] : 0;

    if (strchr("yYtT1", c) && c)
        *result = true;
    else if (strchr("nNfF0", c) && c)
        *result = false;
    else if ((c | 32) == 'o' && ((d | 32) == 'n' || (d | 32) == 'f'))
        *result = (d | 32) == 'n';
    else
        return -EINVAL;
    return 0;
}

struct task_struct *mkemu_kthread_createf(struct module *m, int (*run)(void *data), void *data, int cpu,
    const char *format, ...)
{
    char name[TASK_COMM_LEN];
    va_list args;

    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return mkemu_kthread_create(m, run, data, cpu, name);
}

/* The name may have one %u, for the CPU. */
struct task_struct *mkemu_kthread_on_cpu(struct module *m, int (*run)(void *data), void *data, unsigned int cpu,
    const char *format)
{
    char name[TASK_COMM_LEN];

    snprintf(name, sizeof name, format, cpu);
    return mkemu_kthread_create(m, run, data, (int)cpu, name);
}

void kthread_exit(long result)
{
    mkemu_kthread_exit(NULL, result);
    __builtin_trap();
}

void kthread_complete_and_exit(struct completion *done, long result)
{
    mkemu_kthread_exit(done, result);
    __builtin_trap();
}

void mkemu_usleep(u64 us)
{
    s64 due = (s64)(ktime_get_ns() + us * 1000);

    do
        set_current_state(TASK_UNINTERRUPTIBLE);
    while (mkemu_schedule_until(due) && (s64)ktime_get_ns() < due);
}

void msleep(unsigned int ms)
{
    mkemu_usleep((u64)ms * 1000);
}

/* What a wake-up left of it, in ms. */
unsigned long msleep_interruptible(unsigned int ms)
{
    return jiffies_to_msecs(schedule_timeout_interruptible(msecs_to_jiffies(ms)));
}

void mkemu_delay(u64 ns)
{
    u64 end = ktime_get_ns() + ns;

    while (ktime_get_ns() < end)
        barrier();
}

int multikernel_send_ipi_data(int instance_id, void *data, size_t data_size, unsigned long type)
{
    return mkemu_table->mkemu_kmod_send(instance_id, -1, data, data_size, type);
}

struct workqueue_struct *mkemu_alloc_workqueue(struct module *m, unsigned int flags, int max_active,
    const char *format, ...)
{
    char name[32];
    va_list args;

    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return mkemu_workqueue_create(m, name, flags, max_active);
}

void seq_printf(struct seq_file *file, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    mkemu_seq_vprintf(file, format, args);
    va_end(args);
}

void seq_puts(struct seq_file *file, const char *text)
{
    mkemu_seq_write(file, text, strlen(text));
}

void seq_putc(struct seq_file *file, char c)
{
    mkemu_seq_write(file, &c, 1);
}

ssize_t seq_read(struct file *file, char *to, size_t size, loff_t *position)
{
    (void)file;
    (void)to;
    (void)size;
    (void)position;
    return -EINVAL; /* a file is read by its open */
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return -EINVAL;
}

#include "mkemu_kmod_string.h"
#pragma GCC visibility pop
