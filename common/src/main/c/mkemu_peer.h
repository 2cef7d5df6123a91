/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_peer.h: the CPU of a kernel instance in C: interrupts, IPIs in both mailboxes, idling. All calls from the one
 * thread that called mkemu_start. Results are 0 or -errno, as the RFC's. The protocol is docs/memory-map.md; what it
 * leaves to choice (hot lanes) is left out here: a receiver without them is rung more often, and correct.
 */
#ifndef MKEMU_PEER_H
#define MKEMU_PEER_H

#include "mkemu_join.h"

MKEMU_BEGIN

/* Takes a message: a copy (queued), or the live slot (single-slot). */
typedef void mkemu_handler(struct mkemu_peer *p, const struct mkemu_ipi_data *message, void *context);

static inline void mkemu_count(struct mkemu_peer *p, int counter, uint64_t amount)
{
    mkemu_store_release(&p->apic->counters[counter], p->apic->counters[counter] + amount);
}

/* __apic_send_IPI: what the vector announces has been published before. */
static inline void mkemu_raise(struct mkemu_peer *p, int cpu, int vector)
{
    struct mkemu_local_apic *apic = mkemu_apic(p, cpu);
    __atomic_fetch_or(&apic->pending, (uint64_t)1 << vector, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&apic->doorbell, 1, __ATOMIC_SEQ_CST);
    mkemu_fence();
    if ((mkemu_load(&apic->idle) & 0xffff) == MKEMU_LOCAL_APIC_STATE_HALTED) {
        mkemu_futex(&apic->doorbell, MKEMU_FUTEX_WAKE, 1, NULL);
        mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_WOKEN, 1);
    }
}

static inline void mkemu_let_go(struct mkemu_peer *p, int id)
{
    struct mkemu_target *t = &p->targets[id];
    if (t->map)
        munmap(t->map, t->length);
    memset(t, 0, sizeof *t);
    mkemu_store(&p->apic->targets[id / 64], p->apic->targets[id / 64] & ~((uint64_t)1 << id % 64));
}

/* This CPU's lane in the block of the target's first CPU. */
static inline uint8_t *mkemu_lane(const struct mkemu_peer *p, const struct mkemu_target *t)
{
    return t->map + MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET + MKEMU_QUEUED_MAILBOX_LANES_OFFSET
        + (uint64_t)p->cpu * mkemu_lane_length(p);
}

/* Says that this CPU uses the area before it reads where the area is: who takes it away from here on waits. */
static inline int mkemu_connect(struct mkemu_peer *p, int id, struct mkemu_instance *to)
{
    struct mkemu_target *t = &p->targets[id];
    unsigned cpus;
    mkemu_let_go(p, id);
    mkemu_store(&p->apic->targets[id / 64], p->apic->targets[id / 64] | (uint64_t)1 << id % 64);
    mkemu_fence();
    uint64_t life, area;
    do { /* as one: the next life's area is there before that life is active */
        life = mkemu_load(&to->life);
        area = mkemu_load(&to->ipi_area);
    } while (life != mkemu_load(&to->life));
    if (mkemu_is_queued(p) && mkemu_state(life) != MKEMU_INSTANCE_STATE_ACTIVE) {
        mkemu_let_go(p, id);
        return -ESHUTDOWN;
    }
    int cpu = mkemu_first_cpu(p, to, &cpus);
    size_t length = mkemu_area_length(p, cpus);
    bool theirs = cpu >= 0 && mkemu_load(&mkemu_apic(p, cpu)->instance) == id && mkemu_owns(p, to, area, length);
    uint8_t *map = theirs ? mkemu_map(p, area, length) : NULL;
    if (!map) {
        mkemu_let_go(p, id);
        mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_ANOMALIES, area != 0);
        return -ENODEV;
    }
    t->life = life;
    t->area = area;
    t->map = map;
    t->length = length;
    t->cpu = cpu;
    if (!mkemu_is_queued(p))
        return 0;
    struct mkemu_queued_area *q = (struct mkemu_queued_area *)map;
    if (mkemu_load_acquire(&q->magic) != MKEMU_QUEUED_MAILBOX_MAGIC || q->nr_cpus != p->header.nr_cpus
        || q->slots != p->header.ipi_slots || q->cpus != cpus) {
        mkemu_let_go(p, id);
        return -ENODEV;
    }
    if (!mkemu_lane_resume(p, mkemu_lane(p, t), t)) {
        mkemu_let_go(p, id);
        mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_ANOMALIES, 1);
        return -ENODEV;
    }
    return 0;
}

