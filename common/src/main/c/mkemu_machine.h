/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_machine.h: a machine as one of its instances has it mapped: what the process has once (struct mkemu_peer), what
 * each of its CPUs has (struct mkemu_cpu), the tables, the local APICs. Include it before any other header, or define
 * _GNU_SOURCE. mkemu_join.h joins a machine.
 */
#ifndef MKEMU_MACHINE_H
#define MKEMU_MACHINE_H

#include "mkemu.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef F_OFD_SETLKW
#error "mkemu: include its headers before all others, or define _GNU_SOURCE"
#endif

MKEMU_BEGIN

MKEMU_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(void *) == 8, "little-endian, 64 bits");

/* Of <linux/futex.h>, which an includer with headers of its own named <linux/...> may not have. */
#define MKEMU_FUTEX_WAIT 0
#define MKEMU_FUTEX_WAKE 1
/* Of <linux/membarrier.h>. */
#define MKEMU_MEMBARRIER_GLOBAL_EXPEDITED 2
#define MKEMU_MEMBARRIER_REGISTER_GLOBAL_EXPEDITED 4

#define mkemu_load(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define mkemu_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define mkemu_store(p, v) __atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define mkemu_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define mkemu_fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* The consumer's end of a lane: messages consumed, where the next record is and what its ready word begins with. */
struct mkemu_lane {
    uint8_t *records;
    uint64_t *head;
    uint64_t consumed, at, expected;
    uint64_t length; /* of the last record */
    int sender;
};

/*
 * The producer's end of a lane: messages published, and where the next record goes. Records must end before limit,
 * until the message number jumped is consumed; from back_at on it is worth a look whether the lane is empty.
 */
struct mkemu_channel {
    uint8_t *records;
    uint64_t *head, *rung;
    uint64_t tail, at, consumed, limit, jumped, back_at;
    struct mkemu_local_apic *apic; /* of the target CPU */
    int cpu;
    unsigned block; /* of the area */
    bool rung_by_me;
};

/*
 * One life of an instance that a CPU sends to, with a channel to each of its CPUs, in the order of their ids: what its
 * CPU set was in that generation.
 */
struct mkemu_target {
    struct mkemu_instance *entry;
    uint64_t life, area;
    uint8_t *map;
    size_t length;
    unsigned count, possible;
    uint32_t generation;
    struct mkemu_channel *channels;
};

/* The pool in a region of the own memory; a copy, checked. */
struct mkemu_bitmap_pool {
    uint64_t *words;
    uint64_t base, granules;
    unsigned order;
};

/* What a kernel's process has once. */
struct mkemu_peer {
    int id, ram_fd, lock_fd, host_lock_fd;
    struct mkemu_ram_header header; /* a copy, checked */
    uint64_t records_length;        /* of a lane, without the word behind the last record */
    uint8_t *tables;                /* physical 0 .. header.pool_map_at */
    struct mkemu_instance *entry;
    struct mkemu_region regions[MKEMU_INSTANCE_MAX_REGIONS]; /* a copy, checked */
    uint8_t *memory[MKEMU_INSTANCE_MAX_REGIONS];
    struct mkemu_bitmap_pool pools[MKEMU_INSTANCE_MAX_REGIONS];
    uint8_t *area; /* the own IPI area */
    uint64_t area_at, life;
    unsigned cpu_count, possible_cpus;
    bool light_fences; /* membarrier(2) does the part of a sender's fence */
    bool shutdown;     /* the host asks this kernel to end; atomic */
    struct mkemu_window *windows; /* on pages of others: mkemu_pages.h */
    pthread_mutex_t windows_lock;
    int log_lock;
    bool error_is_shortage; /* of memory, threads, CPUs: not of the machine's */
    char error[256];
};

/* The lanes that a CPU polls: announced, the newest at the front, and announced no longer, but polled on. */
struct mkemu_hot_lanes {
    int announced[MKEMU_LOCAL_APIC_HOT_LANES];
    int hot, cold;
    int *retired;
    bool polling, told, flooded;
};

/* The CPU's trace ring and its clock: mkemu_trace.h. */
struct mkemu_trace {
    struct mkemu_trace_ring *ring;
    uint64_t slots, tail, head_seen;
    uint64_t nanos, nanos_of_looks, begun, interrupted;
    unsigned looks;
    bool stale, on;
};

