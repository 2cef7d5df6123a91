/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_receive.h: the consumer's end of a CPU's mailbox, both kinds, as io.mkemu.ipi.QueuedReceiver and HotLanes
 * have it. Lanes come to its notice in two ways: a sender rang, or the lane is hot: it delivered lately, the CPU polls
 * it and says so in its idle word, and its sender leaves the doorbell out. By the CPU's thread only.
 */
#ifndef MKEMU_RECEIVE_H
#define MKEMU_RECEIVE_H

#include "mkemu_lane.h"
#include "mkemu_trace.h"

MKEMU_BEGIN

/* From one lane before the others, the vectors and the tasks of the CPU get their turn, however deep it is. */
#define MKEMU_MESSAGES_PER_LOOK 64
/* A CPU with many senders pays for the heavy fence once in so many changes, and polls so many lanes more. */
#define MKEMU_RETIRED_PER_FENCE 8

/*
 * Takes a message: a copy (queued), or the live slot (single-slot). It may send. A handler that runs callbacks says so
 * by mkemu_callback_begins and mkemu_callback_ends, for each, or mkemu_unhandled.
 */
typedef void mkemu_handler(struct mkemu_cpu *c, struct mkemu_ipi_data *message, void *context);

/* The fence between a store of this CPU and its look for what senders stored, who have not fenced; some us. */
static inline bool mkemu_heavy_fence(const struct mkemu_cpu *c)
{
    mkemu_fence();
    return c->peer->light_fences && syscall(SYS_membarrier, MKEMU_MEMBARRIER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

static inline void mkemu_note(struct mkemu_cpu *c, int sender)
{
    c->work[sender / 64] |= (uint64_t)1 << sender % 64;
}

/* Announces a state: look for work again after this. */
static inline void mkemu_announce(struct mkemu_cpu *c, uint64_t idle_word)
{
    mkemu_store(&c->apic->idle, idle_word);
    mkemu_fence();
}

/* Tells senders that the CPU executes, and which lanes it polls. */
static inline void mkemu_announce_running(struct mkemu_cpu *c)
{
    struct mkemu_hot_lanes *h = &c->lanes_polled;
    uint64_t word = MKEMU_LOCAL_APIC_STATE_RUNNING;
    if (h->hot && (h->flooded || !mkemu_load(&c->apic->shared_core))) {
        h->told = true;
        for (int place = 0; place < h->hot; place++)
            word |= (uint64_t)(h->announced[place] + 1) << 16 * (place + 1);
    }
    mkemu_announce(c, word);
}

static inline void mkemu_retire(struct mkemu_hot_lanes *h, int sender)
{
    for (int index = 0; index < h->cold; index++)
        if (h->retired[index] == sender)
            return;
    h->retired[h->cold++] = sender;
}

static inline void mkemu_hot_to_front(struct mkemu_cpu *c, int sender)
{
    struct mkemu_hot_lanes *h = &c->lanes_polled;
    int index = 0;
    while (index < h->hot && h->announced[index] != sender)
        index++;
    bool fresh = index == h->hot;
    if (fresh && h->hot == MKEMU_LOCAL_APIC_HOT_LANES) {
        /* On a shared core a place would be changed for each sender in turn, and a fence paid for it. */
        if (mkemu_load(&c->apic->shared_core))
            return;
        mkemu_retire(h, h->announced[--index]);
    } else if (fresh) {
        h->hot++;
    }
    for (; index > 0; index--)
        h->announced[index] = h->announced[index - 1];
    h->announced[0] = sender;
    if (fresh)
        mkemu_announce_running(c);
}

/* Notes the polled lanes that hold something; whether one does. */
static inline bool mkemu_take_hot(struct mkemu_cpu *c)
{
    struct mkemu_hot_lanes *h = &c->lanes_polled;
    bool any = false;
    for (int index = 0; index < h->hot + h->cold; index++) {
        int sender = index < h->hot ? h->announced[index] : h->retired[index - h->hot];
        if (mkemu_lane_is_ready(&c->lanes[sender])) {
            mkemu_note(c, sender);
            any = true;
        }
    }
    return any;
}

static inline void mkemu_take_retired(struct mkemu_cpu *c)
{
    mkemu_take_hot(c);
    c->lanes_polled.cold = 0;
}

/* Tells senders that the CPU is about to sleep; whether all of them know, or will be seen by the looks that follow. */
static inline bool mkemu_announce_halted(struct mkemu_cpu *c)
{
    struct mkemu_hot_lanes *h = &c->lanes_polled;
    mkemu_announce(c, MKEMU_LOCAL_APIC_STATE_HALTED);
    h->flooded = false;
    if (h->told && !mkemu_heavy_fence(c))
        return false;
    h->told = false;
    mkemu_take_retired(c);
    return true;
}

/* A lane has delivered so many messages. */
static inline void mkemu_delivered(struct mkemu_cpu *c, struct mkemu_lane *l, int messages)
{
    struct mkemu_hot_lanes *h = &c->lanes_polled;
    mkemu_lane_publish_head(l);
    mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_RECEIVED, (uint64_t)messages);
    if (l != c->hottest && h->polling) {
        if (!h->hot || h->announced[0] != l->sender)
            mkemu_hot_to_front(c, l->sender);
        c->hottest = h->announced[0] == l->sender ? l : NULL;
        if (h->cold >= MKEMU_RETIRED_PER_FENCE && mkemu_heavy_fence(c))
            mkemu_take_retired(c);
    }
    /* From now until it sleeps a flood's senders leave the doorbell out on a shared core as well. */
    if (messages == MKEMU_MESSAGES_PER_LOOK && h->polling && !h->flooded) {
        h->flooded = true;
        if (mkemu_load(&c->apic->shared_core))
            mkemu_announce_running(c);
    }
}

/*
 * In a handler: who has sent the message: its life << MKEMU_QUEUED_MAILBOX_LIVES_INSTANCE_BITS | its instance; 0: not
 * known. Single-slot: who owns the CPU now. As MkIpiData.senderInstance and .senderLife.
 */
static inline uint64_t mkemu_sender(struct mkemu_cpu *c, int sender_cpu)
{
    struct mkemu_peer *p = c->peer;
    if (sender_cpu < 0 || (unsigned)sender_cpu >= p->header.nr_cpus)
        return 0;
    if (mkemu_is_queued(p))
        return mkemu_lane_sender(&c->lanes[sender_cpu], c->number);
    int owner = mkemu_owner_of(p, sender_cpu);
    if (owner < 0)
        return 0;
    uint64_t life = mkemu_load(&mkemu_entry(p, owner)->life) >> MKEMU_INSTANCE_STATE_BITS;
    return life << MKEMU_QUEUED_MAILBOX_LIVES_INSTANCE_BITS | (uint64_t)owner;
}

/* Delivers what one lane holds, at most MKEMU_MESSAGES_PER_LOOK; how many messages. */
static inline int mkemu_deliver_lane(struct mkemu_cpu *c, struct mkemu_lane *l, mkemu_handler *handler, void *context)
{
    struct mkemu_peer *p = c->peer;
    uint64_t ready, quarter = p->header.ipi_slots / 4;
    uint64_t mask = (quarter < 1 ? 1 : quarter < MKEMU_MESSAGES_PER_HEAD ? quarter : MKEMU_MESSAGES_PER_HEAD) - 1;
    int delivered = 0;
    bool closes = false;
    uint8_t *record = NULL;
    while (delivered < MKEMU_MESSAGES_PER_LOOK && (record = mkemu_lane_next(p, l, &ready, &closes))) {
        c->number = l->consumed;
        c->message.sender_cpu = l->sender;
        c->message.type = (uint32_t)ready;
        c->message.data_size = mkemu_size_of(ready);
        mkemu_take_payload(c->message.buffer, record, c->message.data_size);
        delivered++;
        handler(c, &c->message, context);
        if (!(l->consumed & mask))
            mkemu_lane_publish_head(l);
    }
    if (record)
        mkemu_note(c, l->sender);
    if (delivered)
        mkemu_delivered(c, l, delivered);
    if (closes) { /* somebody scribbled over where its next record is */
        mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_ANOMALIES, 1);
        if (mkemu_traces(c, MKEMU_TRACE_MODE_IPI))
            mkemu_trace_record(c, MKEMU_TRACE_EVENT_ANOMALY, 0, mkemu_nanos(), 0, 0, 0, (uint32_t)l->sender, 0);
        if (c->damaged)
            c->damaged(c, l->sender);
    }
    return delivered;
}

