/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_trace.h: the producer's end of a CPU's trace ring, and the CPU's tracepoints: docs/memory-map.md, section 12.
 * With trace=all it records what trace=ipi does: a kernel in C cannot be replayed. By the CPU's thread only.
 */
#ifndef MKEMU_TRACE_H
#define MKEMU_TRACE_H

#include "mkemu_machine.h"

MKEMU_BEGIN

#define MKEMU_TRACE_LOOKS 32 /* from one reading of the clock to the next while the CPU polls; a power of two */

/* Whether what a mode adds is recorded now: a load of a word that hardly ever changes. */
static inline bool mkemu_traces(const struct mkemu_cpu *c, uint32_t mode)
{
    return mkemu_load(&((struct mkemu_ram_header *)c->peer->tables)->trace_mode) >= mode;
}

/* Goes on where the CPU's former life ended. */
static inline void mkemu_trace_open(struct mkemu_cpu *c)
{
    struct mkemu_peer *p = c->peer;
    struct mkemu_trace *t = &c->trace;
    uint64_t bytes = mkemu_trace_ring_bytes(p->header.nr_cpus);
    memset(t, 0, sizeof *t);
    t->ring = (struct mkemu_trace_ring *)(p->tables + p->header.traces_at + (unsigned)c->cpu * bytes);
    t->slots = (bytes - MKEMU_TRACE_RING_SLOTS_OFFSET) / MKEMU_TRACE_RECORD_LENGTH;
    t->head_seen = mkemu_load(&t->ring->head);
    t->tail = mkemu_load(&t->ring->tail);
    if (t->tail - t->head_seen > t->slots)
        t->tail = t->head_seen;
    t->stale = true;
    mkemu_store_release(&t->ring->running_time, 0);
}

static inline bool mkemu_trace_has_room(struct mkemu_trace *t, unsigned event, unsigned flags)
{
    if (t->tail + 1 - t->head_seen <= t->slots)
        return true;
    uint64_t head = mkemu_load(&t->ring->head);
    if (head - t->head_seen <= t->slots && t->tail - head <= t->slots)
        t->head_seen = head;
    if (t->tail + 1 - t->head_seen <= t->slots)
        return true;
    bool delivery = event == MKEMU_TRACE_EVENT_UNHANDLED
        || (event == MKEMU_TRACE_EVENT_CALLBACK && (flags & MKEMU_TRACE_RECORD_FIRST));
    uint64_t *lost = event == MKEMU_TRACE_EVENT_SEND ? &t->ring->lost_sends
        : delivery ? &t->ring->lost_deliveries : &t->ring->lost_others;
    mkemu_store_release(lost, *lost + 1);
    return false;
}

/* Writes a record, or counts that there was no room; the arguments are as TraceEvent says. */
static inline void mkemu_trace_record(struct mkemu_cpu *c, unsigned event, unsigned flags, uint64_t time, uint64_t id,
    uint32_t type, uint64_t size, uint32_t arg0, uint32_t arg1)
{
    struct mkemu_trace *t = &c->trace;
    if (!mkemu_trace_has_room(t, event, flags))
        return;
    struct mkemu_trace_record *r = (struct mkemu_trace_record *)(t->ring + 1) + (t->tail & (t->slots - 1));
    r->time = time;
    r->id = id;
    r->type = type;
    r->size = (uint16_t)(size < MKEMU_TRACE_RECORD_MAX_PAYLOAD ? size : MKEMU_TRACE_RECORD_MAX_PAYLOAD);
    r->event = (uint8_t)event;
    r->flags = (uint8_t)flags;
    r->arg0 = arg0;
    r->arg1 = arg1;
    uint64_t before = t->tail++;
    mkemu_store_release(&t->ring->tail, t->tail);
    if ((before ^ t->tail) & (t->slots / MKEMU_TRACE_RING_WAKES_PER_RING)) {
        uint32_t *doorbell = &((struct mkemu_ram_header *)c->peer->tables)->trace_doorbell;
        __atomic_fetch_add(doorbell, 1, __ATOMIC_SEQ_CST);
        mkemu_futex(doorbell, MKEMU_FUTEX_WAKE, 1, NULL);
    }
}

/* An event of mode ipi off the paths that must be fast, stamped now, if the calling thread is a CPU. */
static inline void mkemu_trace_now(unsigned event, uint64_t id, uint32_t arg0, uint32_t arg1)
{
    struct mkemu_cpu *c = mkemu_this_cpu;
    if (c && mkemu_traces(c, MKEMU_TRACE_MODE_IPI))
        mkemu_trace_record(c, event, 0, mkemu_nanos(), id, 0, 0, arg0, arg1);
}

/* Names a message: its place. The number counts the lane's messages from 1; single-slot has 0. */
static inline uint64_t mkemu_message_id(int sender, int target, uint64_t life, uint64_t number)
{
    return (uint64_t)(sender & 0x3ff) << 53 | (uint64_t)(target & 0x3ff) << 43 | (life & 0x7ff) << 32
        | (number & UINT32_MAX);
}

