/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_peer.h: a CPU of a kernel instance in C: its turns and how it idles, as io.mkemu.kernel.Cpu, CpuThread and
 * io.mkemu.cpu.IdlePolicy have it. One thread is a CPU, from mkemu_cpu_online to mkemu_cpu_offline. What a module could
 * call is in mkemu_send.h and mkemu_pages.h. Results are 0 or -errno, as the RFC's.
 */
#ifndef MKEMU_PEER_H
#define MKEMU_PEER_H

#include "mkemu_join.h"
#include "mkemu_receive.h"
#include "mkemu_send.h"

MKEMU_BEGIN

/* It bounds what a sender that died before it rang can hide. */
#define MKEMU_AUDIT_NANOS 1000000000
/* The clock costs as much as a look for work does: for the audit it is read once in so many looks, or 64 turns. */
#define MKEMU_LOOKS_PER_AUDIT 1024
#define MKEMU_LOOKS_PER_TURN 16
/* Other lanes and the audit wait for so many messages at most, and those of one look. */
#define MKEMU_SERVED_PER_TURN 64
/* How often a CPU that polls looks before it reads the clock, to tell how long it has polled. */
#define MKEMU_LOOKS_PER_CLOCK 32
/* idle=poll on a shared core: to be woken costs more than a turn of each of the others. */
#define MKEMU_POLL_YIELDS 64
/* The defaults of guest_halt_poll_ns, _grow_start, _grow and _shrink. */
#define MKEMU_HALTPOLL_MAX_NANOS 200000
#define MKEMU_HALTPOLL_START_NANOS 50000
#define MKEMU_HALTPOLL_FACTOR 2

/* The policies of idle=. */
enum mkemu_idle_policy { MKEMU_IDLE_HALTPOLL, MKEMU_IDLE_POLL, MKEMU_IDLE_HALT };

/* Whether a CPU has something to do besides messages, at once; NULL: never. */
typedef bool mkemu_has_more(void *context);

static inline void mkemu_looked(struct mkemu_cpu *c, unsigned more)
{
    c->looks += more;
    if (c->looks < MKEMU_LOOKS_PER_AUDIT)
        return;
    c->looks = 0;
    uint64_t now = mkemu_nanos();
    if (now - c->audited >= MKEMU_AUDIT_NANOS) {
        c->audited = now;
        mkemu_audit(c);
    }
}

/*
 * Takes interrupts, and delivers what they announce and what the hot lanes hold. Whether there was any: then do another
 * turn, before it idles.
 */
static inline int mkemu_turn(struct mkemu_cpu *c, mkemu_handler *handler, void *context)
{
    mkemu_looked(c, MKEMU_LOOKS_PER_TURN);
    mkemu_trace_turn_begins(c);
    int delivered = 0;
    uint64_t vectors = mkemu_load(&c->apic->pending) ? __atomic_exchange_n(&c->apic->pending, 0, __ATOMIC_SEQ_CST) : 0;
    if (vectors) {
        mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_INTERRUPTS, (uint64_t)__builtin_popcountll(vectors));
        if (c->trace.on)
            mkemu_trace_record(c, MKEMU_TRACE_EVENT_INTERRUPT, 0, c->trace.nanos, vectors, 0, 0, 0, 0);
    }
    if (vectors >> MKEMU_LOCAL_APIC_RESCHEDULE_VECTOR & 1)
        mkemu_let_go(c); /* before a callback sends */
    if (vectors >> MKEMU_LOCAL_APIC_MULTIKERNEL_VECTOR & 1) {
        if (mkemu_is_queued(c->peer))
            mkemu_multikernel_interrupt(c);
        else
            delivered += mkemu_take_slot(c, handler, context);
    }
    if ((vectors >> MKEMU_LOCAL_APIC_REQUEST_VECTOR & 1)
        && mkemu_load(&c->peer->entry->requested) == MKEMU_INSTANCE_REQUEST_SHUTDOWN)
        mkemu_store(&c->peer->shutdown, true);
    mkemu_take_hot(c);
    if (c->trace.on)
        mkemu_trace_refresh(&c->trace);
    if (mkemu_is_queued(c->peer))
        delivered += mkemu_deliver(c, handler, context);
    c->trace.stale = true; /* what else the thread does until the next turn, nobody counts */
    return vectors || delivered;
}

static inline bool mkemu_has_work(struct mkemu_cpu *c)
{
    if (mkemu_take_hot(c) || mkemu_load(&c->apic->pending))
        return true;
    for (unsigned word = 0; word < (c->peer->header.nr_cpus + 63) / 64; word++)
        if (c->work[word])
            return true;
    return false;
}

/*
 * Looks for work up to so many times, a moment apart. What comes by the lane that delivered last it delivers at once,
 * as a turn would that finds nothing else. Whether there is work for a turn, or was.
 */
