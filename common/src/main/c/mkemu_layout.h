/* SPDX-License-Identifier: Apache-2.0 */
/* mkemu_layout.h: the memory map of an mkemu machine as structs, each held against the constants of mkemu.h. */
#ifdef __cplusplus
#error "mkemu's headers are C11, not C++: put what uses them into a .c file, and call that from C++"
#elif !defined MKEMU_LAYOUT_H
#define MKEMU_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mkemu.h"

struct mk_ram_header {
    uint64_t magic;
    uint32_t abi_version, ipi_mode;
    uint64_t ram_size, epoch, created_nanos;
    uint32_t nr_cpus, ipi_slots;
    uint64_t cpus_at, instances_at, logs_at, pages_at, pool_map_at, host_at, host_size, pool_at, pool_size,
        traces_at;
    uint32_t event;
    uint8_t reserved1[60];
    char name[MK_RAM_HEADER_NAME_LENGTH];
    uint32_t trace_mode;
    uint8_t reserved2[60];
    uint32_t trace_doorbell;
};

struct mk_local_apic {
    uint64_t pending;
    uint32_t doorbell;
    uint8_t reserved0[116];
    uint64_t idle;
    uint8_t reserved1[120];
    int32_t host_cpu;
    uint32_t shared_core;
    int32_t instance, cpu_number;
    uint8_t reserved2[48];
    uint64_t counters[16];
    uint64_t targets[4];
    uint64_t online_since, halted_nanos, halted_since, polled_nanos;
};

struct mk_trace_record {
    uint64_t time, id;
    uint32_t type;
    uint16_t size;
    uint8_t event, flags;
    uint32_t arg0, arg1;
};

struct mk_trace_ring {
    uint64_t tail, lost_sends, lost_deliveries, lost_others, running_id, running_time;
    uint32_t running_type, running_size;
    uint8_t reserved0[72];
    uint64_t head;
    uint8_t reserved1[120];
    struct mk_trace_record slots[];
};

struct mk_region {
    uint64_t address, size;
};

struct mk_instance {
    uint64_t life, ipi_area, ipi_area_size;
    uint32_t cpu_count;
    uint8_t reserved0[100];
    char name[MK_INSTANCE_NAME_LENGTH];
    uint64_t cpu_set[MK_INSTANCE_CPU_SET_WORDS];
    struct mk_region regions[MK_INSTANCE_MAX_REGIONS];
    uint32_t requested;
    int32_t exit_code;
    uint64_t pid, boot_steps[6];
    uint32_t tasks_started, tasks_ended, tasks_failed;
    uint8_t reserved1[500];
    char reason[MK_INSTANCE_REASON_LENGTH];
    uint8_t reserved2[512];
    char cmdline[MK_INSTANCE_CMDLINE_LENGTH];
};

struct mk_page {
    uint64_t grants[4], mapped[4];
};

struct mk_ipi_data {
    int32_t sender_cpu;
    uint32_t type;
    uint64_t data_size;
    uint8_t buffer[MK_MAX_DATA_SIZE];
};

struct mk_queued_area {
    uint64_t magic;
    uint32_t nr_cpus, slots, cpus;
};

struct mk_pool {
    uint64_t magic;
    uint32_t order, reserved0;
    uint64_t granules, base, size;
    uint8_t reserved1[24];
    uint64_t words[];
};

struct mk_log {
    uint64_t head, tail, lines;
    uint8_t reserved[40];
    uint8_t records[MK_KERNEL_LOG_RECORDS_LENGTH];
};

struct mk_log_record {
    uint32_t bytes;
    uint8_t level, reserved;
    uint16_t cpu;
    uint64_t nanos;
};

#define MK_AT(type, field, at) _Static_assert(offsetof(struct type, field) == (at), #type "." #field)
#define MK_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type)

