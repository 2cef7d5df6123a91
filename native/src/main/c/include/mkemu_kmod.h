/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_kmod.h: what lies between a kernel module's shared object and the kernel that loads it. A module includes
 * <linux/module.h> and its like, not this. Its shared object exports one symbol, mkemu_kmod, of struct module; what it
 * calls of the kernel goes through one table of pointers (mkemu_kmod_calls.h), which the kernel gives it at its load.
 *
 * The table only grows, at its end, and then MKEMU_KMOD_VERSION does. A structure of linux/ that a kernel looks into is
 * never changed: or MKEMU_KMOD_OLDEST becomes that version too, and older modules are refused.
 */
#ifndef MKEMU_KMOD_H
#define MKEMU_KMOD_H

#include <linux/types.h>

#define MKEMU_KMOD_MAGIC 0x646f6d6b756d656bULL /* "kemukmod" */
#define MKEMU_KMOD_VERSION 2u
#define MKEMU_KMOD_OLDEST 1u
#define MKEMU_KMOD_SYMBOL "mkemu_kmod"

/* e_machine of ELF. */
#define MKEMU_KMOD_X86_64 62u
#define MKEMU_KMOD_AARCH64 183u
#if defined __x86_64__ && defined __LP64__
#define MKEMU_KMOD_MACHINE MKEMU_KMOD_X86_64
#elif defined __aarch64__ && defined __LP64__
#define MKEMU_KMOD_MACHINE MKEMU_KMOD_AARCH64
#else
#error "mkemu runs kernel modules on x86-64 and aarch64"
#endif

#define MKEMU_TASK_COMM_LEN 16
#define MKEMU_NR_CPUS 1024

enum mkemu_param_type {
    MKEMU_PARAM_BYTE, MKEMU_PARAM_SHORT, MKEMU_PARAM_USHORT, MKEMU_PARAM_INT, MKEMU_PARAM_UINT, MKEMU_PARAM_LONG,
    MKEMU_PARAM_ULONG, MKEMU_PARAM_ULLONG, MKEMU_PARAM_HEXINT, MKEMU_PARAM_BOOL, MKEMU_PARAM_INVBOOL,
    MKEMU_PARAM_CHARP, MKEMU_PARAM_STRING, MKEMU_PARAM_CALLBACK /* its value is a struct kernel_param */
};

/* Of module_param: where the value goes. */
struct mkemu_kmod_param {
    const char *name;
    void *value;
    unsigned int *count;   /* array: how many were given; may be NULL */
    uint32_t type;         /* enum mkemu_param_type */
    uint32_t element_size; /* bytes; string: its room */
    uint32_t max;          /* elements; 0: no array */
    uint32_t permissions;  /* nobody looks at them: there is no sysfs */
};

/* What a module exports, and what THIS_MODULE points to. */
struct module {
    uint64_t magic;
    uint32_t version, machine;
    uint64_t table_size, module_size; /* sizes of the two structures, as it was compiled */
    const char *name;                 /* KBUILD_MODNAME; "": that of the file */
    int (*init)(void);
    void (*exit)(void);
    const struct mkemu_kmod_param *const *params, *const *params_end;
    const char *info, *info_end; /* "license=GPL\0version=1\0" */
    char *percpu, *percpu_end;   /* what DEFINE_PER_CPU defined, as it begins */
    const struct mkemu_kmod_table **table;
    void *core; /* the kernel's own */
    uint64_t reserved[8];
};

struct completion;
struct hrtimer;
struct irq_work;
struct kmem_cache;
struct mk_instance;
struct mk_ipi_data;
struct mk_ipi_handler;
struct mk_pending_msg;
struct mutex;
struct page;
struct ratelimit_state;
struct raw_spinlock;
struct rw_semaphore;
struct semaphore;
struct seq_file;
struct task_struct;
struct tasklet_struct;
struct timer_list;
struct wait_queue_entry;
struct wait_queue_head;
struct work_struct;
struct delayed_work;
struct workqueue_struct;
struct dentry;
struct proc_dir_entry;
struct file_operations;
struct proc_ops;
struct inode;

/* A point in time that a CPU waits for. All zero: nobody does. */
struct mkemu_timer {
    struct mkemu_timer *child, *next, *previous; /* a pairing heap */
    s64 due;                                     /* CLOCK_MONOTONIC, in ns */
    u64 sequence;                                /* of equal ones the first comes first */
    struct module *owner;
    u32 kind, cpu; /* kind 0: it is not armed */
};

#define MKEMU_CALL(result, name, parameters, arguments) result(*name) parameters;
struct mkemu_kmod_table {
    uint64_t magic;
    uint32_t version, machine;
    uint64_t size;
#include <mkemu_kmod_calls.h>
};
#undef MKEMU_CALL

extern const struct mkemu_kmod_table *mkemu_table __attribute__((visibility("hidden")));
extern struct module mkemu_kmod __attribute__((visibility("protected")));

#endif
