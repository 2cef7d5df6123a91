/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

struct handler {
    struct handler *next;
    uint64_t id, token;
    uint32_t type;
};

/* The memory of a handler may be another's by now: the id tells. */
struct reference {
    struct handler *handler;
    uint64_t id, token;
    bool pending; /* single-slot: its irq_work is queued on this CPU */
};

struct delivery {
    struct handler *running;
    struct handler *awaited; /* what this CPU waits for in unregister; under the lock */
    uint64_t generation;     /* of the registry, when .of was filled */
    uint32_t type, count, room;
    struct reference *of;
    uint32_t next, end;      /* of a message that goes to several: whose turn it is */
    struct reference *queue; /* single-slot: irq_work, in the order of its turn */
    uint32_t queued, queue_room;
} __attribute__((aligned(128)));

struct handlers {
    pthread_mutex_t lock;
    struct handler *first, *last;
    uint64_t generation, ids;
    uint32_t cpus;
    bool refuses_deadlock;
    handlers_run *run;
    void *context;
    struct delivery of[];
};

struct handlers *handlers_new(uint32_t cpus, bool refuses_deadlock, handlers_run *run, void *context)
{
    void *memory;
    size_t size = sizeof(struct handlers) + cpus * sizeof(struct delivery);
    if (posix_memalign(&memory, 128, size))
        return NULL;
    struct handlers *all = memset(memory, 0, size);
    pthread_mutex_init(&all->lock, NULL);
    all->cpus = cpus;
    all->refuses_deadlock = refuses_deadlock;
    all->run = run;
    all->context = context;
    all->generation = 1;
    return all;
}

struct handler *handlers_register(struct handlers *all, uint32_t type, uint64_t token)
{
    struct handler *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    *made = (struct handler){.type = type, .token = token};
    pthread_mutex_lock(&all->lock);
    made->id = ++all->ids;
    *(all->last ? &all->last->next : &all->first) = made;
    all->last = made;
    __atomic_fetch_add(&all->generation, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&all->lock);
    return made;
}

static struct handler **find(struct handlers *all, struct handler *handler)
{
    struct handler **at = &all->first;
    while (*at && *at != handler)
        at = &(*at)->next;
    return at;
}

/*
 * Whether the end of a handler's callbacks waits for a CPU. The last of those that wait in a ring sees the others: each
 * says under the lock what it waits for, and what it runs stays the same until it has returned from there.
 */
static bool waits_for(struct handlers *all, struct handler *handler, int self, bool *seen)
{
    for (uint32_t cpu = 0; cpu < all->cpus; cpu++)
        if (!seen[cpu] && __atomic_load_n(&all->of[cpu].running, __ATOMIC_SEQ_CST) == handler) {
            seen[cpu] = true;
            if ((int)cpu == self
                || (all->of[cpu].awaited && waits_for(all, all->of[cpu].awaited, self, seen)))
                return true;
        }
    return false;
}

/* Whether the message that this CPU delivers has still to go to the handler. */
static bool is_pending_here(const struct delivery *mine, const struct handler *handler)
{
    for (uint32_t index = mine->next; index < mine->end; index++)
        if (mine->of[index].handler == handler && mine->of[index].id == handler->id)
            return true;
    return false;
}

static bool is_queued(struct delivery *mine, const struct handler *handler, uint64_t id)
{
    uint32_t queued = __atomic_load_n(&mine->queued, __ATOMIC_ACQUIRE);
    for (uint32_t index = 0; index < queued; index++)
        if (mine->queue[index].handler == handler && mine->queue[index].id == id)
            return __atomic_load_n(&mine->queue[index].pending, __ATOMIC_SEQ_CST);
    return false;
}

int handlers_unregister(struct handlers *all, struct handler *handler, int logical_cpu)
{
    if (!handler)
        return 0;
    bool seen[all->cpus];
    memset(seen, 0, sizeof seen);
    pthread_mutex_lock(&all->lock);
    struct handler **at = find(all, handler);
    int refused = 0;
    if (all->refuses_deadlock && logical_cpu >= 0 && waits_for(all, handler, logical_cpu, seen))
        refused = -EDEADLK;
    else if (!*at)
        refused = -ENOENT;
    else if (all->refuses_deadlock && logical_cpu >= 0 && is_pending_here(&all->of[logical_cpu], handler))
        refused = -EDEADLK;
    if (refused) {
        pthread_mutex_unlock(&all->lock);
        return refused;
    }
    *at = handler->next;
    all->last = NULL;
    for (struct handler *each = all->first; each; each = each->next)
        all->last = each;
    /* A CPU stores what it runs, then reads the generation; here the generation is stored, then what each runs is read. */
    __atomic_fetch_add(&all->generation, 1, __ATOMIC_SEQ_CST);
    if (logical_cpu >= 0)
        all->of[logical_cpu].awaited = handler;
    pthread_mutex_unlock(&all->lock);
    /* A CPU says that it runs the handler before its work is pending no longer, so pending is looked at first. */
    for (uint32_t cpu = 0; cpu < all->cpus; cpu++)
        while (is_queued(&all->of[cpu], handler, handler->id)
            || __atomic_load_n(&all->of[cpu].running, __ATOMIC_SEQ_CST) == handler)
            sched_yield();
    pthread_mutex_lock(&all->lock);
    if (logical_cpu >= 0)
        all->of[logical_cpu].awaited = NULL;
    pthread_mutex_unlock(&all->lock);
    free(handler);
    return 0;
}