static inline int mkemu_publish(struct mkemu_peer *p, struct mkemu_target *t, uint32_t type, const void *data,
    uint64_t size)
{
    uint8_t *lane = mkemu_lane(p, t);
    if (mkemu_lane_is_full(p, lane, t)) {
        mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_FULL, 1);
        return -ENOSPC;
    }
    mkemu_lane_put(p, lane, t, type, data, size);
    mkemu_fence(); /* the receiver announces, then looks; this CPU publishes, then reads what was announced */
    uint64_t idle = mkemu_load(&mkemu_apic(p, t->cpu)->idle), lane_name = (uint64_t)p->cpu + 1;
    uint64_t bit = (uint64_t)1 << p->cpu % 64;
    uint64_t *words = (uint64_t *)(t->map + MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET + MKEMU_QUEUED_MAILBOX_RUNG_OFFSET);
    uint64_t *rung = words + p->cpu / 64;
    mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_SENT, 1);
    if ((idle >> 16 & 0xffff) == lane_name || (idle >> 32 & 0xffff) == lane_name || idle >> 48 == lane_name
        || (t->rung && (mkemu_load(rung) & bit)))
        return 0;
    __atomic_fetch_or(rung, bit, __ATOMIC_SEQ_CST);
    mkemu_raise(p, t->cpu, MKEMU_LOCAL_APIC_MULTIKERNEL_VECTOR);
    mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_RUNG, 1);
    t->rung = true;
    return 0;
}

/* The RFC's order of stores; the slot is that of the target's CPU number. */
static inline int mkemu_overwrite(struct mkemu_peer *p, struct mkemu_target *t, uint32_t type, const void *data,
    uint64_t size)
{
    uint32_t number = (uint32_t)mkemu_apic(p, t->cpu)->cpu_number;
    if (number >= p->header.nr_cpus)
        return -EINVAL;
    struct mkemu_ipi_data *slot = (struct mkemu_ipi_data *)t->map + number;
    memset(slot, 0, sizeof *slot);
    mkemu_store_release(&slot->data_size, size);
    mkemu_store_release(&slot->sender_cpu, p->cpu);
    mkemu_store_release(&slot->type, type);
    if (data)
        memcpy(slot->buffer, data, size);
    mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_SENT, 1);
    mkemu_raise(p, t->cpu, MKEMU_LOCAL_APIC_MULTIKERNEL_VECTOR);
    mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_RUNG, 1);
    return 0;
}

/* multikernel_send_ipi_data; NULL sends zeros. */
static inline int mkemu_send(struct mkemu_peer *p, int id, uint32_t type, const void *data, uint64_t size)
{
    if (id < 0 || id >= MKEMU_INSTANCE_MAX_INSTANCES)
        return -EINVAL;
    struct mkemu_instance *to = mkemu_entry(p, id);
    uint64_t life = mkemu_load(&to->life), area = mkemu_load(&to->ipi_area);
    if (mkemu_state(life) == MKEMU_INSTANCE_STATE_EMPTY || size > MKEMU_IPI_DATA_MAX_DATA_SIZE)
        return -EINVAL;
    if (!area)
        return -ENODEV;
    if (mkemu_is_queued(p) && mkemu_state(life) != MKEMU_INSTANCE_STATE_ACTIVE)
        return -ESHUTDOWN;
    struct mkemu_target *t = &p->targets[id];
    int result = t->map && t->life == life && t->area == area ? 0 : mkemu_connect(p, id, to);
    if (result)
        return result;
    return mkemu_is_queued(p) ? mkemu_publish(p, t, type, data, size) : mkemu_overwrite(p, t, type, data, size);
}

