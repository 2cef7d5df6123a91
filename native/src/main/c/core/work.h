/* SPDX-License-Identifier: Apache-2.0 */
/* work.h: what the two units of workqueues share: work.c runs works, queue.c makes and ends the queues. */
#ifndef MKEMU_CORE_WORK_H
#define MKEMU_CORE_WORK_H

#include "core.h"

struct workqueue_struct {
    struct list_head list; /* of the core */
    struct module *owner;  /* NULL: of the system */
    char name[32];
    unsigned int flags;
    int max_active;
    bool draining, dies;
    uint32_t waiting, running; /* works */
    struct { int active; } *cpu;
};

struct mkc_worker {
    struct list_head list; /* of its pool */
    struct mkc_task *task;
    struct mkc_pool *pool;
    struct work_struct *work; /* that it runs */
    struct workqueue_struct *queue;
    work_func_t function;
    uint64_t number;           /* of the run */
    bool idle, sleeps;
    int again; /* flushers look at it */
};

struct mkc_pool {
    struct mkc_cpu *cpu;
    struct list_head works, workers;
    uint32_t made;
    bool ends;
};

struct mkc_work {
    struct list_head queues;
    struct workqueue_struct *system;
};

/* Takes a work out of its queue, if it waits there; whether it did. Under work_lock. */
bool mkc_dequeue(struct work_struct *work);

#endif
