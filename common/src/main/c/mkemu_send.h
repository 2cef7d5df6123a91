/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_send.h: sends IPIs from one CPU, in both mailboxes, as io.mkemu.ipi.IpiSender does. By the CPU's thread only.
 * Results are 0 or -errno, as the RFC's. The first send to a life of an instance maps its IPI area; every later one
 * allocates and locks nothing.
 */
#ifndef MKEMU_SEND_H
#define MKEMU_SEND_H

#include "mkemu_lane.h"
#include "mkemu_trace.h"

MKEMU_BEGIN

#define MKEMU_SEND_SPIN_NANOS 20000 /* a receiver that is at it makes room sooner */
#define MKEMU_SEND_LOOK_NANOS 50000

static inline void mkemu_uses(struct mkemu_cpu *c, int id, bool uses)
{
    uint64_t bit = (uint64_t)1 << id % 64, before = c->apic->targets[id / 64];
    mkemu_store(&c->apic->targets[id / 64], uses ? before | bit : before & ~bit);
    mkemu_fence();
}

/* Unmaps the area of an instance. */
static inline void mkemu_disconnect(struct mkemu_cpu *c, int id)
{
    struct mkemu_target *t = c->targets[id];
    if (!t)
        return;
    c->targets[id] = NULL;
    munmap(t->map, t->length);
    free(t->channels);
    free(t);
    mkemu_uses(c, id, false);
}

/* The channel to a CPU that its fields cpu, apic and block name. */
static inline bool mkemu_open_channel(struct mkemu_cpu *c, const struct mkemu_target *t, struct mkemu_channel *ch)
{
    struct mkemu_peer *p = c->peer;
    if (!mkemu_is_queued(p)) {
        /* The RFC's own confusion: the slot is that of the CPU's number. */
        uint32_t number = (uint32_t)ch->apic->cpu_number;
        ch->records = t->map + (uint64_t)number * MKEMU_SINGLE_SLOT_SLOT_LENGTH;
        return number < p->header.nr_cpus;
    }
    uint8_t *block = mkemu_block(p, t->map, ch->block);
    ch->rung = (uint64_t *)(block + MKEMU_QUEUED_MAILBOX_RUNG_OFFSET) + c->cpu / 64;
    if (!mkemu_channel_open(p, ch, mkemu_lane_of(p, block, (unsigned)c->cpu)))
        return false;
    mkemu_channel_introduce(p, mkemu_lane_of(p, block, (unsigned)c->cpu), ch->tail + 1);
    return true;
}

/* Whether the instance's CPU set may have changed since the channels were made. */
static inline bool mkemu_is_stale(const struct mkemu_target *t)
{
    return mkemu_load(&t->entry->cpu_generation) != t->generation;
}

/*
 * Makes the channels into an area that has been mapped, to the CPUs that the instance has now; those that are there
 * stay as they are. Between two sends. False if what the tables say of it does not fit together.
 */
static inline bool mkemu_open_channels(struct mkemu_cpu *c, int id, struct mkemu_target *t)
{
    struct mkemu_peer *p = c->peer;
    /* Before the set: who changes that raises the generation behind it. */
    uint32_t generation = mkemu_load(&t->entry->cpu_generation);
    struct mkemu_channel *all = (struct mkemu_channel *)calloc(t->possible, sizeof *all);
    unsigned count = 0, seen = 0;
    for (int cpu = mkemu_next_cpu(p, t->entry, -1); all && cpu >= 0; cpu = mkemu_next_cpu(p, t->entry, cpu)) {
        struct mkemu_local_apic *apic = mkemu_apic(p, cpu);
        unsigned number = mkemu_load(&apic->logical_cpu);
        if (count == t->possible || number >= t->possible || mkemu_load(&apic->instance) != id) {
            count = 0;
            break;
        }
        struct mkemu_channel *ch = &all[count++];
        while (seen < t->count && t->channels[seen].cpu < cpu)
            seen++;
        if (seen < t->count && t->channels[seen].cpu == cpu && t->channels[seen].block == number) {
            *ch = t->channels[seen];
            continue;
        }
        ch->cpu = cpu;
        ch->apic = apic;
        ch->block = number;
        if (!mkemu_open_channel(c, t, ch)) {
            count = 0;
            break;
        }
    }
    if (!count) {
        free(all);
        return false;
    }
    free(t->channels);
    t->channels = all;
    t->count = count;
    t->generation = generation;
    return true;
}

