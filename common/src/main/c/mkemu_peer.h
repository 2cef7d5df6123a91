/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_peer.h: the CPU of a kernel instance in C: interrupts, IPIs in both mailboxes, idling. All calls from the one
 * thread that called mk_start. Results are 0 or -errno, as the RFC's. The protocol is docs/memory-map.md; what it
 * leaves to choice (hot lanes) is left out here: a receiver without them is rung more often, and correct.
 */
#ifdef __cplusplus
#error "mkemu's headers are C11, not C++: put what uses them into a .c file, and call that from C++"
#elif !defined MKEMU_PEER_H
#define MKEMU_PEER_H

#include "mkemu_join.h"

/* Takes a message: a copy (queued), or the live slot (single-slot). */
typedef void mk_handler(struct mk_peer *p, const struct mk_ipi_data *message, void *context);

static inline void mk_count(struct mk_peer *p, int counter, uint64_t amount)
{
    mk_store_release(&p->apic->counters[counter], p->apic->counters[counter] + amount);
}

/* __apic_send_IPI: what the vector announces has been published before. */
static inline void mk_raise(struct mk_peer *p, int cpu, int vector)
{
    struct mk_local_apic *apic = mk_apic(p, cpu);
    __atomic_fetch_or(&apic->pending, (uint64_t)1 << vector, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&apic->doorbell, 1, __ATOMIC_SEQ_CST);
    mk_fence();
    if ((mk_load(&apic->idle) & 0xffff) == MK_LOCAL_APIC_STATE_HALTED) {
        mk_futex(&apic->doorbell, FUTEX_WAKE, 1, NULL);
        mk_count(p, MK_LOCAL_APIC_COUNTER_WOKEN, 1);
    }
}

static inline void mk_let_go(struct mk_peer *p, int id)
{
    struct mk_target *t = &p->targets[id];
    if (t->map)
        munmap(t->map, t->length);
    memset(t, 0, sizeof *t);
    mk_store(&p->apic->targets[id / 64], p->apic->targets[id / 64] & ~((uint64_t)1 << id % 64));
}

/* This CPU's lane in the block of the target's first CPU. */
static inline uint8_t *mk_lane(const struct mk_peer *p, const struct mk_target *t)
{
    return t->map + MK_QUEUED_MAILBOX_BLOCKS_OFFSET + MK_QUEUED_MAILBOX_LANES_OFFSET
        + (uint64_t)p->cpu * mk_lane_length(p);
}

/* Says that this CPU uses the area before it reads where the area is: who takes it away from here on waits. */
static inline int mk_connect(struct mk_peer *p, int id, struct mk_instance *to)
{
    struct mk_target *t = &p->targets[id];
    unsigned cpus;
    mk_let_go(p, id);
    mk_store(&p->apic->targets[id / 64], p->apic->targets[id / 64] | (uint64_t)1 << id % 64);
    mk_fence();
    uint64_t life, area;
    do { /* as one: the next life's area is there before that life is active */
        life = mk_load(&to->life);
        area = mk_load(&to->ipi_area);
    } while (life != mk_load(&to->life));
    if (mk_is_queued(p) && mk_state(life) != MK_INSTANCE_STATE_ACTIVE) {
        mk_let_go(p, id);
        return -ESHUTDOWN;
    }
    int cpu = mk_first_cpu(p, to, &cpus);
    size_t length = mk_area_length(p, cpus);
    bool theirs = cpu >= 0 && mk_load(&mk_apic(p, cpu)->instance) == id && mk_owns(p, to, area, length);
    uint8_t *map = theirs ? mk_map(p, area, length) : NULL;
    if (!map) {
        mk_let_go(p, id);
        mk_count(p, MK_LOCAL_APIC_COUNTER_ANOMALIES, area != 0);
        return -ENODEV;
    }
    *t = (struct mk_target){.life = life, .area = area, .map = map, .length = length, .cpu = cpu};
    if (!mk_is_queued(p))
        return 0;
    struct mk_queued_area *q = (struct mk_queued_area *)map;
    if (mk_load_acquire(&q->magic) != MK_QUEUED_MAILBOX_MAGIC || q->nr_cpus != p->header.nr_cpus
        || q->slots != p->header.ipi_slots || q->cpus != cpus) {
        mk_let_go(p, id);
        return -ENODEV;
    }
    if (!mk_lane_resume(p, mk_lane(p, t), t)) {
        mk_let_go(p, id);
        mk_count(p, MK_LOCAL_APIC_COUNTER_ANOMALIES, 1);
        return -ENODEV;
    }
    return 0;
}

