/* SPDX-License-Identifier: Apache-2.0 */
/* mkemu_layout.h: the memory map of an mkemu machine as structs, each held against the constants of mkemu.h. */
#ifndef MKEMU_LAYOUT_H
#define MKEMU_LAYOUT_H

#ifndef _GNU_SOURCE /* the headers that include this one need it, and it must come before the first of C's */
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mkemu.h"

#ifdef __cplusplus
#define MKEMU_BEGIN extern "C" {
#define MKEMU_END }
#else
#define MKEMU_BEGIN
#define MKEMU_END
#endif

MKEMU_BEGIN

struct mkemu_ram_header {
    uint64_t magic;
    uint32_t abi_version, ipi_mode;
    uint64_t ram_size, epoch, created_nanos;
    uint32_t nr_cpus, ipi_slots;
    uint64_t cpus_at, instances_at, logs_at, pages_at, pool_map_at, host_at, host_size, pool_at, pool_size,
        traces_at;
    uint32_t event;
    uint8_t reserved1[60];
    char name[MKEMU_RAM_HEADER_NAME_LENGTH];
    uint32_t trace_mode;
    uint8_t reserved2[60];
    uint32_t trace_doorbell;
};

struct mkemu_local_apic {
    uint64_t pending;
    uint32_t doorbell;
    uint8_t reserved0[116];
    uint64_t idle;
    uint8_t reserved1[120];
    int32_t host_cpu;
    uint32_t shared_core;
    int32_t instance, cpu_number;
    uint32_t watches, logical_cpu;
    uint64_t consumed_before;
    uint8_t reserved2[32];
    uint64_t counters[16];
    uint64_t targets[4];
    uint64_t online_since, halted_nanos, halted_since, polled_nanos;
};

struct mkemu_trace_record {
    uint64_t time, id;
    uint32_t type;
    uint16_t size;
    uint8_t event, flags;
    uint32_t arg0, arg1;
};

struct mkemu_trace_ring {
    uint64_t tail, lost_sends, lost_deliveries, lost_others, running_id, running_time;
    uint32_t running_type, running_size;
    uint8_t reserved0[72];
    uint64_t head;
    uint8_t reserved1[120]; /* the records follow */
};

struct mkemu_region {
    uint64_t address, size;
};

struct mkemu_resource {
    uint64_t decision;
    uint32_t operation, about;
    uint64_t first, second;
    int32_t result;
    uint32_t supported;
    uint8_t reserved0[24];
    char text[MKEMU_RESOURCE_TEXT_LENGTH];
};

struct mkemu_instance {
    uint64_t life, ipi_area, ipi_area_size;
    uint32_t cpu_count, possible_cpus, cpu_generation;
    uint8_t reserved0[92];
    char name[MKEMU_INSTANCE_NAME_LENGTH];
    uint64_t cpu_set[MKEMU_INSTANCE_CPU_SET_WORDS];
    struct mkemu_region regions[MKEMU_INSTANCE_MAX_REGIONS];
    uint32_t requested;
    int32_t exit_code;
    uint64_t pid, boot_steps[6];
    uint32_t tasks_started, tasks_ended, tasks_failed;
    uint8_t reserved1[52];
    struct mkemu_resource resource;
    uint8_t reserved2[256];
    char reason[MKEMU_INSTANCE_REASON_LENGTH];
    uint8_t type_names[MKEMU_INSTANCE_TYPE_NAMES_LENGTH];
    char cmdline[MKEMU_INSTANCE_CMDLINE_LENGTH];
};

struct mkemu_page {
    uint64_t grants[4], mapped[4];
};

struct mkemu_ipi_data {
    int32_t sender_cpu;
    uint32_t type;
    uint64_t data_size;
    uint8_t buffer[MKEMU_IPI_DATA_MAX_DATA_SIZE];
};

struct mkemu_queued_area {
    uint64_t magic;
    uint32_t nr_cpus, slots, cpus;
};