/* Generated from the classes of io.mkemu.abi by MkemuHeaderTest: begin. */
MK_AT(mk_ram_header, magic, MK_RAM_HEADER_MAGIC_OFFSET);
MK_AT(mk_ram_header, abi_version, MK_RAM_HEADER_ABI_VERSION_OFFSET);
MK_AT(mk_ram_header, ipi_mode, MK_RAM_HEADER_IPI_MODE_OFFSET);
MK_AT(mk_ram_header, ram_size, MK_RAM_HEADER_RAM_SIZE_OFFSET);
MK_AT(mk_ram_header, epoch, MK_RAM_HEADER_EPOCH_OFFSET);
MK_AT(mk_ram_header, created_nanos, MK_RAM_HEADER_CREATED_NANOS_OFFSET);
MK_AT(mk_ram_header, nr_cpus, MK_RAM_HEADER_NR_CPUS_OFFSET);
MK_AT(mk_ram_header, ipi_slots, MK_RAM_HEADER_IPI_SLOTS_OFFSET);
MK_AT(mk_ram_header, cpus_at, MK_RAM_HEADER_CPUS_AT_OFFSET);
MK_AT(mk_ram_header, instances_at, MK_RAM_HEADER_INSTANCES_AT_OFFSET);
MK_AT(mk_ram_header, logs_at, MK_RAM_HEADER_LOGS_AT_OFFSET);
MK_AT(mk_ram_header, pages_at, MK_RAM_HEADER_PAGES_AT_OFFSET);
MK_AT(mk_ram_header, pool_map_at, MK_RAM_HEADER_POOL_MAP_AT_OFFSET);
MK_AT(mk_ram_header, host_at, MK_RAM_HEADER_HOST_AT_OFFSET);
MK_AT(mk_ram_header, host_size, MK_RAM_HEADER_HOST_SIZE_OFFSET);
MK_AT(mk_ram_header, pool_at, MK_RAM_HEADER_POOL_AT_OFFSET);
MK_AT(mk_ram_header, pool_size, MK_RAM_HEADER_POOL_SIZE_OFFSET);
MK_AT(mk_ram_header, traces_at, MK_RAM_HEADER_TRACES_AT_OFFSET);
MK_AT(mk_ram_header, event, MK_RAM_HEADER_EVENT_OFFSET);
MK_AT(mk_ram_header, name, MK_RAM_HEADER_NAME_OFFSET);
MK_AT(mk_ram_header, trace_mode, MK_RAM_HEADER_TRACE_MODE_OFFSET);
MK_AT(mk_ram_header, trace_doorbell, MK_RAM_HEADER_TRACE_DOORBELL_OFFSET);
MK_AT(mk_local_apic, pending, MK_LOCAL_APIC_PENDING_OFFSET);
MK_AT(mk_local_apic, doorbell, MK_LOCAL_APIC_DOORBELL_OFFSET);
MK_AT(mk_local_apic, idle, MK_LOCAL_APIC_IDLE_OFFSET);
MK_AT(mk_local_apic, host_cpu, MK_LOCAL_APIC_HOST_CPU_OFFSET);
MK_AT(mk_local_apic, shared_core, MK_LOCAL_APIC_SHARED_CORE_OFFSET);
MK_AT(mk_local_apic, instance, MK_LOCAL_APIC_INSTANCE_OFFSET);
MK_AT(mk_local_apic, cpu_number, MK_LOCAL_APIC_CPU_NUMBER_OFFSET);
MK_AT(mk_local_apic, counters, MK_LOCAL_APIC_COUNTERS_OFFSET);
MK_AT(mk_local_apic, targets, MK_LOCAL_APIC_TARGETS_OFFSET);
MK_AT(mk_local_apic, online_since, MK_LOCAL_APIC_ONLINE_SINCE_OFFSET);
MK_AT(mk_local_apic, halted_nanos, MK_LOCAL_APIC_HALTED_NANOS_OFFSET);
MK_AT(mk_local_apic, halted_since, MK_LOCAL_APIC_HALTED_SINCE_OFFSET);
MK_AT(mk_local_apic, polled_nanos, MK_LOCAL_APIC_POLLED_NANOS_OFFSET);
MK_SIZE(mk_local_apic, MK_LOCAL_APIC_LENGTH);
MK_AT(mk_trace_record, time, MK_TRACE_RECORD_TIME_OFFSET);
MK_AT(mk_trace_record, id, MK_TRACE_RECORD_ID_OFFSET);
MK_AT(mk_trace_record, type, MK_TRACE_RECORD_TYPE_OFFSET);
MK_AT(mk_trace_record, size, MK_TRACE_RECORD_SIZE_OFFSET);
MK_AT(mk_trace_record, event, MK_TRACE_RECORD_EVENT_OFFSET);
MK_AT(mk_trace_record, flags, MK_TRACE_RECORD_FLAGS_OFFSET);
MK_AT(mk_trace_record, arg0, MK_TRACE_RECORD_ARG0_OFFSET);
MK_AT(mk_trace_record, arg1, MK_TRACE_RECORD_ARG1_OFFSET);
MK_SIZE(mk_trace_record, MK_TRACE_RECORD_LENGTH);
MK_AT(mk_trace_ring, tail, MK_TRACE_RING_TAIL_OFFSET);
MK_AT(mk_trace_ring, lost_sends, MK_TRACE_RING_LOST_SENDS_OFFSET);
MK_AT(mk_trace_ring, lost_deliveries, MK_TRACE_RING_LOST_DELIVERIES_OFFSET);
MK_AT(mk_trace_ring, lost_others, MK_TRACE_RING_LOST_OTHERS_OFFSET);
MK_AT(mk_trace_ring, running_id, MK_TRACE_RING_RUNNING_ID_OFFSET);
MK_AT(mk_trace_ring, running_time, MK_TRACE_RING_RUNNING_TIME_OFFSET);
MK_AT(mk_trace_ring, running_type, MK_TRACE_RING_RUNNING_TYPE_OFFSET);
MK_AT(mk_trace_ring, running_size, MK_TRACE_RING_RUNNING_SIZE_OFFSET);
MK_AT(mk_trace_ring, head, MK_TRACE_RING_HEAD_OFFSET);
MK_AT(mk_trace_ring, slots, MK_TRACE_RING_SLOTS_OFFSET);
MK_AT(mk_region, address, 0);
MK_AT(mk_region, size, 8);
MK_SIZE(mk_region, MK_INSTANCE_REGION_LENGTH);
MK_AT(mk_instance, life, MK_INSTANCE_LIFE_OFFSET);
MK_AT(mk_instance, ipi_area, MK_INSTANCE_IPI_AREA_OFFSET);
MK_AT(mk_instance, ipi_area_size, MK_INSTANCE_IPI_AREA_SIZE_OFFSET);
MK_AT(mk_instance, cpu_count, MK_INSTANCE_CPU_COUNT_OFFSET);
MK_AT(mk_instance, name, MK_INSTANCE_NAME_OFFSET);
MK_AT(mk_instance, cpu_set, MK_INSTANCE_CPU_SET_OFFSET);
MK_AT(mk_instance, regions, MK_INSTANCE_REGIONS_OFFSET);
MK_AT(mk_instance, requested, MK_INSTANCE_REQUESTED_OFFSET);
MK_AT(mk_instance, exit_code, MK_INSTANCE_EXIT_CODE_OFFSET);
MK_AT(mk_instance, pid, MK_INSTANCE_PID_OFFSET);
MK_AT(mk_instance, boot_steps, MK_INSTANCE_BOOT_STEPS_OFFSET);
MK_AT(mk_instance, tasks_started, MK_INSTANCE_TASKS_STARTED_OFFSET);
MK_AT(mk_instance, tasks_ended, MK_INSTANCE_TASKS_ENDED_OFFSET);
MK_AT(mk_instance, tasks_failed, MK_INSTANCE_TASKS_FAILED_OFFSET);
MK_AT(mk_instance, reason, MK_INSTANCE_REASON_OFFSET);
MK_AT(mk_instance, cmdline, MK_INSTANCE_CMDLINE_OFFSET);
MK_SIZE(mk_instance, MK_INSTANCE_LENGTH);
MK_AT(mk_page, grants, MK_PAGE_TABLE_GRANTS_OFFSET);
MK_AT(mk_page, mapped, MK_PAGE_TABLE_MAPPED_OFFSET);
MK_SIZE(mk_page, MK_PAGE_TABLE_LENGTH);
MK_AT(mk_ipi_data, sender_cpu, MK_IPI_DATA_SENDER_CPU_OFFSET);
MK_AT(mk_ipi_data, type, MK_IPI_DATA_TYPE_OFFSET);
MK_AT(mk_ipi_data, data_size, MK_IPI_DATA_DATA_SIZE_OFFSET);
MK_AT(mk_ipi_data, buffer, MK_IPI_DATA_BUFFER_OFFSET);
MK_SIZE(mk_ipi_data, MK_IPI_DATA_LENGTH);
MK_AT(mk_queued_area, magic, MK_QUEUED_MAILBOX_MAGIC_OFFSET);
MK_AT(mk_queued_area, nr_cpus, MK_QUEUED_MAILBOX_NR_CPUS_OFFSET);
MK_AT(mk_queued_area, slots, MK_QUEUED_MAILBOX_SLOTS_OFFSET);
MK_AT(mk_queued_area, cpus, MK_QUEUED_MAILBOX_CPUS_OFFSET);
MK_AT(mk_pool, magic, MK_BITMAP_POOL_MAGIC_OFFSET);
MK_AT(mk_pool, order, MK_BITMAP_POOL_ORDER_OFFSET);
MK_AT(mk_pool, granules, MK_BITMAP_POOL_GRANULES_OFFSET);
MK_AT(mk_pool, base, MK_BITMAP_POOL_BASE_OFFSET);
MK_AT(mk_pool, size, MK_BITMAP_POOL_SIZE_OFFSET);
MK_AT(mk_pool, words, MK_BITMAP_POOL_HEADER_LENGTH);
MK_AT(mk_log, head, MK_KERNEL_LOG_HEAD_OFFSET);
MK_AT(mk_log, tail, MK_KERNEL_LOG_TAIL_OFFSET);
MK_AT(mk_log, lines, MK_KERNEL_LOG_LINES_OFFSET);
MK_AT(mk_log, records, MK_KERNEL_LOG_RECORDS_OFFSET);
MK_AT(mk_log_record, bytes, MK_KERNEL_LOG_RECORD_BYTES_OFFSET);
MK_AT(mk_log_record, level, MK_KERNEL_LOG_RECORD_LEVEL_OFFSET);
MK_AT(mk_log_record, cpu, MK_KERNEL_LOG_RECORD_CPU_OFFSET);
MK_AT(mk_log_record, nanos, MK_KERNEL_LOG_RECORD_NANOS_OFFSET);
MK_SIZE(mk_log_record, MK_KERNEL_LOG_HEADER_LENGTH);
/* Generated: end. */
_Static_assert(sizeof(((struct mk_page *)0)->grants) == MK_PAGE_TABLE_SET_LENGTH, "mk_page.grants");
_Static_assert(MK_IPI_DATA_LENGTH == 272 && MK_SINGLE_SLOT_SLOT_LENGTH == 272, "mk_ipi_data of the RFC");