static inline int mk_publish(struct mk_peer *p, struct mk_target *t, uint32_t type, const void *data, uint64_t size)
{
    uint8_t *lane = mk_lane(p, t);
    if (mk_lane_is_full(p, lane, t)) {
        mk_count(p, MK_LOCAL_APIC_COUNTER_FULL, 1);
        return -ENOSPC;
    }
    mk_lane_put(p, lane, t, type, data, size);
    mk_fence(); /* the receiver announces, then looks; this CPU publishes, then reads what was announced */
    uint64_t idle = mk_load(&mk_apic(p, t->cpu)->idle), lane_name = (uint64_t)p->cpu + 1;
    uint64_t bit = (uint64_t)1 << p->cpu % 64;
    uint64_t *words = (uint64_t *)(t->map + MK_QUEUED_MAILBOX_BLOCKS_OFFSET + MK_QUEUED_MAILBOX_RUNG_OFFSET);
    uint64_t *rung = words + p->cpu / 64;
    mk_count(p, MK_LOCAL_APIC_COUNTER_SENT, 1);
    if ((idle >> 16 & 0xffff) == lane_name || (idle >> 32 & 0xffff) == lane_name || idle >> 48 == lane_name
        || (t->rung && (mk_load(rung) & bit)))
        return 0;
    __atomic_fetch_or(rung, bit, __ATOMIC_SEQ_CST);
    mk_raise(p, t->cpu, MK_LOCAL_APIC_MULTIKERNEL_VECTOR);
    mk_count(p, MK_LOCAL_APIC_COUNTER_RUNG, 1);
    t->rung = true;
    return 0;
}

/* The RFC's order of stores; the slot is that of the target's CPU number. */
static inline int mk_overwrite(struct mk_peer *p, struct mk_target *t, uint32_t type, const void *data, uint64_t size)
{
    uint32_t number = (uint32_t)mk_apic(p, t->cpu)->cpu_number;
    if (number >= p->header.nr_cpus)
        return -EINVAL;
    struct mk_ipi_data *slot = (struct mk_ipi_data *)t->map + number;
    memset(slot, 0, sizeof *slot);
    mk_store_release(&slot->data_size, size);
    mk_store_release(&slot->sender_cpu, p->cpu);
    mk_store_release(&slot->type, type);
    if (data)
        memcpy(slot->buffer, data, size);
    mk_count(p, MK_LOCAL_APIC_COUNTER_SENT, 1);
    mk_raise(p, t->cpu, MK_LOCAL_APIC_MULTIKERNEL_VECTOR);
    mk_count(p, MK_LOCAL_APIC_COUNTER_RUNG, 1);
    return 0;
}

/* multikernel_send_ipi_data; NULL sends zeros. */
static inline int mk_send(struct mk_peer *p, int id, uint32_t type, const void *data, uint64_t size)
{
    if (id < 0 || id >= MK_MAX_INSTANCES)
        return -EINVAL;
    struct mk_instance *to = mk_entry(p, id);
    uint64_t life = mk_load(&to->life), area = mk_load(&to->ipi_area);
    if (mk_state(life) == MK_INSTANCE_STATE_EMPTY || size > MK_MAX_DATA_SIZE)
        return -EINVAL;
    if (!area)
        return -ENODEV;
    if (mk_is_queued(p) && mk_state(life) != MK_INSTANCE_STATE_ACTIVE)
        return -ESHUTDOWN;
    struct mk_target *t = &p->targets[id];
    int result = t->map && t->life == life && t->area == area ? 0 : mk_connect(p, id, to);
    if (result)
        return result;
    return mk_is_queued(p) ? mk_publish(p, t, type, data, size) : mk_overwrite(p, t, type, data, size);
}