/* Delivers what the noted lanes hold, lane by lane; how many messages. */
static inline int mkemu_deliver(struct mkemu_cpu *c, mkemu_handler *handler, void *context)
{
    int delivered = 0;
    for (unsigned word = 0; word < (c->peer->header.nr_cpus + 63) / 64; word++) {
        uint64_t noted = c->work[word];
        c->work[word] = 0;
        for (; noted; noted &= noted - 1) {
            unsigned sender = word * 64 + (unsigned)__builtin_ctzll(noted);
            if (sender < c->peer->header.nr_cpus)
                delivered += mkemu_deliver_lane(c, &c->lanes[sender], handler, context);
        }
    }
    return delivered;
}

/* Single-slot: takes what lies in the slot, whoever wrote it, and leaves it there. */
static inline int mkemu_take_slot(struct mkemu_cpu *c, mkemu_handler *handler, void *context)
{
    struct mkemu_ipi_data *slot = (struct mkemu_ipi_data *)c->peer->area + c->cpu;
    uint64_t size = mkemu_load(&slot->data_size);
    if (size == 0 || size > MKEMU_IPI_DATA_MAX_DATA_SIZE) {
        mkemu_count(c, size ? MKEMU_LOCAL_APIC_COUNTER_ANOMALIES : MKEMU_LOCAL_APIC_COUNTER_SPURIOUS, 1);
        if (size && c->damaged)
            c->damaged(c, mkemu_load(&slot->sender_cpu));
        return 0;
    }
    mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_RECEIVED, 1);
    c->number = 0;
    handler(c, slot, context);
    return 1;
}