static inline bool mkemu_poll(struct mkemu_cpu *c, int looks, mkemu_has_more *has_more, mkemu_handler *handler,
    void *context)
{
    int served = 0;
    for (int look = 0; look < looks; look++) {
        bool more = has_more && has_more(context);
        if (!more && c->hottest && mkemu_lane_is_ready(c->hottest) && !mkemu_load(&c->apic->pending)) {
            mkemu_trace_turn_begins(c);
            served += mkemu_deliver_lane(c, c->hottest, handler, context);
            if (served >= MKEMU_SERVED_PER_TURN)
                return true;
            look = 0;
        } else if (more || mkemu_has_work(c)) {
            return true;
        } else {
            if (c->hottest)
                mkemu_lane_prefetch(c->hottest);
            mkemu_looked(c, 1);
            mkemu_trace_pause(c);
        }
    }
    return served > 0;
}

/* Sleeps on the doorbell until there is something to do; at most so many ns. */
static inline void mkemu_halt(struct mkemu_cpu *c, int64_t nanos, mkemu_has_more *has_more, void *context)
{
    uint32_t seen = mkemu_load(&c->apic->doorbell);
    if (mkemu_announce_halted(c) && !mkemu_has_work(c) && !(has_more && has_more(context))) {
        uint64_t since = mkemu_nanos();
        int64_t most = nanos > 0 && nanos < MKEMU_AUDIT_NANOS ? nanos : MKEMU_AUDIT_NANOS;
        struct timespec limit = {most / 1000000000, most % 1000000000};
        mkemu_count(c, MKEMU_LOCAL_APIC_COUNTER_HALTS, 1);
        mkemu_store_release(&c->apic->halted_since, since);
        mkemu_futex(&c->apic->doorbell, MKEMU_FUTEX_WAIT, seen, &limit);
        uint64_t now = mkemu_nanos();
        if (c->trace.on)
            mkemu_trace_record(c, MKEMU_TRACE_EVENT_HALT, 0, since, now - since, 0, 0, 0, 0);
        mkemu_store_release(&c->apic->halted_since, 0);
        mkemu_store_release(&c->apic->halted_nanos, c->apic->halted_nanos + (now - since));
        c->trace.stale = true;
        if (now - c->audited >= MKEMU_AUDIT_NANOS) {
            c->audited = now;
            mkemu_audit(c);
        }
    }
    mkemu_announce_running(c);
}

/* It has looked in vain since then, if that is known; until now. */
static inline uint64_t mkemu_polled(struct mkemu_cpu *c, uint64_t since)
{
    uint64_t now = mkemu_nanos();
    if (since)
        mkemu_store_release(&c->apic->polled_nanos, c->apic->polled_nanos + (now - since));
    return now;
}

static inline void mkemu_idle_poll(struct mkemu_cpu *c, int64_t limit, mkemu_has_more *has_more, mkemu_handler *handler,
    void *context)
{
    uint64_t start = limit == INT64_MAX ? 0 : mkemu_nanos(), told = start;
    while (!mkemu_load(&c->apic->shared_core)) {
        if (mkemu_poll(c, MKEMU_LOOKS_PER_CLOCK, has_more, handler, context))
            return;
        told = mkemu_polled(c, told);
        if (start && (int64_t)(told - start) >= limit)
            return;
    }
    for (int yield = 0; yield < MKEMU_POLL_YIELDS; yield++) {
        if (mkemu_poll(c, 1, has_more, handler, context))
            return;
        told = mkemu_polled(c, told);
        if (start && (int64_t)(told - start) >= limit)
            return;
        sched_yield();
    }
    int64_t left = start ? limit - (int64_t)(mkemu_nanos() - start) : 0;
    mkemu_halt(c, start && left < 1 ? 1 : left, has_more, context);
}

/* Polls for a bounded time, then sleeps; the bound grows when polling would have caught the end of the sleep. */
static inline void mkemu_idle_haltpoll(struct mkemu_cpu *c, int64_t limit, mkemu_has_more *has_more,
    mkemu_handler *handler, void *context)
{
    uint64_t start = mkemu_nanos(), now = start;
    uint64_t most = c->poll_nanos < (uint64_t)limit ? c->poll_nanos : (uint64_t)limit;
    while (now - start < most && !mkemu_load(&c->apic->shared_core)) {
        if (mkemu_poll(c, MKEMU_LOOKS_PER_CLOCK, has_more, handler, context))
            return;
        now = mkemu_polled(c, now);
    }
    int64_t left = limit == INT64_MAX ? 0 : limit - (int64_t)(now - start);
    if (limit != INT64_MAX && left <= 0)
        return;
    mkemu_halt(c, left, has_more, context);
    uint64_t idle = mkemu_nanos() - start;
    if (idle > MKEMU_HALTPOLL_MAX_NANOS) {
        c->poll_nanos /= MKEMU_HALTPOLL_FACTOR;
        if (c->poll_nanos < MKEMU_HALTPOLL_START_NANOS)
            c->poll_nanos = 0;
    } else if (idle > c->poll_nanos) {
        c->poll_nanos *= MKEMU_HALTPOLL_FACTOR;
        if (c->poll_nanos < MKEMU_HALTPOLL_START_NANOS)
            c->poll_nanos = MKEMU_HALTPOLL_START_NANOS;
        if (c->poll_nanos > MKEMU_HALTPOLL_MAX_NANOS)
            c->poll_nanos = MKEMU_HALTPOLL_MAX_NANOS;
    }
}