/* Delivers what one lane holds, at most a lane's worth. */
static inline int mk_deliver(struct mk_peer *p, int cpu, mk_handler *handler, void *context)
{
    uint8_t *lane = p->area + MK_QUEUED_MAILBOX_BLOCKS_OFFSET + MK_QUEUED_MAILBOX_LANES_OFFSET
        + (uint64_t)cpu * mk_lane_length(p);
    struct mk_lane *l = &p->lanes[cpu];
    struct mk_ipi_data message = {.sender_cpu = cpu};
    unsigned count = 0;
    uint64_t ready;
    bool closed = l->at == MK_LANE_CLOSED;
    for (uint8_t *record; !closed && count < p->header.ipi_slots; count++) {
        record = mk_lane_next(p, lane, l, &ready, &closed);
        if (!record)
            break;
        message.type = (uint32_t)ready;
        message.data_size = mk_size_of(ready);
        memcpy(message.buffer, record + MK_QUEUED_MAILBOX_PAYLOAD_OFFSET, message.data_size);
        mk_lane_advance(l, ready);
        handler(p, &message, context);
        mk_store_head(lane, *l);
    }
    if (closed && l->at != MK_LANE_CLOSED) { /* somebody scribbled over where its next record is */
        l->at = MK_LANE_CLOSED;
        p->anomalies++;
        mk_count(p, MK_LOCAL_APIC_COUNTER_ANOMALIES, 1);
    }
    if (count == p->header.ipi_slots)
        p->work[cpu / 64] |= (uint64_t)1 << cpu % 64;
    return (int)count;
}

static inline int mk_take_slot(struct mk_peer *p, mk_handler *handler, void *context)
{
    struct mk_ipi_data *slot = (struct mk_ipi_data *)p->area + p->cpu;
    uint64_t size = mk_load(&slot->data_size);
    if (size == 0 || size > MK_MAX_DATA_SIZE) {
        mk_count(p, size ? MK_LOCAL_APIC_COUNTER_ANOMALIES : MK_LOCAL_APIC_COUNTER_SPURIOUS, 1);
        return 0;
    }
    handler(p, slot, context);
    return 1;
}

/* Takes interrupts and delivers what they announce; how many messages. Handlers may send. */
static inline int mk_poll(struct mk_peer *p, mk_handler *handler, void *context)
{
    int count = 0;
    uint64_t vectors = mk_load(&p->apic->pending) ? __atomic_exchange_n(&p->apic->pending, 0, __ATOMIC_SEQ_CST) : 0;
    if (vectors)
        mk_count(p, MK_LOCAL_APIC_COUNTER_INTERRUPTS, (uint64_t)__builtin_popcountll(vectors));
    if (vectors >> MK_LOCAL_APIC_RESCHEDULE_VECTOR & 1)
        for (int id = 0; id < MK_MAX_INSTANCES; id++)
            if (p->targets[id].map && mk_load(&mk_entry(p, id)->ipi_area) != p->targets[id].area)
                mk_let_go(p, id);
    if (vectors >> MK_LOCAL_APIC_REQUEST_VECTOR & 1)
        p->shutdown |= mk_load(&p->entry->requested) == MK_INSTANCE_REQUEST_SHUTDOWN;
    bool rung = vectors >> MK_LOCAL_APIC_MULTIKERNEL_VECTOR & 1;
    uint64_t *words = (uint64_t *)(p->area + MK_QUEUED_MAILBOX_BLOCKS_OFFSET + MK_QUEUED_MAILBOX_RUNG_OFFSET);
    for (unsigned word = 0; mk_is_queued(p) && word < (p->header.nr_cpus + 63) / 64; word++) {
        uint64_t lanes = p->work[word];
        p->work[word] = 0;
        if (rung)
            lanes |= __atomic_exchange_n(&words[word], 0, __ATOMIC_SEQ_CST);
        mk_fence();
        for (; lanes; lanes &= lanes - 1) {
            int cpu = (int)(word * 64) + __builtin_ctzll(lanes);
            count += cpu < (int)p->header.nr_cpus ? mk_deliver(p, cpu, handler, context) : 0;
        }
    }
    if (rung && !mk_is_queued(p))
        count += mk_take_slot(p, handler, context);
    mk_count(p, MK_LOCAL_APIC_COUNTER_RECEIVED, (uint64_t)count);
    return count;
}