/* As above; if it cannot be, the CPU sends nothing more to that instance until it connects anew. */
static inline bool mkemu_look_again(struct mkemu_cpu *c, int id)
{
    if (mkemu_open_channels(c, id, c->targets[id]))
        return true;
    mkemu_disconnect(c, id);
    mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_ANOMALIES, 1);
    return false;
}

/* Lets go of the areas that have been taken away, and of CPUs that are no instance's more: on RESCHEDULE_VECTOR. */
static inline void mkemu_let_go(struct mkemu_cpu *c)
{
    for (int id = 0; id < MKEMU_INSTANCE_MAX_INSTANCES; id++)
        if (c->targets[id] && mkemu_load(&c->targets[id]->entry->ipi_area) != c->targets[id]->area)
            mkemu_disconnect(c, id);
        else if (c->targets[id] && mkemu_is_stale(c->targets[id]))
            mkemu_look_again(c, id);
}

/* Maps the area of the instance's present life, in place of that of a former one. */
static inline int mkemu_connect(struct mkemu_cpu *c, int id, struct mkemu_instance *to)
{
    struct mkemu_peer *p = c->peer;
    uint64_t life, area;
    mkemu_disconnect(c, id);
    mkemu_uses(c, id, true); /* said before the address is read: who takes the area away from here on waits */
    do { /* as one: the next life's area is there before that life is active */
        life = mkemu_load(&to->life);
        area = mkemu_load(&to->ipi_area);
    } while (life != mkemu_load(&to->life));
    bool receives = !mkemu_is_queued(p) || mkemu_state(life) == MKEMU_INSTANCE_STATE_ACTIVE;
    unsigned possible = mkemu_possible_cpus(p, to);
    size_t length = mkemu_area_length(p, possible);
    struct mkemu_target *t = NULL;
    if (receives && area && possible && mkemu_owns(p, to, area, length))
        t = (struct mkemu_target *)calloc(1, sizeof *t);
    if (t) {
        t->entry = to;
        t->life = life;
        t->area = area;
        t->length = length;
        t->possible = possible;
        t->map = mkemu_map(p, area, length);
        if (t->map && mkemu_is_area(p, t->map, possible) && mkemu_open_channels(c, id, t)) {
            c->targets[id] = t;
            return 0;
        }
        if (t->map)
            munmap(t->map, length);
        free(t);
    }
    mkemu_uses(c, id, false);
    if (mkemu_is_queued(p) && mkemu_state(mkemu_load(&to->life)) != MKEMU_INSTANCE_STATE_ACTIVE)
        return -ESHUTDOWN;
    mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_ANOMALIES, area != 0);
    return -ENODEV;
}

/* Asks what holds while the target keeps its life, state and area, and connects. */
static inline int mkemu_admit(struct mkemu_cpu *c, int id, uint64_t size)
{
    if (id < 0 || id >= MKEMU_INSTANCE_MAX_INSTANCES)
        return -EINVAL;
    struct mkemu_instance *to = mkemu_entry(c->peer, id);
    unsigned state = mkemu_state(mkemu_load(&to->life));
    if (state == MKEMU_INSTANCE_STATE_EMPTY || size > MKEMU_IPI_DATA_MAX_DATA_SIZE)
        return -EINVAL;
    if (!mkemu_load(&to->ipi_area) || (!mkemu_is_queued(c->peer) && id == c->peer->id))
        return -ENODEV; /* the RFC's own area is its receiving end's: its table to send by does not have it */
    if (mkemu_is_queued(c->peer) && state != MKEMU_INSTANCE_STATE_ACTIVE)
        return -ESHUTDOWN;
    return mkemu_connect(c, id, to);
}

static inline void mkemu_trace_send(struct mkemu_cpu *c, const struct mkemu_target *t, const struct mkemu_channel *ch,
    unsigned flags, uint64_t published, uint32_t type, uint64_t size)
{
    uint64_t id = mkemu_message_id(c->cpu, ch->cpu, t->life >> MKEMU_INSTANCE_STATE_BITS, ch->tail);
    int to = (int)(t->entry - mkemu_entry(c->peer, 0));
    mkemu_trace_record(c, MKEMU_TRACE_EVENT_SEND, flags, published, id, type, size, (uint32_t)to, 0);
}