/*
 * Waits for something to do, as a policy of idle= says, at most so many ns; INT64_MAX: without limit. While it polls it
 * delivers. Returns now and then without cause.
 */
static inline void mkemu_idle(struct mkemu_cpu *c, int policy, int64_t nanos, mkemu_has_more *has_more,
    mkemu_handler *handler, void *context)
{
    if (nanos <= 0)
        return;
    c->lanes_polled.polling = policy != MKEMU_IDLE_HALT && c->peer->light_fences && mkemu_is_queued(c->peer);
    if (policy == MKEMU_IDLE_HALT)
        mkemu_halt(c, nanos == INT64_MAX ? 0 : nanos, has_more, context);
    else if (policy == MKEMU_IDLE_POLL)
        mkemu_idle_poll(c, nanos, has_more, handler, context);
    else
        mkemu_idle_haltpoll(c, nanos, has_more, handler, context);
}

/* Makes a CPU of this instance, by its index. Any thread; 0, or -errno and p->error says why. */
static inline int mkemu_cpu_open(struct mkemu_peer *p, struct mkemu_cpu *c, int logical)
{
    uint32_t nr_cpus = p->header.nr_cpus;
    memset(c, 0, sizeof *c);
    if (logical < 0 || logical >= (int)p->cpu_count)
        return mkemu_refuse(p, EINVAL, "the instance has no CPU of that number");
    c->peer = p;
    c->logical = logical;
    c->cpu = mkemu_next_cpu(p, p->entry, -1);
    for (int index = 0; index < logical && c->cpu >= 0; index++)
        c->cpu = mkemu_next_cpu(p, p->entry, c->cpu);
    if (c->cpu < 0)
        return mkemu_refuse(p, EINVAL, "its CPU set has changed");
    c->apic = mkemu_apic(p, c->cpu);
    c->audited = mkemu_nanos();
    mkemu_trace_open(c);
    if (!mkemu_is_queued(p))
        return 0;
    c->lanes = (struct mkemu_lane *)calloc(nr_cpus, sizeof *c->lanes);
    c->lanes_polled.retired = (int *)calloc(nr_cpus, sizeof(int));
    if (!c->lanes || !c->lanes_polled.retired) {
        free(c->lanes);
        free(c->lanes_polled.retired);
        return mkemu_refuse(p, ENOMEM, "the state of its lanes");
    }
    uint8_t *block = mkemu_block(p, p->area, (unsigned)logical);
    c->rung = (uint64_t *)(block + MKEMU_QUEUED_MAILBOX_RUNG_OFFSET);
    for (unsigned sender = 0; sender < nr_cpus; sender++)
        mkemu_lane_open(p, &c->lanes[sender], mkemu_lane_of(p, block, sender), (int)sender);
    return 0;
}

/* Makes the calling thread this CPU: pins it, and takes interrupts from now on. 0, or -errno and the peer's error. */
static inline int mkemu_cpu_online(struct mkemu_cpu *c)
{
    cpu_set_t set;
    char what[80];
    CPU_ZERO(&set);
    if (c->apic->host_cpu >= 0 && c->apic->host_cpu < CPU_SETSIZE)
        CPU_SET((size_t)c->apic->host_cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set)) {
        int refused = errno;
        snprintf(what, sizeof what, "CPU %d: cannot pin to host CPU %d", c->cpu, (int)c->apic->host_cpu);
        return mkemu_refuse(c->peer, refused, what);
    }
    mkemu_this_cpu = c;
    mkemu_store_release(&c->apic->online_since, mkemu_nanos());
    mkemu_announce_running(c);
    return 0;
}

/* Parks the CPU: its thread is none from now on, and what it sent by is unmapped. */
static inline void mkemu_cpu_offline(struct mkemu_cpu *c)
{
    for (int id = 0; id < MKEMU_INSTANCE_MAX_INSTANCES; id++)
        mkemu_disconnect(c, id);
    mkemu_announce(c, MKEMU_LOCAL_APIC_STATE_OFFLINE);
    mkemu_this_cpu = NULL;
    free(c->lanes);
    free(c->lanes_polled.retired);
    c->lanes = c->hottest = NULL;
    c->lanes_polled.retired = NULL;
    c->lanes_polled.hot = c->lanes_polled.cold = 0;
}

MKEMU_END

#endif
