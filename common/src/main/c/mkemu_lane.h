/* SPDX-License-Identifier: Apache-2.0 */
/* mkemu_lane.h: both ends of a lane of the queued mailbox: docs/memory-map.md, section 5. */
#ifndef MKEMU_LANE_H
#define MKEMU_LANE_H

#include "mkemu_machine.h"

/* For tests of what a sender that dies in a step leaves: an includer may define it, see io.mkemu.ipi.SendProbe. */
#ifndef MKEMU_SEND_PROBE
#define MKEMU_SEND_PROBE(step) ((void)0)
#endif

MKEMU_BEGIN

#define MKEMU_READY_NUMBER_MASK (((uint64_t)1 << MKEMU_QUEUED_MAILBOX_READY_NUMBER_BITS) - 1)

#define MKEMU_LANE_BACK_AT 2048 /* bytes: a conversation stays in a first level cache, and seldom reads head */
#define MKEMU_LANE_CLOSED UINT64_MAX /* what no ready word begins with */
#define MKEMU_MESSAGES_PER_HEAD 8 /* a sender that waits for room does not take head's line for each message */

/* The top bits of the ready word of the message of this number, which nothing else in a record begins with. */
static inline uint64_t mkemu_tag(uint64_t number)
{
    return (MKEMU_READY_NUMBER_MASK + 1) | (number & MKEMU_READY_NUMBER_MASK);
}

static inline bool mkemu_is_ready(uint64_t word, uint64_t number)
{
    return word >> MKEMU_QUEUED_MAILBOX_READY_NUMBER_SHIFT == mkemu_tag(number);
}

static inline uint64_t mkemu_ready(uint64_t number, uint64_t size, uint32_t type)
{
    return mkemu_tag(number) << MKEMU_QUEUED_MAILBOX_READY_NUMBER_SHIFT
        | size << MKEMU_QUEUED_MAILBOX_READY_SIZE_SHIFT | type;
}

static inline uint64_t mkemu_size_of(uint64_t ready)
{
    return ready >> MKEMU_QUEUED_MAILBOX_READY_SIZE_SHIFT & ((1u << MKEMU_QUEUED_MAILBOX_READY_SIZE_BITS) - 1);
}

static inline uint64_t mkemu_record_length(uint64_t size)
{
    return MKEMU_QUEUED_MAILBOX_PAYLOAD_OFFSET + ((size + 7) & ~(uint64_t)7);
}

static inline uint64_t *mkemu_record(uint8_t *records, uint64_t at)
{
    return (uint64_t *)(records + at);
}

/* The place in a head word, at most the end of the records. */
static inline uint64_t mkemu_place_of(const struct mkemu_peer *p, uint64_t head)
{
    uint64_t at = (head & ((1u << MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS) - 1)) * 8;
    return at < p->records_length ? at : p->records_length;
}

/* Where a ready word of size JUMP says that the record is; UINT64_MAX if the word is none. */
static inline uint64_t mkemu_jump_of(const struct mkemu_peer *p, uint64_t ready)
{
    uint64_t to = (uint32_t)ready;
    bool jumps = mkemu_size_of(ready) == MKEMU_QUEUED_MAILBOX_READY_JUMP && to < p->records_length && to % 8 == 0;
    return jumps ? to : UINT64_MAX;
}

static inline bool mkemu_is_record(const struct mkemu_peer *p, uint64_t at, uint64_t ready)
{
    return mkemu_size_of(ready) <= MKEMU_IPI_DATA_MAX_DATA_SIZE
        && at + mkemu_record_length(mkemu_size_of(ready)) <= p->records_length;
}

/* The consumer's end of a lane; goes on where head says that a former reader has stopped. */
static inline void mkemu_lane_open(const struct mkemu_peer *p, struct mkemu_lane *l, uint8_t *lane, int sender)
{
    l->records = lane + MKEMU_QUEUED_MAILBOX_RECORDS_OFFSET;
    l->head = (uint64_t *)(lane + MKEMU_QUEUED_MAILBOX_HEAD_OFFSET);
    l->sender = sender;
    uint64_t head = mkemu_load(l->head);
    l->consumed = head >> MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS;
    l->at = mkemu_place_of(p, head);
    l->expected = mkemu_tag(l->consumed + 1);
}

