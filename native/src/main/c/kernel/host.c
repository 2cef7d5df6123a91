/* SPDX-License-Identifier: Apache-2.0 */
/* What the core asks of its kernel: struct mkemu_host. */
#include "kernel.h"

#include <sys/random.h>

static struct mkemu_cpu *mine(void)
{
    return &this_cpu->at;
}

static int32_t logical_cpu(void *self)
{
    return (void)self, this_cpu->logical;
}

static int32_t physical_cpu(void *self)
{
    return (void)self, mine()->cpu;
}

/* The RFC's type is an unsigned long: queued refuses what does not fit, single-slot cuts it. */
static bool fits(uint64_t type)
{
    return type <= UINT32_MAX || !mkemu_is_queued(&kernel.peer);
}

static int32_t send(void *self, int32_t instance, int32_t cpu, uint64_t type, const void *data, uint64_t size)
{
    (void)self;
    if (!fits(type))
        return -EINVAL;
    return cpu < 0 ? mkemu_send(mine(), instance, (uint32_t)type, data, size)
                   : mkemu_send_to_cpu(mine(), instance, cpu, (uint32_t)type, data, size);
}

static int32_t send_timeout(void *self, int32_t instance, uint64_t type, const void *data, uint64_t size,
    int64_t timeout)
{
    (void)self;
    if (!fits(type))
        return -EINVAL;
    return mkemu_send_timeout(mine(), instance, (uint32_t)type, data, size, timeout);
}

static int32_t send_pfn(void *self, int32_t instance, uint64_t pfn)
{
    (void)self;
    plug_use();
    int32_t result = mkemu_send_pfn(mine(), instance, pfn);
    plug_used();
    return result;
}

static int32_t revoke_pfn(void *self, int32_t instance, uint64_t pfn)
{
    (void)self;
    plug_use();
    int32_t result = mkemu_revoke_pfn(&kernel.peer, instance, pfn);
    plug_used();
    return result;
}

static void *map_page(void *self, const struct mkemu_core_message *message)
{
    (void)self;
    void *page = mkemu_map_page(&kernel.peer, (const struct mkemu_ipi_data *)message);
    static struct rate_limit refused = {.source = "mkemu: PFN not mapped"};
    if (!page && message->type == MKEMU_IPI_DATA_PFN_IPI_TYPE && message->data_size == MKEMU_IPI_DATA_PFN_SIZE
        && klog_passes(&refused)) {
        uint64_t pfn;
        memcpy(&pfn, message->buffer, sizeof pfn);
        klog(LOG_WARNING, "mkemu: PFN 0x%llx from CPU %d not mapped: it is outside RAM, or its sender does not own it, "
            "or has not shared it", (unsigned long long)pfn, message->sender_cpu);
    }
    return page;
}

static int32_t unmap_page(void *self, void *page)
{
    return (void)self, mkemu_unmap_page(&kernel.peer, page);
}

static uint64_t pool_alloc(void *self, uint64_t size, uint64_t align)
{
    (void)self;
    plug_use();
    uint64_t address = mkemu_alloc(&kernel.peer, size, align);
    plug_used();
    return address;
}

static int32_t pool_free(void *self, uint64_t address, uint64_t size)
{
    (void)self;
    plug_use();
    int32_t result = mkemu_free(&kernel.peer, address, size);
    plug_used();
    return result;
}

static void *pool_map(void *self, uint64_t address, uint64_t size)
{
    void *found = NULL;
    (void)self;
    plug_use();
    for (int index = 0; index < MKEMU_INSTANCE_MAX_REGIONS; index++) {
        const struct mkemu_region *region = &kernel.peer.regions[index];
        if (kernel.peer.memory[index] && address >= region->address && size <= region->size
            && address - region->address <= region->size - size)
            found = kernel.peer.memory[index] + (address - region->address);
    }
    plug_used();
    return found;
}

static void *handler_register(void *self, uint32_t type, uint64_t token)
{
    return (void)self, handlers_register(kernel.handlers, type, token);
}

static int32_t handler_unregister(void *self, void *handler)
{
    return (void)self, handlers_unregister(kernel.handlers, handler, this_cpu ? this_cpu->logical : -1);
}