#undef MK_AT
#undef MK_SIZE

static inline uint64_t mk_align(uint64_t bytes)
{
    return (bytes + MK_PAGES_PAGE_SIZE - 1) & ~(uint64_t)(MK_PAGES_PAGE_SIZE - 1);
}

/* Bytes of the trace ring of one CPU. */
static inline uint64_t mk_trace_ring_bytes(uint32_t nr_cpus)
{
    uint64_t slots = MK_TRACE_RING_MAX_SLOTS;
    while (slots > MK_TRACE_RING_MACHINE_SLOTS / nr_cpus)
        slots /= 2;
    return MK_TRACE_RING_SLOTS_OFFSET + slots * MK_TRACE_RECORD_LENGTH;
}

/* Page 0 is good if each address in it is the one that follows from the four numbers. */
static inline bool mk_header_is_good(const struct mk_ram_header *h, uint64_t file_size)
{
    uint64_t at = MK_PAGES_PAGE_SIZE, granules = h->pool_size / MK_PAGES_PAGE_SIZE;
    if (h->magic != MK_RAM_HEADER_MAGIC || h->abi_version != MK_RAM_HEADER_ABI_VERSION || h->nr_cpus < 1
        || h->nr_cpus > MK_RAM_LAYOUT_MAX_CPUS || h->ipi_slots < MK_RAM_LAYOUT_MIN_SLOTS
        || h->ipi_slots > MK_RAM_LAYOUT_MAX_SLOTS || (h->ipi_slots & (h->ipi_slots - 1)) || h->ipi_mode > 1
        || !h->host_size || h->host_size >= MK_RAM_LAYOUT_MAX_BYTES
        || h->pool_size >= MK_RAM_LAYOUT_MAX_BYTES - h->host_size
        || (h->host_size | h->pool_size) % MK_PAGES_PAGE_SIZE)
        return false;
    bool good = h->cpus_at == at;
    good &= h->instances_at == (at += mk_align((uint64_t)h->nr_cpus * MK_LOCAL_APIC_LENGTH));
    good &= h->logs_at == (at += (uint64_t)MK_MAX_INSTANCES * MK_INSTANCE_LENGTH);
    good &= h->traces_at == (at += (uint64_t)MK_MAX_INSTANCES * MK_KERNEL_LOG_LENGTH);
    good &= h->pages_at == (at += mk_align(h->nr_cpus * mk_trace_ring_bytes(h->nr_cpus)));
    at += mk_align((h->host_size + h->pool_size) / MK_PAGES_PAGE_SIZE * MK_PAGE_TABLE_LENGTH);
    good &= h->pool_map_at == at;
    at += mk_align(MK_BITMAP_POOL_HEADER_LENGTH + ((granules + !granules + 31) / 32 * 8 + 63) / 64 * 64);
    good &= h->host_at == at && h->pool_at == at + h->host_size;
    return good && h->ram_size == h->pool_at + h->pool_size && h->ram_size == file_size;
}

#endif