/* Whether its next record can be seen, be it a message or a jump. */
static inline bool mkemu_lane_is_ready(const struct mkemu_lane *l)
{
    uint64_t word = mkemu_load_acquire(mkemu_record(l->records, l->at));
    return word >> MKEMU_QUEUED_MAILBOX_READY_NUMBER_SHIFT == l->expected;
}

/*
 * For a CPU that polls: fetches the further cache lines that the next message will have if it is as long as the last
 * one. When it is there, its ready word has to come from the sender's cache; so all of it comes at once.
 */
static inline void mkemu_lane_prefetch(const struct mkemu_lane *l)
{
    const uint64_t line = 64;
    for (uint64_t at = (l->at & ~(line - 1)) + line; at < l->at + l->length; at += line)
        __builtin_prefetch(l->records + at);
}

/* Who has sent the message of a number: life << MKEMU_QUEUED_MAILBOX_LIVES_INSTANCE_BITS | instance; 0: not known. */
static inline uint64_t mkemu_lane_sender(const struct mkemu_lane *l, uint64_t number)
{
    const uint8_t *lives = l->records - MKEMU_QUEUED_MAILBOX_RECORDS_OFFSET + MKEMU_QUEUED_MAILBOX_LIVES_OFFSET;
    uint64_t sender = 0, newest = 0;
    for (int index = 0; index < MKEMU_QUEUED_MAILBOX_LIVES; index++) {
        const uint64_t *its = (const uint64_t *)(lives + index * MKEMU_QUEUED_MAILBOX_LIVES_LENGTH);
        /* Who is 0 while its writer changes the two: what is the same before and after belongs to first. */
        uint64_t who = mkemu_load_acquire(&its[MKEMU_QUEUED_MAILBOX_LIVES_WHO_OFFSET / 8]);
        uint64_t first = mkemu_load_acquire(&its[MKEMU_QUEUED_MAILBOX_LIVES_FIRST_OFFSET / 8]);
        if (who && first <= number && first > newest
            && mkemu_load_acquire(&its[MKEMU_QUEUED_MAILBOX_LIVES_WHO_OFFSET / 8]) == who) {
            newest = first;
            sender = who;
        }
    }
    return sender;
}

static inline void mkemu_lane_publish_head(struct mkemu_lane *l)
{
    mkemu_store_release(l->head, l->consumed << MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS | l->at / 8);
}

/*
 * Goes past the next message: its record, NULL if there is none. *ready is its ready word. A word that cannot be true,
 * and hides where the next record is, closes the lane: *closes.
 */
static inline uint8_t *mkemu_lane_next(const struct mkemu_peer *p, struct mkemu_lane *l, uint64_t *ready, bool *closes)
{
    if (!mkemu_lane_is_ready(l))
        return NULL;
    *ready = mkemu_load_acquire(mkemu_record(l->records, l->at));
    uint64_t to = mkemu_jump_of(p, *ready);
    if (to != UINT64_MAX) {
        l->at = to;
        *ready = mkemu_load_acquire(mkemu_record(l->records, to));
        if (*ready >> MKEMU_QUEUED_MAILBOX_READY_NUMBER_SHIFT != l->expected)
            return NULL;
    }
    if (!mkemu_is_record(p, l->at, *ready)) {
        l->expected = MKEMU_LANE_CLOSED;
        *closes = true;
        return NULL;
    }
    uint8_t *record = l->records + l->at;
    l->length = mkemu_record_length(mkemu_size_of(*ready));
    l->at += l->length;
    l->consumed++;
    l->expected = mkemu_tag(l->consumed + 1);
    return record;
}