struct mkemu_pool {
    uint64_t magic;
    uint32_t order, reserved0;
    uint64_t granules, base, size;
    uint8_t reserved1[24]; /* the words follow */
};

struct mkemu_log {
    uint64_t head, tail, lines;
    uint8_t reserved[40];
    uint8_t records[MKEMU_KERNEL_LOG_RECORDS_LENGTH];
};

struct mkemu_log_record {
    uint32_t bytes;
    uint8_t level, reserved;
    uint16_t cpu;
    uint64_t nanos;
};

#if defined __cplusplus
#define MKEMU_ASSERT(condition, text) static_assert(condition, text)
#elif defined __STDC_VERSION__ && __STDC_VERSION__ >= 201112L
#define MKEMU_ASSERT(condition, text) _Static_assert(condition, text)
#else /* C99 has none: an array of fewer than 0 bytes is an error too */
#define MKEMU_ASSERT(condition, text) extern char mkemu_asserted[(condition) ? 1 : -1]
#endif
#define MKEMU_AT(type, field, at) MKEMU_ASSERT(offsetof(struct type, field) == (at), #type "." #field)
#define MKEMU_SIZE(type, bytes) MKEMU_ASSERT(sizeof(struct type) == (bytes), #type)

/* Generated from the classes of io.mkemu.abi by MkemuHeaderTest: begin. */
MKEMU_AT(mkemu_ram_header, magic, MKEMU_RAM_HEADER_MAGIC_OFFSET);
MKEMU_AT(mkemu_ram_header, abi_version, MKEMU_RAM_HEADER_ABI_VERSION_OFFSET);
MKEMU_AT(mkemu_ram_header, ipi_mode, MKEMU_RAM_HEADER_IPI_MODE_OFFSET);
MKEMU_AT(mkemu_ram_header, ram_size, MKEMU_RAM_HEADER_RAM_SIZE_OFFSET);
MKEMU_AT(mkemu_ram_header, epoch, MKEMU_RAM_HEADER_EPOCH_OFFSET);
MKEMU_AT(mkemu_ram_header, created_nanos, MKEMU_RAM_HEADER_CREATED_NANOS_OFFSET);
MKEMU_AT(mkemu_ram_header, nr_cpus, MKEMU_RAM_HEADER_NR_CPUS_OFFSET);
MKEMU_AT(mkemu_ram_header, ipi_slots, MKEMU_RAM_HEADER_IPI_SLOTS_OFFSET);
MKEMU_AT(mkemu_ram_header, cpus_at, MKEMU_RAM_HEADER_CPUS_AT_OFFSET);
MKEMU_AT(mkemu_ram_header, instances_at, MKEMU_RAM_HEADER_INSTANCES_AT_OFFSET);
MKEMU_AT(mkemu_ram_header, logs_at, MKEMU_RAM_HEADER_LOGS_AT_OFFSET);
MKEMU_AT(mkemu_ram_header, pages_at, MKEMU_RAM_HEADER_PAGES_AT_OFFSET);
MKEMU_AT(mkemu_ram_header, pool_map_at, MKEMU_RAM_HEADER_POOL_MAP_AT_OFFSET);
MKEMU_AT(mkemu_ram_header, host_at, MKEMU_RAM_HEADER_HOST_AT_OFFSET);
MKEMU_AT(mkemu_ram_header, host_size, MKEMU_RAM_HEADER_HOST_SIZE_OFFSET);
MKEMU_AT(mkemu_ram_header, pool_at, MKEMU_RAM_HEADER_POOL_AT_OFFSET);
MKEMU_AT(mkemu_ram_header, pool_size, MKEMU_RAM_HEADER_POOL_SIZE_OFFSET);
MKEMU_AT(mkemu_ram_header, traces_at, MKEMU_RAM_HEADER_TRACES_AT_OFFSET);
MKEMU_AT(mkemu_ram_header, event, MKEMU_RAM_HEADER_EVENT_OFFSET);
MKEMU_AT(mkemu_ram_header, name, MKEMU_RAM_HEADER_NAME_OFFSET);
MKEMU_AT(mkemu_ram_header, trace_mode, MKEMU_RAM_HEADER_TRACE_MODE_OFFSET);
MKEMU_AT(mkemu_ram_header, trace_doorbell, MKEMU_RAM_HEADER_TRACE_DOORBELL_OFFSET);
MKEMU_AT(mkemu_local_apic, pending, MKEMU_LOCAL_APIC_PENDING_OFFSET);
MKEMU_AT(mkemu_local_apic, doorbell, MKEMU_LOCAL_APIC_DOORBELL_OFFSET);
MKEMU_AT(mkemu_local_apic, idle, MKEMU_LOCAL_APIC_IDLE_OFFSET);
MKEMU_AT(mkemu_local_apic, host_cpu, MKEMU_LOCAL_APIC_HOST_CPU_OFFSET);
MKEMU_AT(mkemu_local_apic, shared_core, MKEMU_LOCAL_APIC_SHARED_CORE_OFFSET);
MKEMU_AT(mkemu_local_apic, instance, MKEMU_LOCAL_APIC_INSTANCE_OFFSET);
MKEMU_AT(mkemu_local_apic, cpu_number, MKEMU_LOCAL_APIC_CPU_NUMBER_OFFSET);
MKEMU_AT(mkemu_local_apic, watches, MKEMU_LOCAL_APIC_WATCHES_OFFSET);
MKEMU_AT(mkemu_local_apic, logical_cpu, MKEMU_LOCAL_APIC_LOGICAL_CPU_OFFSET);
MKEMU_AT(mkemu_local_apic, consumed_before, MKEMU_LOCAL_APIC_CONSUMED_BEFORE_OFFSET);
MKEMU_AT(mkemu_local_apic, counters, MKEMU_LOCAL_APIC_COUNTERS_OFFSET);
MKEMU_AT(mkemu_local_apic, targets, MKEMU_LOCAL_APIC_TARGETS_OFFSET);
MKEMU_AT(mkemu_local_apic, online_since, MKEMU_LOCAL_APIC_ONLINE_SINCE_OFFSET);
MKEMU_AT(mkemu_local_apic, halted_nanos, MKEMU_LOCAL_APIC_HALTED_NANOS_OFFSET);
MKEMU_AT(mkemu_local_apic, halted_since, MKEMU_LOCAL_APIC_HALTED_SINCE_OFFSET);
MKEMU_AT(mkemu_local_apic, polled_nanos, MKEMU_LOCAL_APIC_POLLED_NANOS_OFFSET);
MKEMU_SIZE(mkemu_local_apic, MKEMU_LOCAL_APIC_LENGTH);
MKEMU_AT(mkemu_trace_record, time, MKEMU_TRACE_RECORD_TIME_OFFSET);
MKEMU_AT(mkemu_trace_record, id, MKEMU_TRACE_RECORD_ID_OFFSET);
MKEMU_AT(mkemu_trace_record, type, MKEMU_TRACE_RECORD_TYPE_OFFSET);
MKEMU_AT(mkemu_trace_record, size, MKEMU_TRACE_RECORD_SIZE_OFFSET);
MKEMU_AT(mkemu_trace_record, event, MKEMU_TRACE_RECORD_EVENT_OFFSET);
MKEMU_AT(mkemu_trace_record, flags, MKEMU_TRACE_RECORD_FLAGS_OFFSET);
MKEMU_AT(mkemu_trace_record, arg0, MKEMU_TRACE_RECORD_ARG0_OFFSET);
MKEMU_AT(mkemu_trace_record, arg1, MKEMU_TRACE_RECORD_ARG1_OFFSET);
MKEMU_SIZE(mkemu_trace_record, MKEMU_TRACE_RECORD_LENGTH);
MKEMU_AT(mkemu_trace_ring, tail, MKEMU_TRACE_RING_TAIL_OFFSET);
MKEMU_AT(mkemu_trace_ring, lost_sends, MKEMU_TRACE_RING_LOST_SENDS_OFFSET);
MKEMU_AT(mkemu_trace_ring, lost_deliveries, MKEMU_TRACE_RING_LOST_DELIVERIES_OFFSET);
MKEMU_AT(mkemu_trace_ring, lost_others, MKEMU_TRACE_RING_LOST_OTHERS_OFFSET);
MKEMU_AT(mkemu_trace_ring, running_id, MKEMU_TRACE_RING_RUNNING_ID_OFFSET);
MKEMU_AT(mkemu_trace_ring, running_time, MKEMU_TRACE_RING_RUNNING_TIME_OFFSET);
MKEMU_AT(mkemu_trace_ring, running_type, MKEMU_TRACE_RING_RUNNING_TYPE_OFFSET);
MKEMU_AT(mkemu_trace_ring, running_size, MKEMU_TRACE_RING_RUNNING_SIZE_OFFSET);
MKEMU_AT(mkemu_trace_ring, head, MKEMU_TRACE_RING_HEAD_OFFSET);
MKEMU_SIZE(mkemu_trace_ring, MKEMU_TRACE_RING_SLOTS_OFFSET);
MKEMU_AT(mkemu_region, address, 0);
MKEMU_AT(mkemu_region, size, 8);
MKEMU_SIZE(mkemu_region, MKEMU_INSTANCE_REGION_LENGTH);
MKEMU_AT(mkemu_resource, decision, MKEMU_RESOURCE_DECISION_OFFSET);
MKEMU_AT(mkemu_resource, operation, MKEMU_RESOURCE_OPERATION_OFFSET);
MKEMU_AT(mkemu_resource, about, MKEMU_RESOURCE_ABOUT_OFFSET);
MKEMU_AT(mkemu_resource, first, MKEMU_RESOURCE_FIRST_OFFSET);
MKEMU_AT(mkemu_resource, second, MKEMU_RESOURCE_SECOND_OFFSET);
MKEMU_AT(mkemu_resource, result, MKEMU_RESOURCE_RESULT_OFFSET);
MKEMU_AT(mkemu_resource, supported, MKEMU_RESOURCE_SUPPORTED_OFFSET);
MKEMU_AT(mkemu_resource, text, MKEMU_RESOURCE_TEXT_OFFSET);
MKEMU_SIZE(mkemu_resource, MKEMU_RESOURCE_LENGTH);
MKEMU_AT(mkemu_instance, life, MKEMU_INSTANCE_LIFE_OFFSET);
MKEMU_AT(mkemu_instance, ipi_area, MKEMU_INSTANCE_IPI_AREA_OFFSET);
MKEMU_AT(mkemu_instance, ipi_area_size, MKEMU_INSTANCE_IPI_AREA_SIZE_OFFSET);
MKEMU_AT(mkemu_instance, cpu_count, MKEMU_INSTANCE_CPU_COUNT_OFFSET);
MKEMU_AT(mkemu_instance, possible_cpus, MKEMU_INSTANCE_POSSIBLE_CPUS_OFFSET);
MKEMU_AT(mkemu_instance, cpu_generation, MKEMU_INSTANCE_CPU_GENERATION_OFFSET);
MKEMU_AT(mkemu_instance, name, MKEMU_INSTANCE_NAME_OFFSET);
MKEMU_AT(mkemu_instance, cpu_set, MKEMU_INSTANCE_CPU_SET_OFFSET);
MKEMU_AT(mkemu_instance, regions, MKEMU_INSTANCE_REGIONS_OFFSET);
MKEMU_AT(mkemu_instance, requested, MKEMU_INSTANCE_REQUESTED_OFFSET);
MKEMU_AT(mkemu_instance, exit_code, MKEMU_INSTANCE_EXIT_CODE_OFFSET);
MKEMU_AT(mkemu_instance, pid, MKEMU_INSTANCE_PID_OFFSET);
MKEMU_AT(mkemu_instance, boot_steps, MKEMU_INSTANCE_BOOT_STEPS_OFFSET);
MKEMU_AT(mkemu_instance, tasks_started, MKEMU_INSTANCE_TASKS_STARTED_OFFSET);
MKEMU_AT(mkemu_instance, tasks_ended, MKEMU_INSTANCE_TASKS_ENDED_OFFSET);
MKEMU_AT(mkemu_instance, tasks_failed, MKEMU_INSTANCE_TASKS_FAILED_OFFSET);
MKEMU_AT(mkemu_instance, resource, MKEMU_INSTANCE_RESOURCE_OFFSET);
MKEMU_AT(mkemu_instance, reason, MKEMU_INSTANCE_REASON_OFFSET);
MKEMU_AT(mkemu_instance, type_names, MKEMU_INSTANCE_TYPE_NAMES_OFFSET);
MKEMU_AT(mkemu_instance, cmdline, MKEMU_INSTANCE_CMDLINE_OFFSET);
MKEMU_SIZE(mkemu_instance, MKEMU_INSTANCE_LENGTH);
MKEMU_AT(mkemu_page, grants, MKEMU_PAGE_TABLE_GRANTS_OFFSET);
MKEMU_AT(mkemu_page, mapped, MKEMU_PAGE_TABLE_MAPPED_OFFSET);
MKEMU_SIZE(mkemu_page, MKEMU_PAGE_TABLE_LENGTH);
MKEMU_AT(mkemu_ipi_data, sender_cpu, MKEMU_IPI_DATA_SENDER_CPU_OFFSET);
MKEMU_AT(mkemu_ipi_data, type, MKEMU_IPI_DATA_TYPE_OFFSET);
MKEMU_AT(mkemu_ipi_data, data_size, MKEMU_IPI_DATA_DATA_SIZE_OFFSET);
MKEMU_AT(mkemu_ipi_data, buffer, MKEMU_IPI_DATA_BUFFER_OFFSET);
MKEMU_SIZE(mkemu_ipi_data, MKEMU_IPI_DATA_LENGTH);
MKEMU_AT(mkemu_queued_area, magic, MKEMU_QUEUED_MAILBOX_MAGIC_OFFSET);
MKEMU_AT(mkemu_queued_area, nr_cpus, MKEMU_QUEUED_MAILBOX_NR_CPUS_OFFSET);
MKEMU_AT(mkemu_queued_area, slots, MKEMU_QUEUED_MAILBOX_SLOTS_OFFSET);
MKEMU_AT(mkemu_queued_area, cpus, MKEMU_QUEUED_MAILBOX_CPUS_OFFSET);
MKEMU_AT(mkemu_pool, magic, MKEMU_BITMAP_POOL_MAGIC_OFFSET);
MKEMU_AT(mkemu_pool, order, MKEMU_BITMAP_POOL_ORDER_OFFSET);
MKEMU_AT(mkemu_pool, granules, MKEMU_BITMAP_POOL_GRANULES_OFFSET);
MKEMU_AT(mkemu_pool, base, MKEMU_BITMAP_POOL_BASE_OFFSET);
MKEMU_AT(mkemu_pool, size, MKEMU_BITMAP_POOL_SIZE_OFFSET);
MKEMU_SIZE(mkemu_pool, MKEMU_BITMAP_POOL_HEADER_LENGTH);
MKEMU_AT(mkemu_log, head, MKEMU_KERNEL_LOG_HEAD_OFFSET);
MKEMU_AT(mkemu_log, tail, MKEMU_KERNEL_LOG_TAIL_OFFSET);
MKEMU_AT(mkemu_log, lines, MKEMU_KERNEL_LOG_LINES_OFFSET);
MKEMU_AT(mkemu_log, records, MKEMU_KERNEL_LOG_RECORDS_OFFSET);
MKEMU_AT(mkemu_log_record, bytes, MKEMU_KERNEL_LOG_RECORD_BYTES_OFFSET);
MKEMU_AT(mkemu_log_record, level, MKEMU_KERNEL_LOG_RECORD_LEVEL_OFFSET);
MKEMU_AT(mkemu_log_record, cpu, MKEMU_KERNEL_LOG_RECORD_CPU_OFFSET);
MKEMU_AT(mkemu_log_record, nanos, MKEMU_KERNEL_LOG_RECORD_NANOS_OFFSET);
MKEMU_SIZE(mkemu_log_record, MKEMU_KERNEL_LOG_HEADER_LENGTH);
/* Generated: end. */
MKEMU_ASSERT(sizeof(((struct mkemu_page *)0)->grants) == MKEMU_PAGE_TABLE_SET_LENGTH, "mkemu_page.grants");
MKEMU_ASSERT(MKEMU_IPI_DATA_LENGTH == 272 && MKEMU_SINGLE_SLOT_SLOT_LENGTH == 272, "mkemu_ipi_data of the RFC");