/* What each CPU of the kernel has. Used by its thread alone. */
struct mkemu_cpu {
    struct mkemu_peer *peer;
    struct mkemu_local_apic *apic;
    int cpu, logical; /* physical id; number in the instance */
    uint64_t *rung;   /* of its block in the own IPI area */
    struct mkemu_lane *lanes, *hottest;
    uint64_t work[MKEMU_INSTANCE_CPU_SET_WORDS];
    struct mkemu_hot_lanes lanes_polled;
    struct mkemu_target *targets[MKEMU_INSTANCE_MAX_INSTANCES];
    uint64_t audited, poll_nanos, number; /* number: of the message that is delivered */
    unsigned looks;
    struct mkemu_trace trace;
    void (*damaged)(struct mkemu_cpu *c, int sender_cpu); /* a lane closes, a slot has no size; may be NULL */
    struct mkemu_ipi_data message;
};

/* The CPU that the calling thread is, NULL for none: one variable for all units of a program. */
__attribute__((weak)) __thread struct mkemu_cpu *mkemu_this_cpu;

static inline uint64_t mkemu_nanos(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline long mkemu_futex(uint32_t *word, int op, uint32_t value, const struct timespec *limit)
{
    return syscall(SYS_futex, word, op, value, limit, NULL, 0);
}

static inline bool mkemu_is_queued(const struct mkemu_peer *p)
{
    return p->header.ipi_mode == MKEMU_IPI_MODE_QUEUED;
}

static inline uint64_t mkemu_lane_length(const struct mkemu_peer *p)
{
    return (MKEMU_QUEUED_MAILBOX_RECORDS_OFFSET + p->records_length + 8 + 63) & ~(uint64_t)63;
}

static inline uint64_t mkemu_block_length(const struct mkemu_peer *p)
{
    return MKEMU_QUEUED_MAILBOX_LANES_OFFSET + p->header.nr_cpus * mkemu_lane_length(p);
}

/* The block of a CPU, by its number in its instance, in an IPI area. */
static inline uint8_t *mkemu_block(const struct mkemu_peer *p, uint8_t *area, unsigned logical)
{
    return area + MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET + logical * mkemu_block_length(p);
}

/* The lane of a sending CPU in a block. */
static inline uint8_t *mkemu_lane_of(const struct mkemu_peer *p, uint8_t *block, unsigned sender)
{
    return block + MKEMU_QUEUED_MAILBOX_LANES_OFFSET + sender * mkemu_lane_length(p);
}

/* Bytes of the IPI area of an instance with so many possible CPUs. */
static inline uint64_t mkemu_area_length(const struct mkemu_peer *p, unsigned cpus)
{
    return mkemu_align(mkemu_is_queued(p) ? MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET + cpus * mkemu_block_length(p)
                                          : (uint64_t)p->header.nr_cpus * MKEMU_SINGLE_SLOT_SLOT_LENGTH);
}

/* Whether what lies in an IPI area is one of this machine, for an instance with so many possible CPUs. */
static inline bool mkemu_is_area(const struct mkemu_peer *p, uint8_t *area, unsigned cpus)
{
    struct mkemu_queued_area *q = (struct mkemu_queued_area *)area;
    return !mkemu_is_queued(p) || (mkemu_load_acquire(&q->magic) == MKEMU_QUEUED_MAILBOX_MAGIC
        && q->nr_cpus == p->header.nr_cpus && q->slots == p->header.ipi_slots && q->cpus == cpus);
}

/* The state in a life word of the instance table. */
static inline unsigned mkemu_state(uint64_t life)
{
    return (unsigned)(life & (((uint64_t)1 << MKEMU_INSTANCE_STATE_BITS) - 1));
}

static inline struct mkemu_instance *mkemu_entry(const struct mkemu_peer *p, int id)
{
    return (struct mkemu_instance *)(p->tables + p->header.instances_at) + id;
}

static inline struct mkemu_local_apic *mkemu_apic(const struct mkemu_peer *p, int cpu)
{
    return (struct mkemu_local_apic *)(p->tables + p->header.cpus_at) + cpu;
}

/* The next CPU of an instance behind a physical id, -1 for the first; -1 when there is none. */
static inline int mkemu_next_cpu(const struct mkemu_peer *p, struct mkemu_instance *entry, int cpu)
{
    for (cpu++; cpu < (int)p->header.nr_cpus; cpu++)
        if (mkemu_load(&entry->cpu_set[cpu / 64]) >> cpu % 64 & 1)
            return cpu;
    return -1;
}

/* The first CPU of an instance and how many it has; -1 for none. */
static inline int mkemu_first_cpu(const struct mkemu_peer *p, struct mkemu_instance *entry, unsigned *count)
{
    int first = mkemu_next_cpu(p, entry, -1);
    *count = 0;
    for (int cpu = first; cpu >= 0; cpu = mkemu_next_cpu(p, entry, cpu))
        ++*count;
    return first;
}

/* How many CPUs an instance may have at once in its life; 0 for none, or a number that is none. */
static inline unsigned mkemu_possible_cpus(const struct mkemu_peer *p, struct mkemu_instance *entry)
{
    unsigned count, possible = mkemu_load(&entry->possible_cpus);
    mkemu_first_cpu(p, entry, &count);
    return possible > MKEMU_RAM_LAYOUT_MAX_CPUS ? 0 : possible ? possible : count;
}

/* The instance that owns a CPU, -1 for none. */
static inline int mkemu_owner_of(const struct mkemu_peer *p, int cpu)
{
    int id = cpu >= 0 && cpu < (int)p->header.nr_cpus ? mkemu_load(&mkemu_apic(p, cpu)->instance) : -1;
    return id >= 0 && id < MKEMU_INSTANCE_MAX_INSTANCES && mkemu_state(mkemu_load(&mkemu_entry(p, id)->life)) ? id : -1;
}

static inline bool mkemu_in_ram(const struct mkemu_peer *p, uint64_t at, uint64_t length)
{
    return at > 0 && at % MKEMU_PAGES_PAGE_SIZE == 0 && length > 0 && length <= p->header.ram_size
        && at <= p->header.ram_size - length;
}

/* Whether the stretch lies in the memory of an instance. */
static inline bool mkemu_owns(const struct mkemu_peer *p, struct mkemu_instance *owner, uint64_t at, uint64_t length)
{
    for (int i = 0; mkemu_in_ram(p, at, length) && i < MKEMU_INSTANCE_MAX_REGIONS; i++) {
        struct mkemu_region r = {mkemu_load(&owner->regions[i].address), mkemu_load(&owner->regions[i].size)};
        if (mkemu_in_ram(p, r.address, r.size) && at >= r.address && length <= r.size
            && at - r.address <= r.size - length)
            return true;
    }
    return false;
}

static inline uint8_t *mkemu_map(const struct mkemu_peer *p, uint64_t at, uint64_t length)
{
    void *map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, p->ram_fd, (off_t)at);
    return map == MAP_FAILED ? NULL : (uint8_t *)map;
}