/* Until the receiver has read a jump nothing may lie on it: a record and the zeroed word behind it end before. */
static inline void mkemu_channel_jumps_back(struct mkemu_channel *ch, uint64_t from)
{
    ch->limit = from - 8;
    ch->jumped = ch->tail + 1;
    ch->back_at = MKEMU_LANE_BACK_AT;
}

/* Says who sends by a lane from now on: docs/memory-map.md, section 5, lives. Before the first message. */
static inline void mkemu_channel_introduce(const struct mkemu_peer *p, uint8_t *lane, uint64_t first)
{
    uint64_t who = p->life << MKEMU_QUEUED_MAILBOX_LIVES_INSTANCE_BITS | (uint64_t)p->id;
    uint64_t *place = NULL, oldest = UINT64_MAX;
    for (int index = 0; index < MKEMU_QUEUED_MAILBOX_LIVES; index++) {
        uint8_t *at = lane + MKEMU_QUEUED_MAILBOX_LIVES_OFFSET + index * MKEMU_QUEUED_MAILBOX_LIVES_LENGTH;
        uint64_t *its = (uint64_t *)at;
        if (its[0] == who && its[1] <= first)
            return;
        if (!its[0] || its[1] >= first) {
            place = its;
            break;
        }
        if (!place || its[1] < oldest) {
            oldest = its[1];
            place = its;
        }
    }
    mkemu_store_release(&place[MKEMU_QUEUED_MAILBOX_LIVES_WHO_OFFSET / 8], (uint64_t)0);
    mkemu_store_release(&place[MKEMU_QUEUED_MAILBOX_LIVES_FIRST_OFFSET / 8], first);
    mkemu_store_release(&place[MKEMU_QUEUED_MAILBOX_LIVES_WHO_OFFSET / 8], who);
}

/*
 * The producer's end of a lane: finds the place after the last message that can be seen, a former life's too; false if
 * the lane is damaged.
 */
static inline bool mkemu_channel_open(const struct mkemu_peer *p, struct mkemu_channel *ch, uint8_t *lane)
{
    ch->records = lane + MKEMU_QUEUED_MAILBOX_RECORDS_OFFSET;
    ch->head = (uint64_t *)(lane + MKEMU_QUEUED_MAILBOX_HEAD_OFFSET);
    uint64_t head = mkemu_load(ch->head);
    ch->tail = ch->consumed = head >> MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS;
    ch->at = mkemu_place_of(p, head);
    ch->limit = p->records_length;
    ch->back_at = MKEMU_LANE_BACK_AT;
    while (ch->tail - ch->consumed < p->header.ipi_slots) {
        uint64_t ready = mkemu_load_acquire(mkemu_record(ch->records, ch->at));
        if (!mkemu_is_ready(ready, ch->tail + 1))
            return true;
        uint64_t to = mkemu_jump_of(p, ready);
        if (to != UINT64_MAX) {
            if (to)
                ch->limit = p->records_length;
            else
                mkemu_channel_jumps_back(ch, ch->at);
            ch->at = to;
            ready = mkemu_load_acquire(mkemu_record(ch->records, to));
            if (!mkemu_is_ready(ready, ch->tail + 1))
                return true;
        }
        if (!mkemu_is_record(p, ch->at, ready))
            return false;
        ch->at += mkemu_record_length(mkemu_size_of(ready));
        ch->tail++;
    }
    return true;
}

/* A head that cannot be true tells nothing. */
static inline void mkemu_channel_look_at_head(struct mkemu_channel *ch)
{
    uint64_t more = ((mkemu_load_acquire(ch->head) >> MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS) - ch->consumed)
        & (UINT64_MAX >> MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS);
    if (more <= ch->tail - ch->consumed)
        ch->consumed += more;
}

static inline bool mkemu_channel_is_full(const struct mkemu_peer *p, struct mkemu_channel *ch)
{
    if (ch->tail - ch->consumed < p->header.ipi_slots)
        return false;
    mkemu_channel_look_at_head(ch);
    return ch->tail - ch->consumed >= p->header.ipi_slots;
}