static inline bool mk_has_work(struct mk_peer *p)
{
    bool any = mk_load(&p->apic->pending) != 0;
    for (unsigned word = 0; word < MK_INSTANCE_CPU_SET_WORDS; word++)
        any |= p->work[word] != 0;
    return any;
}

/* Notes each lane that holds a message nobody rang for: its sender died in between, or somebody scribbled. */
static inline void mk_audit(struct mk_peer *p)
{
    uint8_t *lane = p->area + MK_QUEUED_MAILBOX_BLOCKS_OFFSET + MK_QUEUED_MAILBOX_LANES_OFFSET;
    for (unsigned cpu = 0; mk_is_queued(p) && cpu < p->header.nr_cpus; cpu++, lane += mk_lane_length(p)) {
        if (p->lanes[cpu].at == MK_LANE_CLOSED)
            continue;
        mk_store_head(lane, p->lanes[cpu]);
        if (mk_is_ready(mk_load_acquire(mk_record(lane, p->lanes[cpu].at)), p->lanes[cpu].count + 1))
            p->work[cpu / 64] |= (uint64_t)1 << cpu % 64;
    }
}

/* How often a CPU that polls looks before it reads the clock, to tell how long it has polled. */
#define MK_LOOKS_PER_CLOCK 32

/* Polls so often, then halts until an interrupt, at most for so long; 0: a second. */
static inline void mk_idle(struct mk_peer *p, int polls, int64_t limit_nanos)
{
    int64_t nanos = limit_nanos > 0 && limit_nanos < 1000000000 ? limit_nanos : 1000000000;
    struct timespec limit = {nanos / 1000000000, nanos % 1000000000};
    long slept = 0;
    uint64_t told = 0;
    for (int spin = 1; spin <= polls && !p->apic->shared_core; spin++) {
        if (mk_has_work(p))
            return;
        if (spin % MK_LOOKS_PER_CLOCK == 0) {
            uint64_t now = mk_nanos();
            mk_store_release(&p->apic->polled_nanos, p->apic->polled_nanos + (told ? now - told : 0));
            told = now;
        }
    }
    uint32_t seen = mk_load(&p->apic->doorbell);
    __atomic_exchange_n(&p->apic->idle, MK_LOCAL_APIC_STATE_HALTED, __ATOMIC_SEQ_CST);
    mk_fence();
    if (!mk_has_work(p)) {
        mk_count(p, MK_LOCAL_APIC_COUNTER_HALTS, 1);
        uint64_t since = mk_nanos();
        mk_store_release(&p->apic->halted_since, since);
        slept = mk_futex(&p->apic->doorbell, FUTEX_WAIT, seen, &limit) ? errno : 0;
        mk_store_release(&p->apic->halted_since, 0);
        mk_store_release(&p->apic->halted_nanos, p->apic->halted_nanos + (mk_nanos() - since));
    }
    mk_store(&p->apic->idle, MK_LOCAL_APIC_STATE_RUNNING);
    if (slept == ETIMEDOUT)
        mk_audit(p);
}

#endif