#undef MKEMU_AT
#undef MKEMU_SIZE

static inline uint64_t mkemu_align(uint64_t bytes)
{
    return (bytes + MKEMU_PAGES_PAGE_SIZE - 1) & ~(uint64_t)(MKEMU_PAGES_PAGE_SIZE - 1);
}

/* Bytes of the trace ring of one CPU. */
static inline uint64_t mkemu_trace_ring_bytes(uint32_t nr_cpus)
{
    uint64_t slots = MKEMU_TRACE_RING_MAX_SLOTS;
    while (slots > MKEMU_TRACE_RING_MACHINE_SLOTS / nr_cpus)
        slots /= 2;
    return MKEMU_TRACE_RING_SLOTS_OFFSET + slots * MKEMU_TRACE_RECORD_LENGTH;
}

/* Page 0 is good if each address in it is the one that follows from the four numbers. */
static inline bool mkemu_header_is_good(const struct mkemu_ram_header *h, uint64_t file_size)
{
    uint64_t at = MKEMU_PAGES_PAGE_SIZE, granules = h->pool_size / MKEMU_PAGES_PAGE_SIZE;
    if (h->magic != MKEMU_RAM_HEADER_MAGIC || h->abi_version != MKEMU_RAM_HEADER_ABI_VERSION || h->nr_cpus < 1
        || h->nr_cpus > MKEMU_RAM_LAYOUT_MAX_CPUS || h->ipi_slots < MKEMU_RAM_LAYOUT_MIN_SLOTS
        || h->ipi_slots > MKEMU_RAM_LAYOUT_MAX_SLOTS || (h->ipi_slots & (h->ipi_slots - 1)) || h->ipi_mode > 1
        || !h->host_size || h->host_size >= MKEMU_RAM_LAYOUT_MAX_BYTES
        || h->pool_size >= MKEMU_RAM_LAYOUT_MAX_BYTES - h->host_size
        || (h->host_size | h->pool_size) % MKEMU_PAGES_PAGE_SIZE)
        return false;
    bool good = h->cpus_at == at;
    good &= h->instances_at == (at += mkemu_align((uint64_t)h->nr_cpus * MKEMU_LOCAL_APIC_LENGTH));
    good &= h->logs_at == (at += (uint64_t)MKEMU_INSTANCE_MAX_INSTANCES * MKEMU_INSTANCE_LENGTH);
    good &= h->traces_at == (at += (uint64_t)MKEMU_INSTANCE_MAX_INSTANCES * MKEMU_KERNEL_LOG_LENGTH);
    good &= h->pages_at == (at += mkemu_align(h->nr_cpus * mkemu_trace_ring_bytes(h->nr_cpus)));
    at += mkemu_align((h->host_size + h->pool_size) / MKEMU_PAGES_PAGE_SIZE * MKEMU_PAGE_TABLE_LENGTH);
    good &= h->pool_map_at == at;
    at += mkemu_align(MKEMU_BITMAP_POOL_HEADER_LENGTH + ((granules + !granules + 31) / 32 * 8 + 63) / 64 * 64);
    good &= h->host_at == at && h->pool_at == at + h->host_size;
    return good && h->ram_size == h->pool_at + h->pool_size && h->ram_size == file_size;
}

MKEMU_END

#endif
