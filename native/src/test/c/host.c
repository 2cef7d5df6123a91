/* SPDX-License-Identifier: Apache-2.0 */
/* host.c: see host.h. */
#define _GNU_SOURCE
#include "host.h"
#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static __thread struct host_cpu *cpu;

static int32_t logical_cpu(void *self)
{
    (void)self;
    return cpu->index;
}

static int32_t physical_cpu(void *self)
{
    struct host *h = self;

    return h->id * HOST_CPUS + cpu->index;
}

static void ring(struct host_cpu *c)
{
    __atomic_fetch_add(&c->doorbell, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &c->doorbell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static struct host *instance_of(struct host *h, int32_t id)
{
    return id == h->id ? h : h->peer && id == h->peer->id ? h->peer : NULL;
}

static int32_t send_(void *self, int32_t instance, int32_t to, uint64_t type, const void *data, uint64_t size)
{
    struct host *h = self, *t = instance_of(h, instance);
    int32_t index = to < 0 ? 0 : to - instance * HOST_CPUS;

    if (!t || size > 256 || index < 0 || index >= t->cpus || type >> 32)
        return -EINVAL;
    struct host_cpu *c = &t->cpu[index];
    pthread_mutex_lock(&t->lock);
    int32_t result = c->count < HOST_MESSAGES ? 0 : -ENOSPC;
    if (!result && !(h->loses && __atomic_add_fetch(&h->sent, 1, __ATOMIC_SEQ_CST) % h->loses == 0)) {
        struct mkemu_core_message *m = &c->messages[(c->first + c->count++) % HOST_MESSAGES];
        memset(m, 0, sizeof *m);
        m->sender_cpu = physical_cpu(h);
        m->type = (uint32_t)type;
        m->data_size = size;
        if (data)
            memcpy(m->buffer, data, size);
    }
    pthread_mutex_unlock(&t->lock);
    ring(c);
    return result;
}

static int32_t send_timeout(void *self, int32_t instance, uint64_t type, const void *data, uint64_t size,
    int64_t timeout)
{
    (void)timeout;
    return send_(self, instance, -1, type, data, size);
}

static int32_t send_pfn(void *self, int32_t instance, uint64_t pfn)
{
    struct host *h = self;

    if (!pfn || pfn > HOST_POOL / 4096 || !h->allocated[pfn - 1] || !instance_of(h, instance))
        return -EINVAL;
    h->granted[pfn - 1] |= 1ull << instance;
    return send_(self, instance, -1, 0x80000001u, &pfn, sizeof pfn);
}

static int32_t revoke_pfn(void *self, int32_t instance, uint64_t pfn)
{
    struct host *h = self;

    if (!pfn || pfn > HOST_POOL / 4096)
        return -EINVAL;
    h->granted[pfn - 1] &= ~(1ull << instance);
    return 0;
}

static void *map_page(void *self, const struct mkemu_core_message *m)
{
    struct host *h = self, *from = instance_of(h, m->sender_cpu / HOST_CPUS);
    uint64_t pfn;

    memcpy(&pfn, m->buffer, sizeof pfn);
    if (!from || m->type != 0x80000001u || m->data_size != 8 || !pfn || pfn > HOST_POOL / 4096
        || !(from->granted[pfn - 1] >> h->id & 1))
        return NULL;
    return from->pool + (pfn - 1) * 4096;
}

static int32_t unmap_page(void *self, void *page)
{
    struct host *h = self;

    return h->peer && (char *)page >= h->peer->pool && (char *)page < h->peer->pool + HOST_POOL ? 0 : -ENOENT;
}

static uint64_t pool_alloc(void *self, uint64_t size, uint64_t align)
{
    struct host *h = self;
    uint64_t pages = (size + 4095) / 4096, found = 0;

    pthread_mutex_lock(&h->lock);
    for (uint64_t i = 0; i + pages <= HOST_POOL / 4096 && !found; i++) {
        bool fits = ((i + 1) * 4096) % align == 0;
        for (uint64_t j = 0; j < pages; j++)
            fits &= !h->allocated[i + j];
        if (fits)
            found = i + 1;
    }
    for (uint64_t j = 0; found && j < pages; j++)
        h->allocated[found - 1 + j] = true;
    pthread_mutex_unlock(&h->lock);
    return found * 4096;
}

static int32_t pool_free(void *self, uint64_t address, uint64_t size)
{
    struct host *h = self;

    pthread_mutex_lock(&h->lock);
    for (uint64_t j = 0; j < (size + 4095) / 4096; j++)
        h->allocated[address / 4096 - 1 + j] = false;
    pthread_mutex_unlock(&h->lock);
    return 0;
}

static void *pool_map(void *self, uint64_t address, uint64_t size)
{
    struct host *h = self;

    return address >= 4096 && address - 4096 < HOST_POOL && size <= HOST_POOL - (address - 4096)
        ? h->pool + address - 4096 : NULL;
}

static void *handler_register(void *self, uint32_t type, uint64_t token)
{
    struct host *h = self;
    void *found = NULL;

    pthread_mutex_lock(&h->lock);
    for (int i = 0; i < HOST_HANDLERS && !found; i++)
        if (!h->handlers[i].used) {
            h->handlers[i].used = true;
            h->handlers[i].type = type;
            h->handlers[i].token = token;
            found = &h->handlers[i];
        }
    pthread_mutex_unlock(&h->lock);
    return found;
}

static int32_t handler_unregister(void *self, void *handler)
{
    struct host *h = self;

    pthread_mutex_lock(&h->lock);
    for (int i = 0; i < HOST_HANDLERS; i++)
        if (&h->handlers[i] == handler)
            h->handlers[i].used = false;
    pthread_mutex_unlock(&h->lock);
    return 0;
}

static void log_(void *self, int32_t level, const char *text, uint64_t length)
{
    struct host *h = self;

    pthread_mutex_lock(&h->lock);
    if (h->echo)
        fprintf(stderr, "%d <%d> %.*s\n", h->id, level, (int)length, text);
    if (h->log_length + length + 8 < HOST_LOG)
        h->log_length += (size_t)snprintf(h->log + h->log_length, HOST_LOG - h->log_length, "<%d>%.*s\n", level,
            (int)length, text);
    pthread_mutex_unlock(&h->lock);
}

static int32_t parameter(void *self, const char *name, char *text, uint64_t size)
{
    struct host *h = self;
    size_t n = strlen(name);

    for (const char *at = h->parameters; at && *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        if (strncmp(at, name, n) || (at[n] != '=' && at[n] != ' ' && at[n]))
            continue;
        const char *value = at[n] == '=' ? at + n + 1 : "";
        size_t length = strcspn(value, " ");
        snprintf(text, size, "%.*s", (int)length, value);
        return (int32_t)length;
    }
    return -ENOENT;
}

static uint64_t nanos(void *self)
{
    struct timespec t;

    (void)self;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t random_(void *self)
{
    static uint64_t state = 88172645463325252ull;

    (void)self;
    return __atomic_fetch_add(&state, 0x9e3779b97f4a7c15ull, __ATOMIC_RELAXED) * 0xbf58476d1ce4e5b9ull;
}

static int32_t instance_of_cpu(void *self, int32_t physical)
{
    struct host *t = physical < 0 ? NULL : instance_of(self, physical / HOST_CPUS);

    return t && physical % HOST_CPUS < t->cpus ? t->id : -1;
}

static int32_t instance(void *self, int32_t id, struct mkemu_core_instance *about)
{
    struct host *t = instance_of(self, id);

    if (!t)
        return -ENOENT;
    *about = (struct mkemu_core_instance){id, 3, (uint32_t)t->cpus, id * HOST_CPUS, "test"};
    return 0;
}

static uint64_t life(void *self, int32_t id)
{
    struct host *t = instance_of(self, id);

    return t ? t->life : 0;
}

static uint64_t sender(void *self, int32_t sender_cpu)
{
    struct host *t = instance_of(self, sender_cpu / HOST_CPUS);

    return t ? t->life << 8 | (uint64_t)t->id : 0;
}

static void task_started(void *self)
{
    struct host *h = self;

    __atomic_fetch_add(&h->tasks, 1, __ATOMIC_SEQ_CST);
}

static void task_ended(void *self, int32_t failed)
{
    struct host *h = self;

    __atomic_fetch_sub(&h->tasks, 1, __ATOMIC_SEQ_CST);
    if (failed)
        __atomic_fetch_add(&h->failed, 1, __ATOMIC_SEQ_CST);
}

static void reschedule(void *self, int32_t logical)
{
    struct host *h = self;

    ring(&h->cpu[logical]);
}

struct start {
    struct host_cpu *cpu;
    void *context;
};

static void *context_thread(void *argument)
{
    struct start s = *(struct start *)argument;

    free(argument);
    cpu = s.cpu;
    mkemu_core_context(s.context);
    return NULL;
}

static int32_t context_start(void *self, int32_t logical, void *context)
{
    struct host *h = self;
    struct start *s = malloc(sizeof *s);
    pthread_attr_t attributes;
    pthread_t thread;

    *s = (struct start){&h->cpu[logical], context};
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int result = pthread_create(&thread, &attributes, context_thread, s);
    pthread_attr_destroy(&attributes);
    return -result;
}

/* Who looks for it reads the log of a process that has ended. */
static void panic_(void *self, const char *text)
{
    struct host *h = self;

    printf("%sPANIC: %s\n", h->log, text);
    fflush(stdout);
    _exit(99);
}

/* Delivers one message; false: there is none. */
static bool deliver(struct host_cpu *c)
{
    struct host *h = c->host;
    struct mkemu_core_message m;
    uint64_t tokens[HOST_HANDLERS];
    int n = 0;

    pthread_mutex_lock(&h->lock);
    bool any = c->count > 0;
    if (any) {
        m = c->messages[c->first];
        c->first = (c->first + 1) % HOST_MESSAGES;
        c->count--;
        for (int i = 0; i < HOST_HANDLERS; i++)
            if (h->handlers[i].used && h->handlers[i].type == m.type)
                tokens[n++] = h->handlers[i].token;
    }
    pthread_mutex_unlock(&h->lock);
    for (int i = 0; i < n; i++)
        mkemu_core_deliver(h->core, c->index, tokens[i], &m);
    return any;
}

static void turn(struct host_cpu *c, int64_t most)
{
    uint32_t seen = __atomic_load_n(&c->doorbell, __ATOMIC_SEQ_CST);

    while (deliver(c))
        ;
    int64_t ns = mkemu_core_run(c->host->core, c->index);
    if (!ns || mkemu_core_is_ready(c->host->core, c->index))
        return;
    ns = ns < most ? ns : most;
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    syscall(SYS_futex, &c->doorbell, FUTEX_WAIT_PRIVATE, seen, &t, NULL, 0);
}

static void *cpu_thread(void *argument)
{
    cpu = argument;
    while (!__atomic_load_n(&cpu->host->stop, __ATOMIC_SEQ_CST))
        turn(cpu, 1000000000);
    return NULL;
}

void host_start(struct host *h, int32_t id, int32_t cpus, enum mkemu_contexts contexts, const char *parameters)
{
    memset(h, 0, sizeof *h);
    h->id = id;
    h->life = 1;
    h->cpus = cpus;
    h->contexts = contexts;
    h->parameters = parameters;
    h->echo = getenv("TEST_LOG") != NULL;
    h->loses = getenv("TEST_LOSES") ? (uint32_t)atoi(getenv("TEST_LOSES")) : 0;
    pthread_mutex_init(&h->lock, NULL);
    h->pool = mmap(NULL, HOST_POOL, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct mkemu_host host = {h, logical_cpu, physical_cpu, send_, send_timeout, send_pfn, revoke_pfn, map_page,
        unmap_page, pool_alloc, pool_free, pool_map, handler_register, handler_unregister, log_, parameter, nanos,
        random_, instance_of_cpu, instance, task_started, task_ended, reschedule,
        contexts == MKEMU_CONTEXTS_ARE_THREADS ? context_start : NULL, panic_, life, sender};
    h->core = mkemu_core_new(&host, (uint32_t)cpus, id, contexts);
    for (int32_t i = 0; i < cpus; i++) {
        h->cpu[i].host = h;
        h->cpu[i].index = i;
        if (i)
            pthread_create(&h->cpu[i].thread, NULL, cpu_thread, &h->cpu[i]);
    }
}

void host_stop(struct host *h)
{
    __atomic_store_n(&h->stop, true, __ATOMIC_SEQ_CST);
    for (int32_t i = 1; i < h->cpus; i++) {
        ring(&h->cpu[i]);
        pthread_join(h->cpu[i].thread, NULL);
    }
    cpu = &h->cpu[0];
    mkemu_core_free(h->core);
    munmap(h->pool, HOST_POOL);
    pthread_mutex_destroy(&h->lock);
}

void host_run(struct host *h, bool (*done)(struct host *host))
{
    cpu = &h->cpu[0];
    while (!done(h))
        turn(cpu, 1000000);
}

bool host_idle(struct host *h)
{
    return __atomic_load_n(&h->tasks, __ATOMIC_SEQ_CST) == 0;
}

struct mkemu_core_module *host_load(struct host *h, const char *path, char *error, size_t size)
{
    cpu = &h->cpu[0];
    return mkemu_core_load(h->core, path, error, size);
}

static void finish(struct host *h, struct mkemu_core_module *module)
{
    cpu = &h->cpu[0];
    while (mkemu_core_module_result(module) == 1)
        turn(cpu, 1000000);
}

int32_t host_init(struct host *h, struct mkemu_core_module *module)
{
    mkemu_core_init(h->core, module);
    finish(h, module);
    return mkemu_core_module_result(module);
}

void host_exit(struct host *h, struct mkemu_core_module *module)
{
    mkemu_core_exit(h->core, module);
    finish(h, module);
}