/* Fills this CPU's own copy of the handlers of a type; what is being delivered from it stays. */
static void look(struct handlers *all, struct delivery *mine, uint32_t type)
{
    pthread_mutex_lock(&all->lock);
    uint32_t count = 0;
    for (struct handler *each = all->first; each; each = each->next) {
        if (each->type != type)
            continue;
        if (count == mine->room) {
            uint32_t room = mine->room ? 2 * mine->room : 4;
            struct reference *of = realloc(mine->of, room * sizeof *of);
            if (!of)
                break;
            mine->of = of;
            mine->room = room;
        }
        mine->of[count++] = (struct reference){.handler = each, .id = each->id, .token = each->token};
    }
    mine->type = type;
    mine->count = count;
    mine->generation = all->generation;
    pthread_mutex_unlock(&all->lock);
}

static bool is_registered(struct handlers *all, const struct reference *one)
{
    pthread_mutex_lock(&all->lock);
    struct handler *found = *find(all, one->handler);
    bool same = found && found->id == one->id;
    pthread_mutex_unlock(&all->lock);
    return same;
}

/*
 * Says what this CPU is about to run, before the generation is read, or what it has marked as pending. With one CPU
 * nobody else looks, and the store need not wait for the stores before it, which are another kernel's to fetch.
 */
static void mark(const struct handlers *all, struct delivery *mine, struct handler *handler)
{
    if (all->cpus == 1)
        __atomic_store_n(&mine->running, handler, __ATOMIC_RELAXED);
    else
        __atomic_store_n(&mine->running, handler, __ATOMIC_SEQ_CST);
}

/* Runs a handler unless it was taken back meanwhile; whether it ran. */
static bool run(struct handlers *all, int logical_cpu, const struct reference *one, uint64_t generation, void *message,
    bool first)
{
    struct delivery *mine = &all->of[logical_cpu];
    mark(all, mine, one->handler);
    bool runs = __atomic_load_n(&all->generation, __ATOMIC_SEQ_CST) == generation || is_registered(all, one);
    if (runs)
        all->run(all->context, logical_cpu, one->token, message, first);
    __atomic_store_n(&mine->running, NULL, __ATOMIC_RELEASE);
    return runs;
}

int handlers_dispatch(struct handlers *all, int logical_cpu, uint32_t type, void *message)
{
    struct delivery *mine = &all->of[logical_cpu];
    if (mine->type != type || mine->generation != __atomic_load_n(&all->generation, __ATOMIC_ACQUIRE))
        look(all, mine, type);
    int count = (int)mine->count;
    bool first = true;
    uint64_t generation = mine->generation;
    mine->end = mine->count;
    for (uint32_t index = 0; index < mine->end; index++) {
        struct reference one = mine->of[index];
        mine->next = index + 1;
        first &= !run(all, logical_cpu, &one, generation, message, first);
    }
    mine->next = mine->end = 0;
    return count;
}

int handlers_queue(struct handlers *all, int logical_cpu, uint32_t type, uint32_t *coalesced)
{
    struct delivery *mine = &all->of[logical_cpu];
    if (mine->type != type || mine->generation != __atomic_load_n(&all->generation, __ATOMIC_ACQUIRE))
        look(all, mine, type);
    *coalesced = 0;
    /* Under the lock: what unregister takes back is queued before it waits for it, or not at all. */
    pthread_mutex_lock(&all->lock);
    for (uint32_t index = 0; index < mine->count; index++) {
        struct reference one = mine->of[index];
        struct handler *found = *find(all, one.handler);
        if (!found || found->id != one.id)
            continue;
        if (is_queued(mine, one.handler, one.id)) {
            ++*coalesced;
            continue;
        }
        if (mine->queued == mine->queue_room) {
            uint32_t room = mine->queue_room ? 2 * mine->queue_room : 8;
            struct reference *queue = malloc(room * sizeof *queue);
            if (!queue)
                break;
            if (mine->queued)
                memcpy(queue, mine->queue, mine->queued * sizeof *queue);
            /* The old one is kept: another CPU may look into it. It is small, and doubles, so all are as one. */
            mine->queue = queue;
            mine->queue_room = room;
        }
        one.pending = true;
        mine->queue[mine->queued] = one;
        __atomic_store_n(&mine->queued, mine->queued + 1, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&all->lock);
    return (int)mine->count;
}

int handlers_run_queued(struct handlers *all, int logical_cpu, void *slot)
{
    struct delivery *mine = &all->of[logical_cpu];
    int callbacks = 0;
    /* What a callback's message queues anew is for the next interrupt: none is taken before all of this has run. */
    for (uint32_t index = 0; index < mine->queued; index++) {
        struct reference one = mine->queue[index];
        mark(all, mine, one.handler);
        __atomic_store_n(&mine->queue[index].pending, false, __ATOMIC_SEQ_CST);
        all->run(all->context, logical_cpu, one.token, slot, true);
        __atomic_store_n(&mine->running, NULL, __ATOMIC_RELEASE);
        callbacks++;
    }
    __atomic_store_n(&mine->queued, 0, __ATOMIC_RELEASE);
    return callbacks;
}
