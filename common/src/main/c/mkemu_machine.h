/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_machine.h: a machine as one of its instances has it mapped: its tables, memory and CPUs. Include it before any
 * other header, or define _GNU_SOURCE. mkemu_join.h joins a machine.
 */
#ifdef __cplusplus
#error "mkemu's headers are C11, not C++: put what uses them into a .c file, and call that from C++"
#elif !defined MKEMU_MACHINE_H
#define MKEMU_MACHINE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "mkemu.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(void *) == 8, "little-endian, 64 bits");

#define mk_load(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define mk_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define mk_store(p, v) __atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define mk_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define mk_fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* One end of a lane: messages consumed or published, and where the next record begins. */
struct mk_lane {
    uint64_t count, at;
};

/*
 * An IPI area of another kernel that this CPU has mapped, and its lane in there. Records must end before limit, until
 * the message number jumped is consumed; from back_at on it is worth a look whether the lane is empty.
 */
struct mk_target {
    uint64_t life, area, consumed, limit, jumped, back_at;
    struct mk_lane tail;
    uint8_t *map;
    size_t length;
    int cpu;
    bool rung;
};

struct mk_peer {
    int id, cpu, ram_fd, lock_fd, host_lock_fd;
    struct mk_ram_header header; /* a copy, checked */
    uint8_t *tables;             /* physical 0 .. header.pool_map_at */
    struct mk_instance *entry;
    struct mk_local_apic *apic;
    struct mk_region regions[MK_INSTANCE_MAX_REGIONS]; /* a copy, checked */
    uint8_t *memory[MK_INSTANCE_MAX_REGIONS];
    uint8_t *area; /* the own IPI area */
    struct mk_lane *lanes; /* into this CPU, by sending CPU */
    uint64_t work[MK_INSTANCE_CPU_SET_WORDS];
    struct mk_target targets[MK_MAX_INSTANCES];
    struct mk_window *windows; /* on pages of others: mkemu_pages.h */
    uint64_t anomalies;
    bool shutdown; /* the host asks this kernel to end */
    char error[256];
};

static inline uint64_t mk_nanos(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline long mk_futex(uint32_t *word, int op, uint32_t value, const struct timespec *limit)
{
    return syscall(SYS_futex, word, op, value, limit, NULL, 0);
}

static inline bool mk_is_queued(const struct mk_peer *p)
{
    return p->header.ipi_mode == MK_IPI_MODE_QUEUED;
}

/* Without the word behind the last record. */
static inline uint64_t mk_records_length(const struct mk_peer *p)
{
    uint64_t slots = p->header.ipi_slots;
    return (slots + (slots < MK_QUEUED_MAILBOX_EARLY_JUMP_SLOTS ? 1 : MK_QUEUED_MAILBOX_SPARE_RECORDS))
        * MK_QUEUED_MAILBOX_MAX_RECORD_LENGTH;
}

static inline uint64_t mk_lane_length(const struct mk_peer *p)
{
    return (MK_QUEUED_MAILBOX_RECORDS_OFFSET + mk_records_length(p) + 8 + 63) & ~(uint64_t)63;
}

/* Bytes of the IPI area of an instance with so many CPUs. */
static inline uint64_t mk_area_length(const struct mk_peer *p, unsigned cpus)
{
    uint64_t block = MK_QUEUED_MAILBOX_LANES_OFFSET + p->header.nr_cpus * mk_lane_length(p);
    return mk_align(mk_is_queued(p) ? MK_QUEUED_MAILBOX_BLOCKS_OFFSET + cpus * block
                                    : (uint64_t)p->header.nr_cpus * MK_SINGLE_SLOT_SLOT_LENGTH);
}

/* The state in a life word of the instance table. */
static inline unsigned mk_state(uint64_t life)
{
    return (unsigned)(life & (((uint64_t)1 << MK_INSTANCE_STATE_BITS) - 1));
}

static inline struct mk_instance *mk_entry(const struct mk_peer *p, int id)
{
    return (struct mk_instance *)(p->tables + p->header.instances_at) + id;
}

static inline struct mk_local_apic *mk_apic(const struct mk_peer *p, int cpu)
{
    return (struct mk_local_apic *)(p->tables + p->header.cpus_at) + cpu;
}

/* The first CPU of an instance and how many it has; -1 for none. */
static inline int mk_first_cpu(const struct mk_peer *p, struct mk_instance *entry, unsigned *count)
{
    int first = -1;
    *count = 0;
    for (int cpu = 0; cpu < (int)p->header.nr_cpus; cpu++)
        if (mk_load(&entry->cpu_set[cpu / 64]) >> cpu % 64 & 1) {
            first = first < 0 ? cpu : first;
            ++*count;
        }
    return first;
}

static inline bool mk_in_ram(const struct mk_peer *p, uint64_t at, uint64_t length)
{
    return at > 0 && at % MK_PAGES_PAGE_SIZE == 0 && length > 0 && length <= p->header.ram_size
        && at <= p->header.ram_size - length;
}

/* Whether the stretch lies in the memory of an instance. */
static inline bool mk_owns(const struct mk_peer *p, struct mk_instance *owner, uint64_t at, uint64_t length)
{
    for (int i = 0; mk_in_ram(p, at, length) && i < MK_INSTANCE_MAX_REGIONS; i++) {
        struct mk_region r = {mk_load(&owner->regions[i].address), mk_load(&owner->regions[i].size)};
        if (mk_in_ram(p, r.address, r.size) && at >= r.address && length <= r.size && at - r.address <= r.size - length)
            return true;
    }
    return false;
}

static inline uint8_t *mk_map(const struct mk_peer *p, uint64_t at, uint64_t length)
{
    void *map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, p->ram_fd, (off_t)at);
    return map == MAP_FAILED ? NULL : (uint8_t *)map;
}

static inline int mk_refuse(struct mk_peer *p, int error, const char *what)
{
    snprintf(p->error, sizeof p->error, "%s: %s", what, strerror(error));
    return -error;
}

/* Tells the host to look: a state changed or a line was logged. */
static inline void mk_raise_event(struct mk_peer *p)
{
    uint32_t *event = &((struct mk_ram_header *)p->tables)->event;
    __atomic_fetch_add(event, 1, __ATOMIC_SEQ_CST);
    mk_futex(event, FUTEX_WAKE, INT32_MAX, NULL);
}

#endif