/* The RFC's order of stores. */
static inline void mkemu_overwrite(struct mkemu_cpu *c, struct mkemu_channel *ch, uint32_t type, const void *data,
    uint64_t size)
{
    struct mkemu_ipi_data *slot = (struct mkemu_ipi_data *)ch->records;
    memset(slot, 0, sizeof *slot);
    MKEMU_SEND_PROBE(CLEARED);
    mkemu_store_release(&slot->data_size, size);
    MKEMU_SEND_PROBE(SIZE);
    mkemu_store_release(&slot->sender_cpu, c->cpu);
    mkemu_store_release(&slot->type, type);
    MKEMU_SEND_PROBE(TYPE);
    if (data)
        memcpy(slot->buffer, data, size);
    MKEMU_SEND_PROBE(PAYLOAD);
}

/* Whether the receiver looks into the lane without being rung. */
static inline bool mkemu_is_polled(struct mkemu_cpu *c, struct mkemu_channel *ch)
{
    uint64_t lane_name = (uint64_t)c->cpu + 1;
    /* The receiver announces first and looks for messages then; without a fence here both could miss the other. */
    if (c->peer->light_fences)
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    else
        mkemu_fence();
    uint64_t idle = mkemu_load(&ch->apic->idle);
    if ((idle >> 16 & 0xffff) == lane_name || (idle >> 32 & 0xffff) == lane_name || idle >> 48 == lane_name)
        return true;
    mkemu_fence();
    return ch->rung_by_me && (mkemu_load(ch->rung) >> c->cpu % 64 & 1);
}

static inline int mkemu_publish(struct mkemu_cpu *c, struct mkemu_target *t, unsigned index, uint32_t type,
    const void *data, uint64_t size)
{
    struct mkemu_channel *ch = &t->channels[index];
    bool queued = mkemu_is_queued(c->peer);
    if (queued && mkemu_channel_is_full(c->peer, ch))
        return -ENOSPC;
    if (queued)
        mkemu_channel_put(c->peer, ch, type, data, size);
    else
        mkemu_overwrite(c, ch, type, data, size);
    mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_SENT, 1);
    bool traced = mkemu_traces(c, MKEMU_TRACE_MODE_IPI);
    if (queued && mkemu_is_polled(c, ch)) {
        if (traced)
            mkemu_trace_send(c, t, ch, MKEMU_TRACE_RECORD_ELIDED, mkemu_nanos(), type, size);
        return 0;
    }
    uint64_t published = traced ? mkemu_nanos() : 0;
    if (queued) {
        __atomic_fetch_or(ch->rung, (uint64_t)1 << c->cpu % 64, __ATOMIC_SEQ_CST);
        MKEMU_SEND_PROBE(MARKED);
    } else {
        MKEMU_SEND_PROBE(PUBLISHED);
    }
    bool woken = mkemu_raise_from_any(c->peer, ch->cpu, MKEMU_LOCAL_APIC_MULTIKERNEL_VECTOR);
    if (woken)
        mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_WOKEN, 1);
    ch->rung_by_me = true;
    MKEMU_SEND_PROBE(RUNG);
    mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_RUNG, 1);
    if (traced)
        mkemu_trace_send(c, t, ch, MKEMU_TRACE_RECORD_RUNG | (woken ? MKEMU_TRACE_RECORD_WOKEN : 0), published, type,
            size);
    return 0;
}

/* Of the channel to a CPU; as many as there are if there is none. */
static inline unsigned mkemu_index_of(const struct mkemu_target *t, int cpu)
{
    unsigned index = 0;
    while (index < t->count && t->channels[index].cpu != cpu)
        index++;
    return index;
}

/* To a CPU by its physical id; -1: to the first one. */
static inline int mkemu_try_send(struct mkemu_cpu *c, int id, int cpu, uint32_t type, const void *data, uint64_t size)
{
    struct mkemu_target *t = id >= 0 && id < MKEMU_INSTANCE_MAX_INSTANCES ? c->targets[id] : NULL;
    if (!t || mkemu_load(&t->entry->life) != t->life || mkemu_load(&t->entry->ipi_area) != t->area
        || size > MKEMU_IPI_DATA_MAX_DATA_SIZE) {
        int refusal = mkemu_admit(c, id, size);
        if (refusal)
            return refusal;
        t = c->targets[id];
    }
    unsigned index = cpu < 0 ? 0 : mkemu_index_of(t, cpu);
    if (index == t->count) {
        if (!mkemu_is_stale(t))
            return -EINVAL;
        if (!mkemu_look_again(c, id))
            return -ENODEV;
        index = mkemu_index_of(t, cpu);
    }
    return index < t->count ? mkemu_publish(c, t, index, type, data, size) : -EINVAL;
}

