/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plug.c: memory that the host gives this kernel, or wants back, while it runs; as io.mkemu.hotplug has it, and
 * docs/memory-map.md, section 7.1. All that can fail is done before the word says DONE, and undone if the host has given
 * up before.
 */
#include "kernel.h"

#include <sys/mman.h>

enum { ACKNOWLEDGEMENT = 0x4d4b2100, MESSAGE = 0x2000, ACKNOWLEDGED = 0x100 };

/* Who uses the pool reads; who changes its regions writes. */
static pthread_rwlock_t regions_lock = PTHREAD_RWLOCK_INITIALIZER;

void plug_use(void)
{
    pthread_rwlock_rdlock(&regions_lock);
}

void plug_used(void)
{
    pthread_rwlock_unlock(&regions_lock);
}

static struct mkemu_resource *request(void)
{
    return &kernel.peer.entry->resource;
}

void plug_begin(void)
{
    mkemu_store(&request()->supported,
        1u << MKEMU_RESOURCE_MEMORY_ADD | 1u << MKEMU_RESOURCE_MEMORY_REMOVE | 1u << MKEMU_RESOURCE_QUERY);
}

static bool move(uint64_t number, unsigned from, unsigned to)
{
    uint64_t seen = number << MKEMU_RESOURCE_STATE_BITS | from;
    return __atomic_compare_exchange_n(&request()->decision, &seen, number << MKEMU_RESOURCE_STATE_BITS | to, false,
        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* What is under way; by the boot CPU only. */
struct plug_call {
    uint64_t number;
    uint32_t operation;
    struct mkemu_region region;
    bool query;
};

static void answer(struct cpu *cpu, const struct plug_call *call, int32_t result)
{
    struct {
        uint32_t type, subtype;
        uint64_t id;
        uint32_t length, kind, life, client;
        int32_t result;
    } __attribute__((packed)) message = {.type = MESSAGE + ACKNOWLEDGED,
        .subtype = MESSAGE + ACKNOWLEDGED + (call->query ? MKEMU_RESOURCE_QUERY : call->operation), .id = call->number,
        .length = sizeof message.result, .result = result};
    mkemu_send(&cpu->at, 0, ACKNOWLEDGEMENT, &message, sizeof message);
    mkemu_raise_event(&kernel.peer);
}

static bool done(struct cpu *cpu, const struct plug_call *call)
{
    bool is_done = move(call->number, MKEMU_RESOURCE_STATE_TAKEN, MKEMU_RESOURCE_STATE_DONE);
    answer(cpu, call, is_done ? 0 : -ETIME);
    return is_done;
}

static void let_go(const struct plug_call *call)
{
    move(call->number, MKEMU_RESOURCE_STATE_GIVEN_UP, MKEMU_RESOURCE_STATE_LET_GO);
}

static void __attribute__((format(printf, 4, 5))) refuse(struct cpu *cpu, const struct plug_call *call, int error,
    const char *why, ...)
{
    va_list values;
    va_start(values, why);
    vsnprintf(request()->text, sizeof request()->text, why, values);
    va_end(values);
    mkemu_store(&request()->result, -error);
    if (!move(call->number, MKEMU_RESOURCE_STATE_TAKEN, MKEMU_RESOURCE_STATE_REFUSED))
        let_go(call);
    answer(cpu, call, -error);
}

static int slot_of(const struct mkemu_region *region)
{
    for (int i = 0; i < MKEMU_INSTANCE_MAX_REGIONS; i++)
        if (kernel.peer.memory[i] && kernel.peer.regions[i].address == region->address
            && kernel.peer.regions[i].size == region->size)
            return i;
    return -1;
}

static int free_slot(void)
{
    int i = 0;
    while (i < MKEMU_INSTANCE_MAX_REGIONS && kernel.peer.memory[i])
        i++;
    return i < MKEMU_INSTANCE_MAX_REGIONS ? i : -1;
}

/* The host has put it into the table before it asked: what is not there is nobody's to give. */
static bool is_ours(const struct mkemu_region *region)
{
    for (int i = 0; i < MKEMU_INSTANCE_MAX_REGIONS; i++)
        if (mkemu_load(&kernel.peer.entry->regions[i].address) == region->address
            && mkemu_load(&kernel.peer.entry->regions[i].size) == region->size)
            return mkemu_in_ram(&kernel.peer, region->address, region->size)
                && region->size % MKEMU_PAGES_PAGE_SIZE == 0;
    return false;
}

static void add(struct cpu *cpu, const struct plug_call *call)
{
    struct mkemu_peer *peer = &kernel.peer;
    struct mkemu_bitmap_pool pool;
    int slot = free_slot();
    if (slot < 0) {
        refuse(cpu, call, ENOSPC, "it has %d regions, and no more are possible", MKEMU_INSTANCE_MAX_REGIONS);
        return;
    }
    if (call->query) {
        done(cpu, call);
        return;
    }
    if (!is_ours(&call->region) || slot_of(&call->region) >= 0) {
        refuse(cpu, call, EINVAL, "the region is not this instance's, or is in use already");
        return;
    }
    uint8_t *memory = mkemu_map(peer, call->region.address, call->region.size);
    if (!memory || !mkemu_attach_pool(&pool, &call->region, memory)) {
        refuse(cpu, call, EINVAL, "the region cannot be used: %s", memory ? "its bitmap is damaged" : strerror(errno));
        if (memory)
            munmap(memory, call->region.size);
        return;
    }
    if (!done(cpu, call)) {
        munmap(memory, call->region.size);
        let_go(call);
        return;
    }
    pthread_rwlock_wrlock(&regions_lock);
    peer->regions[slot] = call->region;
    peer->pools[slot] = pool;
    peer->memory[slot] = memory;
    pthread_rwlock_unlock(&regions_lock);
    klog(LOG_INFO, "mkemu: memory 0x%llx+%llu added", (unsigned long long)call->region.address,
        (unsigned long long)call->region.size);
}

/* Takes all of a region as one allocation, and out of the pool: an error, or 0. */
static int take_out(int slot)
{
    struct mkemu_peer *peer = &kernel.peer;
    struct mkemu_bitmap_pool *pool = &peer->pools[slot];
    int error = EBUSY;
    pthread_rwlock_wrlock(&regions_lock);
    if (mkemu_next_granule(pool, MKEMU_OCCUPIED, 0, pool->granules) == pool->granules
        && !mkemu_end_shares(peer, peer->regions[slot].address, peer->regions[slot].size)
        && mkemu_claim(pool, 0, pool->granules) == UINT64_MAX) {
        peer->memory[slot] = NULL;
        pool->words = NULL;
        error = 0;
    }
    pthread_rwlock_unlock(&regions_lock);
    return error;
}

static void remove_region(struct cpu *cpu, const struct plug_call *call)
{
    struct mkemu_peer *peer = &kernel.peer;
    int slot = slot_of(&call->region);
    if (slot < 0 || (peer->area_at >= call->region.address
        && peer->area_at - call->region.address < call->region.size)) {
        refuse(cpu, call, EINVAL, slot < 0 ? "it has no such region" : "its IPI area lies in it");
        return;
    }
    struct mkemu_bitmap_pool pool = peer->pools[slot];
    uint8_t *memory = peer->memory[slot];
    uint64_t first = mkemu_next_granule(&pool, MKEMU_OCCUPIED, 0, pool.granules);
    if (first < pool.granules) {
        refuse(cpu, call, EBUSY, "an allocation lies in 0x%llx+%llu, at 0x%llx",
            (unsigned long long)call->region.address, (unsigned long long)call->region.size,
            (unsigned long long)(pool.base + (first << pool.order)));
        return;
    }
    if (call->query) {
        done(cpu, call);
        return;
    }
    if (take_out(slot)) {
        refuse(cpu, call, EBUSY, "it is being allocated from, or another instance has a page of it mapped");
        return;
    }
    if (done(cpu, call)) {
        munmap(memory, call->region.size);
        klog(LOG_INFO, "mkemu: memory 0x%llx+%llu removed", (unsigned long long)call->region.address,
            (unsigned long long)call->region.size);
        return;
    }
    mkemu_pool_free(&pool, 0, pool.granules);
    pthread_rwlock_wrlock(&regions_lock);
    peer->pools[slot] = pool;
    peer->memory[slot] = memory;
    pthread_rwlock_unlock(&regions_lock);
    let_go(call);
}

void plug_look(struct cpu *cpu)
{
    struct mkemu_resource *asked = request();
    uint64_t seen = mkemu_load(&asked->decision), number = seen >> MKEMU_RESOURCE_STATE_BITS;
    if (seen != (number << MKEMU_RESOURCE_STATE_BITS | MKEMU_RESOURCE_STATE_ASKED)
        || !move(number, MKEMU_RESOURCE_STATE_ASKED, MKEMU_RESOURCE_STATE_TAKEN))
        return;
    /* Once, and used as they were then: shared memory is not trusted. */
    struct plug_call call = {.number = number, .operation = mkemu_load(&asked->operation),
        .region = {mkemu_load(&asked->first), mkemu_load(&asked->second)}};
    if (call.operation == MKEMU_RESOURCE_QUERY) {
        call.query = true;
        call.operation = mkemu_load(&asked->about);
    }
    if (call.operation == MKEMU_RESOURCE_MEMORY_ADD)
        add(cpu, &call);
    else if (call.operation == MKEMU_RESOURCE_MEMORY_REMOVE)
        remove_region(cpu, &call);
    else
        refuse(cpu, &call, EOPNOTSUPP, "this kernel does not know how");
}

bool plug_is_message(uint32_t type)
{
    return type == ACKNOWLEDGEMENT || type == ACKNOWLEDGEMENT - ACKNOWLEDGED;
}