static inline int mkemu_refuse(struct mkemu_peer *p, int error, const char *what)
{
    pthread_mutex_lock(&p->windows_lock); /* several CPUs may be refused at once */
    snprintf(p->error, sizeof p->error, "%s: %s", what, strerror(error));
    p->error_is_shortage = error == ENOMEM || error == ENOSPC || error == EAGAIN || error == EMFILE || error == ENFILE;
    pthread_mutex_unlock(&p->windows_lock);
    return -error;
}

/* Tells the host to look: a state changed or a line was logged. */
static inline void mkemu_raise_event(struct mkemu_peer *p)
{
    uint32_t *event = &((struct mkemu_ram_header *)p->tables)->event;
    __atomic_fetch_add(event, 1, __ATOMIC_SEQ_CST);
    mkemu_futex(event, MKEMU_FUTEX_WAKE, INT32_MAX, NULL);
}

static inline void mkemu_count(struct mkemu_cpu *c, int counter, uint64_t amount)
{
    mkemu_store_release(&c->apic->counters[counter], c->apic->counters[counter] + amount);
}

/*
 * __apic_send_IPI, by any thread: what the vector announces has been published before. Whether the CPU slept and was
 * woken.
 */
static inline bool mkemu_raise_from_any(const struct mkemu_peer *p, int cpu, int vector)
{
    struct mkemu_local_apic *apic = mkemu_apic(p, cpu);
    __atomic_fetch_or(&apic->pending, (uint64_t)1 << vector, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&apic->doorbell, 1, __ATOMIC_SEQ_CST);
    mkemu_fence();
    if ((mkemu_load(&apic->idle) & 0xffff) != MKEMU_LOCAL_APIC_STATE_HALTED)
        return false;
    mkemu_futex(&apic->doorbell, MKEMU_FUTEX_WAKE, 1, NULL);
    return true;
}

/* Between two looks for what another core is to store. */
static inline void mkemu_relax(void)
{
#if defined __x86_64__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("isb" ::: "memory");
#endif
}

MKEMU_END

#endif