static inline int mkemu_refused(struct mkemu_cpu *c, int result, int id, uint32_t type, uint64_t size)
{
    mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_FULL, result == -ENOSPC);
    if (mkemu_traces(c, MKEMU_TRACE_MODE_IPI))
        mkemu_trace_record(c, result == -ENOSPC ? MKEMU_TRACE_EVENT_FULL : MKEMU_TRACE_EVENT_REFUSED, 0, mkemu_nanos(),
            0, type, size, (uint32_t)id, (uint32_t)-result);
    return result;
}

/*
 * multikernel_send_ipi_data, to the first CPU of an instance; NULL sends zeros. 0; -EINVAL (no such instance; size),
 * -ENODEV (no IPI area; single-slot: to oneself); queued only: -ESHUTDOWN (not active), -ENOSPC (full).
 */
static inline int mkemu_send(struct mkemu_cpu *c, int id, uint32_t type, const void *data, uint64_t size)
{
    int result = mkemu_try_send(c, id, -1, type, data, size);
    return result ? mkemu_refused(c, result, id, type, size) : 0;
}

/* To a CPU of an instance by its physical id; as mkemu_send, and -EINVAL if the instance does not own that CPU. */
static inline int mkemu_send_to_cpu(struct mkemu_cpu *c, int id, int cpu, uint32_t type, const void *data,
    uint64_t size)
{
    int result = cpu < 0 ? -EINVAL : mkemu_try_send(c, id, cpu, type, data, size);
    return result ? mkemu_refused(c, result, id, type, size) : 0;
}

static inline int mkemu_await_room(struct mkemu_cpu *c, int id, uint32_t type, const void *data, uint64_t size,
    int64_t timeout)
{
    struct mkemu_target *t = c->targets[id];
    uint64_t life = t->life, area = t->area, begun = mkemu_nanos();
    /* The receiver, which would make room, may need this very core. */
    int64_t spin = mkemu_load(&c->apic->shared_core) ? 0 : MKEMU_SEND_SPIN_NANOS, waited = 0;
    int result;
    do {
        int64_t left = timeout - waited;
        struct timespec look = {0, left < MKEMU_SEND_LOOK_NANOS ? left : MKEMU_SEND_LOOK_NANOS};
        if (waited < spin)
            mkemu_relax();
        else
            nanosleep(&look, NULL);
        /* The host may wait for another area than this one, and not for as long as this CPU does. */
        if (mkemu_load(&c->apic->pending) >> MKEMU_LOCAL_APIC_RESCHEDULE_VECTOR & 1)
            mkemu_let_go(c);
        struct mkemu_instance *to = mkemu_entry(c->peer, id);
        uint64_t now = mkemu_load(&to->ipi_area);
        if (c->targets[id] != t || now == 0 || (now != area && mkemu_load(&to->life) == life))
            return -ENODEV;
        if (mkemu_load(&to->life) != life)
            return -ESHUTDOWN;
        result = mkemu_publish(c, t, 0, type, data, size);
        waited = (int64_t)(mkemu_nanos() - begun);
    } while (result == -ENOSPC && waited < timeout);
    return result;
}

/*
 * As mkemu_send, but while the lane is full it waits for so many ns. The CPU takes no interrupts meanwhile. To the CPU
 * itself it does not wait: nobody else could make room.
 */
static inline int mkemu_send_timeout(struct mkemu_cpu *c, int id, uint32_t type, const void *data, uint64_t size,
    int64_t timeout)
{
    int result = mkemu_try_send(c, id, -1, type, data, size);
    if (result == -ENOSPC && timeout > 0 && c->targets[id]->channels[0].cpu != c->cpu)
        result = mkemu_await_room(c, id, type, data, size, timeout);
    return result ? mkemu_refused(c, result, id, type, size) : 0;
}

MKEMU_END

#endif