/* Where the next record goes: behind the last one, at the first if all is consumed, or over a jump not read yet. */
static inline uint64_t mkemu_channel_place(const struct mkemu_peer *p, struct mkemu_channel *ch, uint64_t length)
{
    uint64_t at = ch->at, end = p->records_length, over = ch->limit + 16;
    if (at < ch->back_at && at + length <= ch->limit)
        return at;
    mkemu_channel_look_at_head(ch);
    if (ch->consumed >= ch->jumped)
        ch->limit = end;
    bool goes_back = at >= ch->back_at && ch->consumed == ch->tail;
    if (at >= ch->back_at)
        ch->back_at = 2 * at;
    if (!goes_back && at + length <= ch->limit)
        return at;
    if (!goes_back && ch->limit < end) {
        ch->limit = end;
        return over;
    }
    mkemu_channel_jumps_back(ch, at);
    return 0;
}

#define MKEMU_COPIED 32 /* bytes at once: a copy of a length that the compiler does not know starts slowly */

/* Copies a payload out of a record, whole words: at most 7 bytes more than it has, which both sides have room for. */
static inline void mkemu_take_payload(uint8_t *to, const uint8_t *record, uint64_t size)
{
    const uint8_t *from = record + MKEMU_QUEUED_MAILBOX_PAYLOAD_OFFSET;
    uint64_t at = 0;
    for (; at + MKEMU_COPIED <= size; at += MKEMU_COPIED)
        memcpy(to + at, from + at, MKEMU_COPIED);
    for (; at < size; at += 8)
        memcpy(to + at, from + at, 8);
}

/*
 * Copies a payload, its last part first. A receiver that polls may take each line as soon as it is written: so the last
 * line is whole before the one that has the ready word, and is not taken in between.
 */
static inline void mkemu_copy_payload(uint8_t *to, const void *data, uint64_t size)
{
    const uint8_t *from = (const uint8_t *)data;
    uint64_t at = size & ~(uint64_t)7, word;
    if (size > at)
        memcpy(to + at, from + at, size - at);
    for (; at % MKEMU_COPIED; __atomic_store_n((uint64_t *)(to + at), word, __ATOMIC_RELAXED)) {
        at -= 8;
        memcpy(&word, from + at, 8);
    }
    while (at > 0) {
        at -= MKEMU_COPIED;
        memcpy(to + at, from + at, MKEMU_COPIED);
        __atomic_signal_fence(__ATOMIC_SEQ_CST); /* the order stays */
    }
}

/* Publishes in a lane that is not full. */
static inline void mkemu_channel_put(const struct mkemu_peer *p, struct mkemu_channel *ch, uint32_t type,
    const void *data, uint64_t size)
{
    uint64_t length = mkemu_record_length(size), number = ch->tail + 1;
    uint64_t at = mkemu_channel_place(p, ch, length);
    uint8_t *payload = ch->records + at + MKEMU_QUEUED_MAILBOX_PAYLOAD_OFFSET;
    *mkemu_record(ch->records, at + length) = 0; /* before it can be seen: an old payload there is no ready word */
    MKEMU_SEND_PROBE(SIZE);
    MKEMU_SEND_PROBE(TYPE);
    if (data)
        mkemu_copy_payload(payload, data, size);
    else
        memset(payload, 0, size);
    MKEMU_SEND_PROBE(PAYLOAD);
    mkemu_store_release(mkemu_record(ch->records, at), mkemu_ready(number, size, type));
    if (at != ch->at)
        mkemu_store_release(mkemu_record(ch->records, ch->at),
            mkemu_ready(number, MKEMU_QUEUED_MAILBOX_READY_JUMP, (uint32_t)at));
    ch->tail = number;
    ch->at = at + length;
    MKEMU_SEND_PROBE(PUBLISHED);
}

MKEMU_END

#endif