/* Delivers what one lane holds, at most a lane's worth. */
static inline int mkemu_deliver(struct mkemu_peer *p, int cpu, mkemu_handler *handler, void *context)
{
    uint8_t *lane = p->area + MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET + MKEMU_QUEUED_MAILBOX_LANES_OFFSET
        + (uint64_t)cpu * mkemu_lane_length(p);
    struct mkemu_lane *l = &p->lanes[cpu];
    struct mkemu_ipi_data message;
    unsigned count = 0;
    uint64_t ready;
    bool closed = l->at == MKEMU_LANE_CLOSED;
    message.sender_cpu = cpu;
    for (uint8_t *record; !closed && count < p->header.ipi_slots; count++) {
        record = mkemu_lane_next(p, lane, l, &ready, &closed);
        if (!record)
            break;
        message.type = (uint32_t)ready;
        message.data_size = mkemu_size_of(ready);
        memcpy(message.buffer, record + MKEMU_QUEUED_MAILBOX_PAYLOAD_OFFSET, message.data_size);
        mkemu_lane_advance(l, ready);
        handler(p, &message, context);
        mkemu_store_head(lane, *l);
    }
    if (closed && l->at != MKEMU_LANE_CLOSED) { /* somebody scribbled over where its next record is */
        l->at = MKEMU_LANE_CLOSED;
        p->anomalies++;
        mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_ANOMALIES, 1);
    }
    if (count == p->header.ipi_slots)
        p->work[cpu / 64] |= (uint64_t)1 << cpu % 64;
    return (int)count;
}

static inline int mkemu_take_slot(struct mkemu_peer *p, mkemu_handler *handler, void *context)
{
    struct mkemu_ipi_data *slot = (struct mkemu_ipi_data *)p->area + p->cpu;
    uint64_t size = mkemu_load(&slot->data_size);
    if (size == 0 || size > MKEMU_IPI_DATA_MAX_DATA_SIZE) {
        mkemu_count(p, size ? MKEMU_LOCAL_APIC_COUNTER_ANOMALIES : MKEMU_LOCAL_APIC_COUNTER_SPURIOUS, 1);
        return 0;
    }
    handler(p, slot, context);
    return 1;
}

/* Takes interrupts and delivers what they announce; how many messages. Handlers may send. */
static inline int mkemu_poll(struct mkemu_peer *p, mkemu_handler *handler, void *context)
{
    int count = 0;
    uint64_t vectors = mkemu_load(&p->apic->pending) ? __atomic_exchange_n(&p->apic->pending, 0, __ATOMIC_SEQ_CST) : 0;
    if (vectors)
        mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_INTERRUPTS, (uint64_t)__builtin_popcountll(vectors));
    if (vectors >> MKEMU_LOCAL_APIC_RESCHEDULE_VECTOR & 1)
        for (int id = 0; id < MKEMU_INSTANCE_MAX_INSTANCES; id++)
            if (p->targets[id].map && mkemu_load(&mkemu_entry(p, id)->ipi_area) != p->targets[id].area)
                mkemu_let_go(p, id);
    if (vectors >> MKEMU_LOCAL_APIC_REQUEST_VECTOR & 1)
        p->shutdown |= mkemu_load(&p->entry->requested) == MKEMU_INSTANCE_REQUEST_SHUTDOWN;
    bool rung = vectors >> MKEMU_LOCAL_APIC_MULTIKERNEL_VECTOR & 1;
    uint64_t *words = (uint64_t *)(p->area + MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET + MKEMU_QUEUED_MAILBOX_RUNG_OFFSET);
    for (unsigned word = 0; mkemu_is_queued(p) && word < (p->header.nr_cpus + 63) / 64; word++) {
        uint64_t lanes = p->work[word];
        p->work[word] = 0;
        if (rung)
            lanes |= __atomic_exchange_n(&words[word], 0, __ATOMIC_SEQ_CST);
        mkemu_fence();
        for (; lanes; lanes &= lanes - 1) {
            int cpu = (int)(word * 64) + __builtin_ctzll(lanes);
            count += cpu < (int)p->header.nr_cpus ? mkemu_deliver(p, cpu, handler, context) : 0;
        }
    }
    if (rung && !mkemu_is_queued(p))
        count += mkemu_take_slot(p, handler, context);
    mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_RECEIVED, (uint64_t)count);
    return count;
}

