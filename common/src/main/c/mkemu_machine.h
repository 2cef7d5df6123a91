/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_machine.h: a machine as one of its instances has it mapped: its tables, memory and CPUs. Include it before any
 * other header, or define _GNU_SOURCE. mkemu_join.h joins a machine.
 */
#ifndef MKEMU_MACHINE_H
#define MKEMU_MACHINE_H

#include "mkemu.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
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

#define mkemu_load(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define mkemu_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define mkemu_store(p, v) __atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define mkemu_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define mkemu_fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* One end of a lane: messages consumed or published, and where the next record begins. */
struct mkemu_lane {
    uint64_t count, at;
};

/*
 * An IPI area of another kernel that this CPU has mapped, and its lane in there. Records must end before limit, until
 * the message number jumped is consumed; from back_at on it is worth a look whether the lane is empty.
 */
struct mkemu_target {
    uint64_t life, area, consumed, limit, jumped, back_at;
    struct mkemu_lane tail;
    uint8_t *map;
    size_t length;
    int cpu;
    bool rung;
};

struct mkemu_peer {
    int id, cpu, ram_fd, lock_fd, host_lock_fd;
    struct mkemu_ram_header header; /* a copy, checked */
    uint8_t *tables;             /* physical 0 .. header.pool_map_at */
    struct mkemu_instance *entry;
    struct mkemu_local_apic *apic;
    struct mkemu_region regions[MKEMU_INSTANCE_MAX_REGIONS]; /* a copy, checked */
    uint8_t *memory[MKEMU_INSTANCE_MAX_REGIONS];
    uint8_t *area; /* the own IPI area */
    struct mkemu_lane *lanes; /* into this CPU, by sending CPU */
    uint64_t work[MKEMU_INSTANCE_CPU_SET_WORDS];
    struct mkemu_target targets[MKEMU_INSTANCE_MAX_INSTANCES];
    struct mkemu_window *windows; /* on pages of others: mkemu_pages.h */
    uint64_t anomalies;
    bool shutdown; /* the host asks this kernel to end */
    char error[256];
};

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

/* Without the word behind the last record. */
static inline uint64_t mkemu_records_length(const struct mkemu_peer *p)
{
    uint64_t slots = p->header.ipi_slots;
    return (slots + (slots < MKEMU_QUEUED_MAILBOX_EARLY_JUMP_SLOTS ? 1 : MKEMU_QUEUED_MAILBOX_SPARE_RECORDS))
        * MKEMU_QUEUED_MAILBOX_MAX_RECORD_LENGTH;
}

static inline uint64_t mkemu_lane_length(const struct mkemu_peer *p)
{
    return (MKEMU_QUEUED_MAILBOX_RECORDS_OFFSET + mkemu_records_length(p) + 8 + 63) & ~(uint64_t)63;
}

/* Bytes of the IPI area of an instance with so many CPUs. */
static inline uint64_t mkemu_area_length(const struct mkemu_peer *p, unsigned cpus)
{
    uint64_t block = MKEMU_QUEUED_MAILBOX_LANES_OFFSET + p->header.nr_cpus * mkemu_lane_length(p);
    return mkemu_align(mkemu_is_queued(p) ? MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET + cpus * block
                                    : (uint64_t)p->header.nr_cpus * MKEMU_SINGLE_SLOT_SLOT_LENGTH);
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

/* The first CPU of an instance and how many it has; -1 for none. */
static inline int mkemu_first_cpu(const struct mkemu_peer *p, struct mkemu_instance *entry, unsigned *count)
{
    int first = -1;
    *count = 0;
    for (int cpu = 0; cpu < (int)p->header.nr_cpus; cpu++)
        if (mkemu_load(&entry->cpu_set[cpu / 64]) >> cpu % 64 & 1) {
            first = first < 0 ? cpu : first;
            ++*count;
        }
    return first;
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
    snprintf(p->error, sizeof p->error, "%s: %s", what, strerror(error));
    return -error;
}

/* Tells the host to look: a state changed or a line was logged. */
static inline void mkemu_raise_event(struct mkemu_peer *p)
{
    uint32_t *event = &((struct mkemu_ram_header *)p->tables)->event;
    __atomic_fetch_add(event, 1, __ATOMIC_SEQ_CST);
    mkemu_futex(event, MKEMU_FUTEX_WAKE, INT32_MAX, NULL);
}

MKEMU_END

#endif