static inline uint32_t mkemu_trace_u32(uint64_t from, uint64_t to)
{
    return to <= from ? 0 : to - from > UINT32_MAX ? UINT32_MAX : (uint32_t)(to - from);
}

/*
 * The clock of these records: to read it costs as much as a fifth of a round trip. So a CPU that polls reads it once in
 * so many looks for work, and counts the looks in between.
 */
static inline void mkemu_trace_read_clock(struct mkemu_trace *t)
{
    uint64_t now = mkemu_nanos();
    t->nanos = now > t->nanos ? now : t->nanos;
    t->looks = 0;
    t->stale = false;
}

static inline void mkemu_trace_refresh(struct mkemu_trace *t)
{
    if (t->stale)
        mkemu_trace_read_clock(t);
    t->nanos += t->looks * t->nanos_of_looks / MKEMU_TRACE_LOOKS;
    t->looks = 0;
}

/* The CPU has looked for work in vain, and does nothing but look again. */
static inline void mkemu_trace_pause(struct mkemu_cpu *c)
{
    struct mkemu_trace *t = &c->trace;
    if (!t->on) {
        t->stale = true;
        mkemu_relax();
    } else if (++t->looks >= MKEMU_TRACE_LOOKS) {
        bool counted = !t->stale;
        uint64_t before = t->nanos, most = 2 * t->nanos_of_looks + 64;
        mkemu_trace_read_clock(t);
        if (counted) {
            uint64_t took = t->nanos - before < most ? t->nanos - before : most;
            t->nanos_of_looks = (7 * t->nanos_of_looks + took) / 8;
        }
    }
}

/* A turn of the loop begins: what is taken in it counts as interrupted now. */
static inline void mkemu_trace_turn_begins(struct mkemu_cpu *c)
{
    c->trace.on = mkemu_traces(c, MKEMU_TRACE_MODE_IPI);
    if (c->trace.on)
        mkemu_trace_refresh(&c->trace);
    c->trace.interrupted = c->trace.nanos;
}

static inline uint64_t mkemu_trace_id_of(const struct mkemu_cpu *c, const struct mkemu_ipi_data *message)
{
    return mkemu_message_id(message->sender_cpu, c->cpu, c->peer->life, c->number);
}

/* For a handler, on a message that it was given: a callback is about to run. Counts it. */
static inline void mkemu_callback_begins(struct mkemu_cpu *c, const struct mkemu_ipi_data *message)
{
    struct mkemu_trace *t = &c->trace;
    mkemu_store_release(&c->apic->counters[MKEMU_LOCAL_APIC_COUNTER_CALLBACKS],
        c->apic->counters[MKEMU_LOCAL_APIC_COUNTER_CALLBACKS] + 1);
    if (!t->on)
        return;
    t->begun = t->nanos;
    t->ring->running_id = mkemu_trace_id_of(c, message);
    t->ring->running_type = message->type;
    t->ring->running_size = (uint32_t)message->data_size;
    mkemu_store_release(&t->ring->running_time, t->begun);
}

/* It has run; first: no other one has run for this message. */
static inline void mkemu_callback_ends(struct mkemu_cpu *c, const struct mkemu_ipi_data *message, bool first)
{
    struct mkemu_trace *t = &c->trace;
    if (!t->on)
        return;
    mkemu_trace_read_clock(t);
    mkemu_trace_record(c, MKEMU_TRACE_EVENT_CALLBACK, first ? MKEMU_TRACE_RECORD_FIRST : 0, t->begun,
        mkemu_trace_id_of(c, message), message->type, message->data_size, mkemu_trace_u32(t->begun, t->nanos),
        mkemu_trace_u32(t->interrupted, t->begun));
    mkemu_store_release(&t->ring->running_time, 0);
}

/* For a handler: nobody takes the message. Counts it. */
static inline void mkemu_unhandled(struct mkemu_cpu *c, const struct mkemu_ipi_data *message)
{
    struct mkemu_trace *t = &c->trace;
    mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_UNHANDLED, 1);
    if (t->on)
        mkemu_trace_record(c, MKEMU_TRACE_EVENT_UNHANDLED, 0, t->nanos, mkemu_trace_id_of(c, message), message->type,
            message->data_size, 0, mkemu_trace_u32(t->interrupted, t->nanos));
}

/* For a handler, single-slot: the work of a callback is pending already, so this interrupt has none of its own. */
static inline void mkemu_coalesced(struct mkemu_cpu *c, const struct mkemu_ipi_data *message)
{
    if (c->trace.on)
        mkemu_trace_record(c, MKEMU_TRACE_EVENT_COALESCED, 0, c->trace.nanos, mkemu_trace_id_of(c, message),
            message->type, message->data_size, 0, 0);
}

MKEMU_END

#endif