static inline bool mkemu_has_work(struct mkemu_peer *p)
{
    bool any = mkemu_load(&p->apic->pending) != 0;
    for (unsigned word = 0; word < MKEMU_INSTANCE_CPU_SET_WORDS; word++)
        any |= p->work[word] != 0;
    return any;
}

/* Notes each lane that holds a message nobody rang for: its sender died in between, or somebody scribbled. */
static inline void mkemu_audit(struct mkemu_peer *p)
{
    uint8_t *lane = p->area + MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET + MKEMU_QUEUED_MAILBOX_LANES_OFFSET;
    for (unsigned cpu = 0; mkemu_is_queued(p) && cpu < p->header.nr_cpus; cpu++, lane += mkemu_lane_length(p)) {
        if (p->lanes[cpu].at == MKEMU_LANE_CLOSED)
            continue;
        mkemu_store_head(lane, p->lanes[cpu]);
        if (mkemu_is_ready(mkemu_load_acquire(mkemu_record(lane, p->lanes[cpu].at)), p->lanes[cpu].count + 1))
            p->work[cpu / 64] |= (uint64_t)1 << cpu % 64;
    }
}

/* How often a CPU that polls looks before it reads the clock, to tell how long it has polled. */
#define MKEMU_LOOKS_PER_CLOCK 32

/* Polls so often, then halts until an interrupt, at most for so long; 0: a second. */
static inline void mkemu_idle(struct mkemu_peer *p, int polls, int64_t limit_nanos)
{
    int64_t nanos = limit_nanos > 0 && limit_nanos < 1000000000 ? limit_nanos : 1000000000;
    struct timespec limit = {nanos / 1000000000, nanos % 1000000000};
    long slept = 0;
    uint64_t told = 0;
    for (int spin = 1; spin <= polls && !p->apic->shared_core; spin++) {
        if (mkemu_has_work(p))
            return;
        if (spin % MKEMU_LOOKS_PER_CLOCK == 0) {
            uint64_t now = mkemu_nanos();
            mkemu_store_release(&p->apic->polled_nanos, p->apic->polled_nanos + (told ? now - told : 0));
            told = now;
        }
    }
    uint32_t seen = mkemu_load(&p->apic->doorbell);
    __atomic_exchange_n(&p->apic->idle, MKEMU_LOCAL_APIC_STATE_HALTED, __ATOMIC_SEQ_CST);
    mkemu_fence();
    if (!mkemu_has_work(p)) {
        mkemu_count(p, MKEMU_LOCAL_APIC_COUNTER_HALTS, 1);
        uint64_t since = mkemu_nanos();
        mkemu_store_release(&p->apic->halted_since, since);
        slept = mkemu_futex(&p->apic->doorbell, MKEMU_FUTEX_WAIT, seen, &limit) ? errno : 0;
        mkemu_store_release(&p->apic->halted_since, 0);
        mkemu_store_release(&p->apic->halted_nanos, p->apic->halted_nanos + (mkemu_nanos() - since));
    }
    mkemu_store(&p->apic->idle, MKEMU_LOCAL_APIC_STATE_RUNNING);
    if (slept == ETIMEDOUT)
        mkemu_audit(p);
}

MKEMU_END

#endif
