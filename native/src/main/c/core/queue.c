/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c: workqueues are made, flushed and ended; work.c runs what is queued. */
#include "work.h"

static struct workqueue_struct *make(struct mkemu_core *core, struct module *m, const char *name, unsigned int flags,
    int max_active)
{
    struct workqueue_struct *queue = mkc_alloc(sizeof *queue);

    if (queue)
        queue->cpu = mkc_alloc(core->cpus * sizeof *queue->cpu);
    if (!queue || !queue->cpu) {
        mkc_free(queue);
        return NULL;
    }
    queue->owner = m;
    queue->flags = flags;
    queue->max_active = max_active > 0 && max_active < WQ_MAX_ACTIVE ? max_active : WQ_DFL_ACTIVE;
    mkc_format(queue->name, sizeof queue->name, "%s", name);
    mkc_lock_take(&core->work_lock);
    list_add_tail(&queue->list, &core->work->queues);
    mkc_lock_give(&core->work_lock);
    return queue;
}

struct workqueue_struct *mkc_k_mkemu_workqueue_create(struct module *m, const char *name, unsigned int flags,
    int max_active)
{
    return make(mkc_this_cpu()->core, m, name, flags, max_active);
}

struct workqueue_struct *mkc_k_mkemu_system_workqueue(int which)
{
    (void)which;
    return mkc_this_cpu()->core->work->system;
}

static bool is_empty(struct mkemu_core *core, const struct workqueue_struct *queue)
{
    mkc_lock_take(&core->work_lock);
    bool empty = !queue->waiting && !queue->running;
    mkc_lock_give(&core->work_lock);
    return empty;
}

/* Waits until a queue is empty: what was queued before has run. */
void mkc_k_mkemu_flush_workqueue(struct workqueue_struct *queue, bool drain)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    mkc_k_mkemu_might_sleep("flush_workqueue", 0);
    mkc_lock_take(&core->work_lock);
    queue->draining = drain;
    mkc_lock_give(&core->work_lock);
    mkc_wait_until(&core->changed, is_empty(core, queue));
    mkc_lock_take(&core->work_lock);
    queue->draining = false;
    mkc_lock_give(&core->work_lock);
}

void mkc_k_destroy_workqueue(struct workqueue_struct *queue)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    if (!queue)
        return;
    mkc_k_mkemu_flush_workqueue(queue, true);
    mkc_lock_take(&core->work_lock);
    list_del(&queue->list);
    mkc_lock_give(&core->work_lock);
    mkc_free(queue->cpu);
    mkc_free(queue);
}

bool mkc_work_new(struct mkemu_core *core)
{
    core->work = mkc_alloc(sizeof *core->work);
    if (!core->work)
        return false;
    INIT_LIST_HEAD(&core->work->queues);
    for (uint32_t i = 0; i < core->cpus; i++) {
        struct mkc_pool *pool = mkc_alloc(sizeof *pool);
        if (!pool)
            return false;
        pool->cpu = &core->cpu[i];
        INIT_LIST_HEAD(&pool->works);
        INIT_LIST_HEAD(&pool->workers);
        core->cpu[i].pool = pool;
    }
    core->work->system = make(core, NULL, "events", 0, 0);
    return core->work->system != NULL;
}

/* Its tasks have been freed. */
void mkc_work_free(struct mkemu_core *core)
{
    struct workqueue_struct *queue, *after;
    struct mkc_worker *w, *next;

    list_for_each_entry_safe(queue, after, &core->work->queues, list) {
        mkc_free(queue->cpu);
        mkc_free(queue);
    }
    for (uint32_t i = 0; i < core->cpus; i++) {
        list_for_each_entry_safe(w, next, &core->cpu[i].pool->workers, list)
            mkc_free(w);
        mkc_free(core->cpu[i].pool);
    }
    mkc_free(core->work);
}

static bool runs_of(struct mkemu_core *core, const struct module *owner)
{
    const struct mkc_worker *w;
    bool runs = false;

    mkc_lock_take(&core->work_lock);
    for (uint32_t i = 0; i < core->cpus; i++)
        list_for_each_entry(w, &core->cpu[i].pool->workers, list)
            runs |= w->work && w->task->owner == owner;
    mkc_lock_give(&core->work_lock);
    return runs;
}

/* Ends what a module left queued, and waits for what of it runs. */
void mkc_works_drop(struct mkemu_core *core, struct module *owner)
{
    struct workqueue_struct *queue, *after;
    struct work_struct *work, *next;

    for (uint32_t i = 0; i < core->cpus; i++) {
        const void *first = NULL;
        unsigned int left = 0;
        char name[128];

        mkc_lock_take(&core->work_lock);
        list_for_each_entry_safe(work, next, &core->cpu[i].pool->works, entry) {
            if (work->owner != owner)
                continue;
            first = (const void *)(uintptr_t)work->func;
            left++;
            mkc_dequeue(work);
            work->disabled++;
        }
        mkc_lock_give(&core->work_lock);
        mkc_symbol(core, (uintptr_t)first, false, name, sizeof name);
        if (left)
            mkc_log(core, 4, "%s: left %u works queued (%s): they are dropped", mkc_of(owner)->name, left, name);
    }
    mkc_wait_until(&core->changed, !runs_of(core, owner));
    mkc_lock_take(&core->work_lock);
    list_for_each_entry_safe(queue, after, &core->work->queues, list) {
        if (queue->owner != owner)
            continue;
        list_del(&queue->list);
        mkc_lock_give(&core->work_lock);
        mkc_log(core, 4, "%s: left workqueue %s: it is destroyed", mkc_of(owner)->name, queue->name);
        mkc_free(queue->cpu);
        mkc_free(queue);
        mkc_lock_take(&core->work_lock);
    }
    mkc_lock_give(&core->work_lock);
}