static void log_line(void *self, int32_t level, const char *text, uint64_t length)
{
    (void)self;
    klog_raw(level < LOG_EMERG ? LOG_EMERG : level > LOG_DEBUG ? LOG_DEBUG : level, text, length);
}

static int32_t parameter(void *self, const char *name, char *text, uint64_t size)
{
    (void)self;
    const char *value = params_get(&kernel.params, name);
    if (!value)
        return -ENOENT;
    if (size)
        snprintf(text, size, "%s", value);
    return (int32_t)strlen(value);
}

static uint64_t nanos(void *self)
{
    return (void)self, mkemu_nanos();
}

static uint64_t random_bits(void *self)
{
    uint64_t bits = 0;
    (void)self;
    while (getrandom(&bits, sizeof bits, 0) < 0 && errno == EINTR)
        ;
    return bits;
}

static int32_t instance_of_cpu(void *self, int32_t physical)
{
    return (void)self, mkemu_owner_of(&kernel.peer, physical);
}

static int32_t instance(void *self, int32_t id, struct mkemu_core_instance *found)
{
    (void)self;
    if (id < 0 || id >= MKEMU_INSTANCE_MAX_INSTANCES)
        return -ENOENT;
    struct mkemu_instance *entry = mkemu_entry(&kernel.peer, id);
    unsigned state = mkemu_state(mkemu_load(&entry->life));
    if (state == MKEMU_INSTANCE_STATE_EMPTY)
        return -ENOENT;
    found->id = id;
    found->state = (int32_t)state;
    unsigned cpus;
    found->first_cpu = mkemu_first_cpu(&kernel.peer, entry, &cpus);
    found->cpus = cpus;
    memcpy(found->name, entry->name, sizeof found->name);
    found->name[sizeof found->name - 1] = 0;
    return 0;
}

static void task_started(void *self)
{
    (void)self;
    mkemu_task_begins(&kernel.peer);
}

static void task_ended(void *self, int32_t failed)
{
    (void)self;
    mkemu_task_ends(&kernel.peer, failed != 0);
}

static void reschedule(void *self, int32_t logical)
{
    (void)self;
    if (logical >= 0 && (uint32_t)logical < kernel.cpu_count)
        cpu_reschedule(&kernel.cpus[logical]);
}

static void panic(void *self, const char *text)
{
    (void)self;
    klog(LOG_EMERG, "Kernel panic - not syncing: %s", text);
    fail(EXIT_CODE_FAILED, "%s", text);
}

static uint64_t life(void *self, int32_t id)
{
    (void)self;
    if (id < 0 || id >= MKEMU_INSTANCE_MAX_INSTANCES)
        return 0;
    uint64_t word = mkemu_load(&mkemu_entry(&kernel.peer, id)->life);
    /* This kernel's module_init runs while it boots. */
    bool lives = mkemu_state(word) == MKEMU_INSTANCE_STATE_ACTIVE || id == kernel.peer.id;
    return lives ? word >> MKEMU_INSTANCE_STATE_BITS : 0;
}

static uint64_t sender(void *self, int32_t sender_cpu)
{
    return (void)self, mkemu_sender(mine(), sender_cpu);
}

const struct mkemu_host *kernel_host(void)
{
    static const struct mkemu_host host = {.self = NULL, .logical_cpu = logical_cpu, .physical_cpu = physical_cpu,
        .send = send, .send_timeout = send_timeout, .send_pfn = send_pfn, .revoke_pfn = revoke_pfn,
        .map_page = map_page, .unmap_page = unmap_page, .pool_alloc = pool_alloc, .pool_free = pool_free,
        .pool_map = pool_map, .handler_register = handler_register, .handler_unregister = handler_unregister,
        .log = log_line, .parameter = parameter, .nanos = nanos, .random = random_bits,
        .instance_of_cpu = instance_of_cpu, .instance = instance, .task_started = task_started,
        .task_ended = task_ended, .reschedule = reschedule, .context_start = NULL, .panic = panic,
        .life = life, .sender = sender};
    return &host;
}