/* The multikernel interrupt, queued: notes the lanes that were rung. */
static inline void mkemu_multikernel_interrupt(struct mkemu_cpu *c)
{
    bool any = false;
    for (unsigned word = 0; word < (c->peer->header.nr_cpus + 63) / 64; word++)
        if (mkemu_load(&c->rung[word])) {
            c->work[word] |= __atomic_exchange_n(&c->rung[word], 0, __ATOMIC_SEQ_CST);
            any = true;
        }
    mkemu_fence(); /* a sender that still saw its bit left the doorbell out: the next looks must see its message */
    mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_SPURIOUS, !any);
}

/*
 * Looks at all lanes as if they had been rung, unless the mailbox was taken away: one may hold a message nobody rang
 * for, because its sender died in between, or somebody scribbled.
 */
static inline void mkemu_audit(struct mkemu_cpu *c)
{
    struct mkemu_peer *p = c->peer;
    if (!mkemu_is_queued(p) || mkemu_load(&p->entry->ipi_area) != p->area_at)
        return;
    for (unsigned word = 0; word < (p->header.nr_cpus + 63) / 64; word++)
        c->work[word] |= __atomic_exchange_n(&c->rung[word], 0, __ATOMIC_SEQ_CST);
    for (unsigned sender = 0; sender < p->header.nr_cpus; sender++) {
        struct mkemu_lane *l = &c->lanes[sender];
        mkemu_lane_publish_head(l);
        if (mkemu_lane_is_ready(l))
            mkemu_note(c, (int)sender);
    }
}

MKEMU_END

#endif
