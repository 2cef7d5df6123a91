/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu.h: the memory map of an mkemu machine, for programs in C and C++; docs/memory-map.md says what it means.
 * Little-endian x86-64 and aarch64, C99 or C++17 and later, GCC or Clang. The test MkemuHeaderTest writes the constants
 * from the classes of io.mkemu.abi and compares them, mkemu_layout.h holds its structs against them, mkemu_peer.h makes
 * a kernel of them. All names begin with mkemu_ or MKEMU_: those of the RFC, mk_ and MK_, are the includer's.
 */
#ifndef MKEMU_H
#define MKEMU_H

/* Generated from the classes of io.mkemu.abi by MkemuHeaderTest: begin. */
/* BitmapPoolDescriptor */
/* First eight bytes of a region that is ready: "MKPOOL" and layout version 1. */
#define MKEMU_BITMAP_POOL_MAGIC 0x14c4f4f504b4dull
/* u64: MAGIC, stored last. */
#define MKEMU_BITMAP_POOL_MAGIC_OFFSET 0
/* u32: log2 of the granule in bytes. */
#define MKEMU_BITMAP_POOL_ORDER_OFFSET 8
/* u64: number of granules. */
#define MKEMU_BITMAP_POOL_GRANULES_OFFSET 16
/* u64: physical address of granule 0. */
#define MKEMU_BITMAP_POOL_BASE_OFFSET 24
/* u64: bytes managed, always granules times granule. */
#define MKEMU_BITMAP_POOL_SIZE_OFFSET 32
/* Bytes before the first bitmap word. */
#define MKEMU_BITMAP_POOL_HEADER_LENGTH 64
/* Granules described by one 64-bit word. */
#define MKEMU_BITMAP_POOL_GRANULES_PER_WORD 32
/* log2 of GRANULES_PER_WORD. */
#define MKEMU_BITMAP_POOL_WORD_SHIFT 5
/* Least order: the page shift. */
#define MKEMU_BITMAP_POOL_MIN_ORDER 12
/* Greatest order: 1 GiB. */
#define MKEMU_BITMAP_POOL_MAX_ORDER 30
/* Most granules of one pool, 4 TiB of pages; their bitmaps take 256 MiB. */
#define MKEMU_BITMAP_POOL_MAX_GRANULES 1073741824

/* ConsoleDescriptor */
/* Where a console lies behind the begin of its instance's kernel log. */
#define MKEMU_CONSOLE_AT_OFFSET 32896
/* The life of the kernel that reads this console, 0 for none; stored last when it opens. */
#define MKEMU_CONSOLE_OPEN_LIFE_OFFSET 0
/* The session that the kernel knows of; stored behind SHOWN_FROM. */
#define MKEMU_CONSOLE_SEEN_OFFSET 8
/* The session that the kernel has ended; stored behind EXIT_CODE. */
#define MKEMU_CONSOLE_OVER_OFFSET 16
/* What the kernel ended that session with, 0..255. */
#define MKEMU_CONSOLE_EXIT_CODE_OFFSET 24
/* Of the client; a futex: bumped when the kernel has written to its part. */
#define MKEMU_CONSOLE_CLIENT_DOORBELL_OFFSET 28
/* What is typed is read up to here. */
#define MKEMU_CONSOLE_TYPED_READ_OFFSET 32
/* What is shown goes up to here. */
#define MKEMU_CONSOLE_SHOWN_PUT_OFFSET 40
/* Where what is shown to the session SEEN begins. */
#define MKEMU_CONSOLE_SHOWN_FROM_OFFSET 48
/* Number of the session: odd while a client is attached; each begin and end adds 1. */
#define MKEMU_CONSOLE_SESSION_OFFSET 128
/* The session in which no more will be typed. */
#define MKEMU_CONSOLE_ENDED_OFFSET 136
/* What the session is: the ordinal of ConsoleKind. */
#define MKEMU_CONSOLE_KIND_OFFSET 144
/* Process id of the client, as it sees it. */
#define MKEMU_CONSOLE_PID_OFFSET 148
/* Where what is typed in this session begins. */
#define MKEMU_CONSOLE_TYPED_FROM_OFFSET 152
/* What is typed goes up to here. */
#define MKEMU_CONSOLE_TYPED_PUT_OFFSET 160
/* What is shown is read up to here. */
#define MKEMU_CONSOLE_SHOWN_READ_OFFSET 168
/* Of the kernel; a futex: bumped when the client has written to its part. */
#define MKEMU_CONSOLE_KERNEL_DOORBELL_OFFSET 176
/* Ring of what is typed. */
#define MKEMU_CONSOLE_TYPED_OFFSET 256
/* Its bytes. */
#define MKEMU_CONSOLE_TYPED_LENGTH 1024
/* Ring of what is shown. */
#define MKEMU_CONSOLE_SHOWN_OFFSET 1280
/* Its bytes. */
#define MKEMU_CONSOLE_SHOWN_LENGTH 2048
/* Bytes of a console. */
#define MKEMU_CONSOLE_LENGTH 3328

/* InstanceDescriptor */
/* MK_MAX_INSTANCES. */
#define MKEMU_INSTANCE_MAX_INSTANCES 256
/* Bytes of an entry. */
#define MKEMU_INSTANCE_LENGTH 4096
/* Life and state in one word, so that one read tells both. */
#define MKEMU_INSTANCE_LIFE_OFFSET 0
/* Bits of the state in the life word. */
#define MKEMU_INSTANCE_STATE_BITS 8
/* Physical address of the IPI area; 0 while there is none. */
#define MKEMU_INSTANCE_IPI_AREA_OFFSET 8
/* Bytes of the IPI area. */
#define MKEMU_INSTANCE_IPI_AREA_SIZE_OFFSET 16
/* CPUs in the CPU set. */
#define MKEMU_INSTANCE_CPU_COUNT_OFFSET 24
/* Possible CPUs: so many it may have at once in this life, and a queued IPI area has as many blocks; 0: as many as are
   in the CPU set. */
#define MKEMU_INSTANCE_POSSIBLE_CPUS_OFFSET 28
/* Raised after each change of the CPU set: who has a copy of the set reads this one first, and compares. */
#define MKEMU_INSTANCE_CPU_GENERATION_OFFSET 32
/* Name. */
#define MKEMU_INSTANCE_NAME_OFFSET 128
/* Bytes of the name, the closing NUL too. */
#define MKEMU_INSTANCE_NAME_LENGTH 64
/* CPU set. */
#define MKEMU_INSTANCE_CPU_SET_OFFSET 192
/* 64-bit words of the CPU set. */
#define MKEMU_INSTANCE_CPU_SET_WORDS 16
/* Regions of the instance pool. */
#define MKEMU_INSTANCE_REGIONS_OFFSET 320
/* Most regions. */
#define MKEMU_INSTANCE_MAX_REGIONS 8
/* Bytes of a region: address and size. */
#define MKEMU_INSTANCE_REGION_LENGTH 16
/* What the host asks; a futex, woken whenever it changes. Written by the host only. */
#define MKEMU_INSTANCE_REQUESTED_OFFSET 448
/* Nothing: there is no life to ask anything of, and none may begin. */
#define MKEMU_INSTANCE_REQUEST_NONE 0
/* The host asks the kernel to shut down: modules exit, CPUs park, the process ends. */
#define MKEMU_INSTANCE_REQUEST_SHUTDOWN 1
/* Force halt: the process ends at once. Stays up until the host has seen that all CPUs are parked. */
#define MKEMU_INSTANCE_REQUEST_HALT 2
/* The instance is executed: a process may take its life, and runs as long as this stands. */
#define MKEMU_INSTANCE_REQUEST_RUN 3
/* What the instance's process will exit with. */
#define MKEMU_INSTANCE_EXIT_CODE_OFFSET 452
/* Process id as the instance itself sees it. */
#define MKEMU_INSTANCE_PID_OFFSET 456
/* Times of the boot steps. */
#define MKEMU_INSTANCE_BOOT_STEPS_OFFSET 464
/* Tasks that modules started. */
#define MKEMU_INSTANCE_TASKS_STARTED_OFFSET 512
/* Tasks that ended, failed ones too. */
#define MKEMU_INSTANCE_TASKS_ENDED_OFFSET 516
/* Tasks that ended by an exception, and modules whose init threw. */
#define MKEMU_INSTANCE_TASKS_FAILED_OFFSET 520
/* The request about CPUs and memory: a ResourceDescriptor. */
#define MKEMU_INSTANCE_RESOURCE_OFFSET 576
/* Why the instance failed. */
#define MKEMU_INSTANCE_REASON_OFFSET 1024
/* Bytes of the reason, the closing NUL too. */
#define MKEMU_INSTANCE_REASON_LENGTH 512
/* Names that modules gave to types: records, not aligned, one behind the other; a length of 0 ends them. */
#define MKEMU_INSTANCE_TYPE_NAMES_OFFSET 1536
/* Bytes of all of them. */
#define MKEMU_INSTANCE_TYPE_NAMES_LENGTH 512
/* In a record of a type's name, behind the type: bytes of the name, u8; stored last. */
#define MKEMU_INSTANCE_TYPE_NAME_LENGTH_OFFSET 4
/* In a record of a type's name: the name. */
#define MKEMU_INSTANCE_TYPE_NAME_BYTES_OFFSET 5
/* Boot parameters. */
#define MKEMU_INSTANCE_CMDLINE_OFFSET 2048
/* Bytes of the boot parameters, the closing NUL too. */
#define MKEMU_INSTANCE_CMDLINE_LENGTH 2048
/* The host asked for the process. */
#define MKEMU_INSTANCE_BOOT_STEP_EXEC 0
/* The process has been made; stays 0 where somebody else makes it. */
#define MKEMU_INSTANCE_BOOT_STEP_FORKED 1
/* The JVM runs main. */
#define MKEMU_INSTANCE_BOOT_STEP_JVM 2
/* Header checked, tables and pool mapped. */
#define MKEMU_INSTANCE_BOOT_STEP_MAPPED 3
/* CPUs pinned and looping. */
#define MKEMU_INSTANCE_BOOT_STEP_PINNED 4
/* Modules initialised: active. */
#define MKEMU_INSTANCE_BOOT_STEP_ACTIVE 5

/* InstanceListDescriptor */
/* Instance id; u8. */
#define MKEMU_INSTANCE_LIST_ID_OFFSET 0
/* Ordinal of InstanceState; u8. */
#define MKEMU_INSTANCE_LIST_STATE_OFFSET 1
/* Bytes of the name; u16. */
#define MKEMU_INSTANCE_LIST_NAME_BYTES_OFFSET 2
/* Number of its CPUs; u32. */
#define MKEMU_INSTANCE_LIST_CPUS_OFFSET 4
/* Number of its life; u64. */
#define MKEMU_INSTANCE_LIST_LIFE_OFFSET 8
/* The name; its CPUs follow it, not aligned. */
#define MKEMU_INSTANCE_LIST_NAME_OFFSET 16
/* Bytes of a CPU id. */
#define MKEMU_INSTANCE_LIST_CPU_LENGTH 2

/* KernelLogDescriptor */
/* Oldest position that is still whole. */
#define MKEMU_KERNEL_LOG_HEAD_OFFSET 0
/* One past the newest record. */
#define MKEMU_KERNEL_LOG_TAIL_OFFSET 8
/* Lines ever written. */
#define MKEMU_KERNEL_LOG_LINES_OFFSET 16
/* First byte of the ring. */
#define MKEMU_KERNEL_LOG_RECORDS_OFFSET 64
/* Bytes of the ring. */
#define MKEMU_KERNEL_LOG_RECORDS_LENGTH 32768
/* Bytes of a log, rounded up to whole pages. */
#define MKEMU_KERNEL_LOG_LENGTH 36864
/* Bytes of a record, header included, before alignment; a value below HEADER_LENGTH fills to the end. */
#define MKEMU_KERNEL_LOG_RECORD_BYTES_OFFSET 0
/* 0 emergency .. 7 debug, as printk has them. */
#define MKEMU_KERNEL_LOG_RECORD_LEVEL_OFFSET 4
/* Physical CPU that spoke, 0xffff for none. */
#define MKEMU_KERNEL_LOG_RECORD_CPU_OFFSET 6
/* CLOCK_MONOTONIC, ns. */
#define MKEMU_KERNEL_LOG_RECORD_NANOS_OFFSET 8
/* Text begins here. */
#define MKEMU_KERNEL_LOG_HEADER_LENGTH 16
/* Longest text; what is longer is cut, as printk does. */
#define MKEMU_KERNEL_LOG_MAX_TEXT 1000
/* Records begin on multiples of this. */
#define MKEMU_KERNEL_LOG_ALIGNMENT 8

/* LocalApicDescriptor */
/* Interrupt requests, bit n = vector n; senders set, the CPU takes. */
#define MKEMU_LOCAL_APIC_PENDING_OFFSET 0
/* Rung by adding 1; a halted CPU sleeps in FUTEX_WAIT on it. */
#define MKEMU_LOCAL_APIC_DOORBELL_OFFSET 8
/* State in the low 16 bits, then three hot lanes. */
#define MKEMU_LOCAL_APIC_IDLE_OFFSET 128
/* Hot lanes in the idle word. */
#define MKEMU_LOCAL_APIC_HOT_LANES 3
/* No thread runs this CPU. */
#define MKEMU_LOCAL_APIC_STATE_OFFLINE 0
/* The CPU executes, or polls: it looks at its hot lanes again before it halts. */
#define MKEMU_LOCAL_APIC_STATE_RUNNING 1
/* The CPU sleeps, or is about to: who sends must wake it. */
#define MKEMU_LOCAL_APIC_STATE_HALTED 2
/* Host CPU that the CPU's thread is pinned to; -1 when, against the host's plan, it is pinned to none. */
#define MKEMU_LOCAL_APIC_HOST_CPU_OFFSET 256
/* 1 while another CPU that runs has the same host CPU: this one must not poll. */
#define MKEMU_LOCAL_APIC_SHARED_CORE_OFFSET 260
/* The instance that owns the CPU, -1 for none. */
#define MKEMU_LOCAL_APIC_INSTANCE_OFFSET 264
/* The number Linux would give the CPU; differs from the physical id where the tree has apic-ids. */
#define MKEMU_LOCAL_APIC_CPU_NUMBER_OFFSET 268
/* 1 while this CPU is to be told of changes: whoever changes a life or a state raises INSTANCE_VECTOR. */
#define MKEMU_LOCAL_APIC_WATCHES_OFFSET 272
/* Its number in its instance, 0 for the boot CPU; its block in a queued IPI area. It stays while it is there. */
#define MKEMU_LOCAL_APIC_LOGICAL_CPU_OFFSET 276
/* Messages that other CPUs of this life had consumed in its block before it was added; 0 as a rule. */
#define MKEMU_LOCAL_APIC_CONSUMED_BEFORE_OFFSET 280
/* First counter. */
#define MKEMU_LOCAL_APIC_COUNTERS_OFFSET 320
/* Which instances' IPI areas this CPU uses; who takes an area away waits for the bit to go. */
#define MKEMU_LOCAL_APIC_TARGETS_OFFSET 448
/* 256 bits, one per instance id. */
#define MKEMU_LOCAL_APIC_TARGETS_LENGTH 32
/* Since when the CPU runs in this life, CLOCK_MONOTONIC in ns; 0 while no thread runs it. */
#define MKEMU_LOCAL_APIC_ONLINE_SINCE_OFFSET 480
/* How long it has slept in this life, ns, without the sleep that lasts. */
#define MKEMU_LOCAL_APIC_HALTED_NANOS_OFFSET 488
/* Since when it sleeps, CLOCK_MONOTONIC in ns; 0 while it does not. */
#define MKEMU_LOCAL_APIC_HALTED_SINCE_OFFSET 496
/* How long it has looked in vain for work in this life, ns; the first looks need not be counted. */
#define MKEMU_LOCAL_APIC_POLLED_NANOS_OFFSET 504
/* Bytes of a local APIC. */
#define MKEMU_LOCAL_APIC_LENGTH 512
/* The IPI that says: look into your mailbox. MULTIKERNEL_VECTOR of the RFC. */
#define MKEMU_LOCAL_APIC_MULTIKERNEL_VECTOR 0
/* Look at the host's request for this instance. */
#define MKEMU_LOCAL_APIC_REQUEST_VECTOR 1
/* Come round: work was given to this CPU by another thread, or an IPI area it uses is taken away. */
#define MKEMU_LOCAL_APIC_RESCHEDULE_VECTOR 2
/* Look at the instance table: a life or a state has changed. Only for CPUs that watch. */
#define MKEMU_LOCAL_APIC_INSTANCE_VECTOR 3
/* Messages this CPU published. */
#define MKEMU_LOCAL_APIC_COUNTER_SENT 0
/* Sends refused because the lane was full. */
#define MKEMU_LOCAL_APIC_COUNTER_FULL 1
/* Doorbells this CPU rang. */
#define MKEMU_LOCAL_APIC_COUNTER_RUNG 2
/* Doorbells it left out, the target polled or had been rung already: SENT - RUNG. Its word stays 0. */
#define MKEMU_LOCAL_APIC_COUNTER_ELIDED 3
/* FUTEX_WAKE calls it made. */
#define MKEMU_LOCAL_APIC_COUNTER_WOKEN 4
/* Interrupts taken, of any vector. */
#define MKEMU_LOCAL_APIC_COUNTER_INTERRUPTS 5
/* Multikernel interrupts that found nothing. */
#define MKEMU_LOCAL_APIC_COUNTER_SPURIOUS 6
/* Messages taken out of the mailbox. */
#define MKEMU_LOCAL_APIC_COUNTER_RECEIVED 7
/* Callbacks run. */
#define MKEMU_LOCAL_APIC_COUNTER_CALLBACKS 8
/* Callbacks that threw. */
#define MKEMU_LOCAL_APIC_COUNTER_FAULTS 9
/* Messages no handler was registered for. */
#define MKEMU_LOCAL_APIC_COUNTER_UNHANDLED 10
/* Words in shared memory that could not be true. */
#define MKEMU_LOCAL_APIC_COUNTER_ANOMALIES 11
/* Times it halted. */
#define MKEMU_LOCAL_APIC_COUNTER_HALTS 12

/* MkIpiDataDescriptor */
/* Physical CPU id of the sender. */
#define MKEMU_IPI_DATA_SENDER_CPU_OFFSET 0
/* User-defined type. */
#define MKEMU_IPI_DATA_TYPE_OFFSET 4
/* Bytes of the buffer that are meant. */
#define MKEMU_IPI_DATA_DATA_SIZE_OFFSET 8
/* Payload. */
#define MKEMU_IPI_DATA_BUFFER_OFFSET 16
/* MK_MAX_DATA_SIZE: bytes of payload at the most. */
#define MKEMU_IPI_DATA_MAX_DATA_SIZE 256
/* Bytes of the struct. */
#define MKEMU_IPI_DATA_LENGTH 272
/* MK_PFN_IPI_TYPE: the payload is a page frame number, u64. */
#define MKEMU_IPI_DATA_PFN_IPI_TYPE 0x80000001u
/* Bytes of a PFN message. */
#define MKEMU_IPI_DATA_PFN_SIZE 8
/* MK_PAGES_IPI_TYPE, not in the RFC: the payload is a range of pages. */
#define MKEMU_IPI_DATA_PAGES_IPI_TYPE 0x80000002u
/* Of such a payload: PFN of the first page, u64. */
#define MKEMU_IPI_DATA_PAGES_PFN_OFFSET 0
/* How many pages, one behind the other; u64. */
#define MKEMU_IPI_DATA_PAGES_COUNT_OFFSET 8
/* What the sender says with them; u64. */
#define MKEMU_IPI_DATA_PAGES_TAG_OFFSET 16
/* Bytes of such a payload. */
#define MKEMU_IPI_DATA_PAGES_SIZE 24

/* PageTableDescriptor */
/* 256 bits, one per instance id: may map. */
#define MKEMU_PAGE_TABLE_GRANTS_OFFSET 0
/* 256 bits, one per instance id: has the page mapped, or is about to. */
#define MKEMU_PAGE_TABLE_MAPPED_OFFSET 32
/* Bytes of each of the two sets. */
#define MKEMU_PAGE_TABLE_SET_LENGTH 32
/* Bytes of an entry. */
#define MKEMU_PAGE_TABLE_LENGTH 64

/* QueuedMailboxDescriptor */
/* Says that this is a queued IPI area. */
#define MKEMU_QUEUED_MAILBOX_MAGIC_OFFSET 0
/* MAGIC_OFFSET's value: "MKQUEUED" read as a little-endian word. */
#define MKEMU_QUEUED_MAILBOX_MAGIC 0x4445554555514b4dull
/* Lanes per block. */
#define MKEMU_QUEUED_MAILBOX_NR_CPUS_OFFSET 8
/* Slots per lane. */
#define MKEMU_QUEUED_MAILBOX_SLOTS_OFFSET 12
/* Blocks: as many as the instance has possible CPUs. */
#define MKEMU_QUEUED_MAILBOX_CPUS_OFFSET 16
/* First block. */
#define MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET 128
/* Bitmap of lanes that were rung, in a block. */
#define MKEMU_QUEUED_MAILBOX_RUNG_OFFSET 0
/* First lane, in a block. */
#define MKEMU_QUEUED_MAILBOX_LANES_OFFSET 128
/* How far the receiver is, in a lane. */
#define MKEMU_QUEUED_MAILBOX_HEAD_OFFSET 0
/* Low bits of head: where the next record begins, in units of 8 bytes; above them the messages consumed. */
#define MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS 20
/* Who has sent by a lane, the last four lives, in a lane. */
#define MKEMU_QUEUED_MAILBOX_LIVES_OFFSET 64
/* So many lives. */
#define MKEMU_QUEUED_MAILBOX_LIVES 4
/* Bytes of one of them. */
#define MKEMU_QUEUED_MAILBOX_LIVES_LENGTH 16
/* Who, in one of the lives; 0: nobody. */
#define MKEMU_QUEUED_MAILBOX_LIVES_WHO_OFFSET 0
/* Low bits of who: the instance; above them its life. */
#define MKEMU_QUEUED_MAILBOX_LIVES_INSTANCE_BITS 8
/* Number of its first message, in one of the lives. */
#define MKEMU_QUEUED_MAILBOX_LIVES_FIRST_OFFSET 8
/* First record, in a lane. */
#define MKEMU_QUEUED_MAILBOX_RECORDS_OFFSET 128
/* One word for what a message is and that it is whole, in a record; its low 32 bits are the type. */
#define MKEMU_QUEUED_MAILBOX_READY_OFFSET 0
/* Bytes of payload in a ready word, from this bit on. */
#define MKEMU_QUEUED_MAILBOX_READY_SIZE_SHIFT 32
/* So many bits. */
#define MKEMU_QUEUED_MAILBOX_READY_SIZE_BITS 9
/* The size that says: the record is not here, but where the low 32 bits say, in bytes from the first. */
#define MKEMU_QUEUED_MAILBOX_READY_JUMP 511
/* Low bits of the message's number in a ready word, from this bit on; bit 63 is always 1. */
#define MKEMU_QUEUED_MAILBOX_READY_NUMBER_SHIFT 41
/* So many bits. */
#define MKEMU_QUEUED_MAILBOX_READY_NUMBER_BITS 22
/* The payload, in a record. */
#define MKEMU_QUEUED_MAILBOX_PAYLOAD_OFFSET 8
/* Bytes of a record with the largest payload. */
#define MKEMU_QUEUED_MAILBOX_MAX_RECORD_LENGTH 264
/* Records that a lane has room for beyond its slots: the gaps in front of two jumps, and the jumps. */
#define MKEMU_QUEUED_MAILBOX_SPARE_RECORDS 3
/* Fewest slots of a lane in which a sender may jump before the end; shorter ones have one record to spare. */
#define MKEMU_QUEUED_MAILBOX_EARLY_JUMP_SLOTS 8

/* RamHeaderDescriptor */
/* Says that this file is the RAM of an mkemu machine. */
#define MKEMU_RAM_HEADER_MAGIC_OFFSET 0
/* MAGIC_OFFSET's value: "MKEMURAM" read as a little-endian word. */
#define MKEMU_RAM_HEADER_MAGIC 0x4d4152554d454b4dull
/* Stored last. */
#define MKEMU_RAM_HEADER_ABI_VERSION_OFFSET 8
/* Changes whenever anything of the memory map does. */
#define MKEMU_RAM_HEADER_ABI_VERSION 9
/* The mailbox of all instances: 0 queued, 1 single-slot. */
#define MKEMU_RAM_HEADER_IPI_MODE_OFFSET 12
/* Size of the RAM file. */
#define MKEMU_RAM_HEADER_RAM_SIZE_OFFSET 16
/* Tells this machine from a former one of the same name; positive. */
#define MKEMU_RAM_HEADER_EPOCH_OFFSET 24
/* CLOCK_MONOTONIC at creation, in ns: time 0 of every kernel log. */
#define MKEMU_RAM_HEADER_CREATED_NANOS_OFFSET 32
/* Physical CPU ids are below this number: NR_CPUS of the machine. */
#define MKEMU_RAM_HEADER_NR_CPUS_OFFSET 40
/* Messages that one lane of a queued mailbox holds. */
#define MKEMU_RAM_HEADER_IPI_SLOTS_OFFSET 44
/* Local APICs. */
#define MKEMU_RAM_HEADER_CPUS_AT_OFFSET 48
/* Instance table. */
#define MKEMU_RAM_HEADER_INSTANCES_AT_OFFSET 56
/* Kernel log rings. */
#define MKEMU_RAM_HEADER_LOGS_AT_OFFSET 64
/* Page table: who may map which page, and who has it mapped. */
#define MKEMU_RAM_HEADER_PAGES_AT_OFFSET 72
/* Bitmaps of the multikernel pool. */
#define MKEMU_RAM_HEADER_POOL_MAP_AT_OFFSET 80
/* The host kernel's own memory. */
#define MKEMU_RAM_HEADER_HOST_AT_OFFSET 88
/* Its size. */
#define MKEMU_RAM_HEADER_HOST_SIZE_OFFSET 96
/* The multikernel pool. */
#define MKEMU_RAM_HEADER_POOL_AT_OFFSET 104
/* Its size. */
#define MKEMU_RAM_HEADER_POOL_SIZE_OFFSET 112
/* Trace rings. */
#define MKEMU_RAM_HEADER_TRACES_AT_OFFSET 120
/* A futex that instances bump when the host should look: a state changed, a line was logged. */
#define MKEMU_RAM_HEADER_EVENT_OFFSET 128
/* Name of the machine. */
#define MKEMU_RAM_HEADER_NAME_OFFSET 192
/* Bytes of the name, the closing NUL too. */
#define MKEMU_RAM_HEADER_NAME_LENGTH 64
/* What the CPUs record: the ordinal of TraceMode. Written by the host. */
#define MKEMU_RAM_HEADER_TRACE_MODE_OFFSET 256
/* A futex that a CPU bumps when it has filled a part of its trace ring. */
#define MKEMU_RAM_HEADER_TRACE_DOORBELL_OFFSET 320

/* ResourceDescriptor */
/* The number of the request, times 256, plus its state. */
#define MKEMU_RESOURCE_DECISION_OFFSET 0
/* Bits of the state in the decision. */
#define MKEMU_RESOURCE_STATE_BITS 8
/* Nothing was asked in this life. */
#define MKEMU_RESOURCE_STATE_NONE 0
/* The host has asked; the kernel has not begun. */
#define MKEMU_RESOURCE_STATE_ASKED 1
/* The kernel is at it. */
#define MKEMU_RESOURCE_STATE_TAKEN 2
/* The kernel has done it. */
#define MKEMU_RESOURCE_STATE_DONE 3
/* The kernel has not done it: result and text say why. */
#define MKEMU_RESOURCE_STATE_REFUSED 4
/* The host waits no longer, and the kernel may be at it still: what it is about is nobody else's yet. */
#define MKEMU_RESOURCE_STATE_GIVEN_UP 5
/* It was not done, and the kernel has nothing to do with it any more. */
#define MKEMU_RESOURCE_STATE_LET_GO 6
/* What is asked for. */
#define MKEMU_RESOURCE_OPERATION_OFFSET 8
/* A CPU comes: first its physical id. */
#define MKEMU_RESOURCE_CPU_ADD 1
/* A CPU goes: first its physical id. */
#define MKEMU_RESOURCE_CPU_REMOVE 2
/* A region comes, with an empty bitmap in its head: first its address, second its bytes. */
#define MKEMU_RESOURCE_MEMORY_ADD 3
/* A region goes: as MEMORY_ADD. */
#define MKEMU_RESOURCE_MEMORY_REMOVE 4
/* Whether the operation in ABOUT would be done with these arguments; nothing is changed. */
#define MKEMU_RESOURCE_QUERY 5
/* Of a query: the operation that it is about. */
#define MKEMU_RESOURCE_ABOUT_OFFSET 12
/* First argument. */
#define MKEMU_RESOURCE_FIRST_OFFSET 16
/* Second argument. */
#define MKEMU_RESOURCE_SECOND_OFFSET 24
/* What came of it, before the state says so: 0 or a negative errno. */
#define MKEMU_RESOURCE_RESULT_OFFSET 32
/* Bit n: this life's kernel knows operation n; 0 until it has booted, and of a kernel that knows none. */
#define MKEMU_RESOURCE_SUPPORTED_OFFSET 36
/* Why it was refused, for people: a module's name, what holds the memory. */
#define MKEMU_RESOURCE_TEXT_OFFSET 64
/* Bytes of the text, the closing NUL too. */
#define MKEMU_RESOURCE_TEXT_LENGTH 128
/* Bytes of all of it. */
#define MKEMU_RESOURCE_LENGTH 192
/* A kernel has so long for an answer, ms. */
#define MKEMU_RESOURCE_ANSWER_MILLIS 10000

/* SingleSlotDescriptor */
/* Bytes of a slot: sizeof(struct mk_ipi_data). */
#define MKEMU_SINGLE_SLOT_SLOT_LENGTH 272

/* TraceRecordDescriptor */
/* CLOCK_MONOTONIC, ns. */
#define MKEMU_TRACE_RECORD_TIME_OFFSET 0
/* The message, see io.mkemu.trace.MessageId, or what the event says; u64. */
#define MKEMU_TRACE_RECORD_ID_OFFSET 8
/* Type of the message; u32. */
#define MKEMU_TRACE_RECORD_TYPE_OFFSET 16
/* Bytes of the message, or of the payload; u16. */
#define MKEMU_TRACE_RECORD_SIZE_OFFSET 20
/* Ordinal of TraceEvent; u8. */
#define MKEMU_TRACE_RECORD_EVENT_OFFSET 22
/* Flags; u8. */
#define MKEMU_TRACE_RECORD_FLAGS_OFFSET 23
/* What the event says; u32. */
#define MKEMU_TRACE_RECORD_ARG0_OFFSET 24
/* What the event says; u32. */
#define MKEMU_TRACE_RECORD_ARG1_OFFSET 28
/* Bytes of a record without payload, and of a slot. */
#define MKEMU_TRACE_RECORD_LENGTH 32
/* Longest payload, as size can tell it. */
#define MKEMU_TRACE_RECORD_MAX_PAYLOAD 65535
/* SEND: the doorbell was rung. */
#define MKEMU_TRACE_RECORD_RUNG 1
/* SEND: the doorbell was left out. */
#define MKEMU_TRACE_RECORD_ELIDED 2
/* SEND: the target slept and was woken. */
#define MKEMU_TRACE_RECORD_WOKEN 4
/* CALLBACK: the first one of its message. */
#define MKEMU_TRACE_RECORD_FIRST 1
/* CALLBACK: it threw. */
#define MKEMU_TRACE_RECORD_FAULT 2
/* CALLBACK, journal only: it had begun and had not ended when its kernel's life ended. */
#define MKEMU_TRACE_RECORD_UNFINISHED 4
/* Payload follows. */
#define MKEMU_TRACE_RECORD_PAYLOAD 128

/* TraceRingDescriptor */
/* One past the newest record, in slots; u64. */
#define MKEMU_TRACE_RING_TAIL_OFFSET 0
/* SEND records that found no room, since the machine was made; u64. */
#define MKEMU_TRACE_RING_LOST_SENDS_OFFSET 8
/* First CALLBACK and UNHANDLED records that found no room; u64. */
#define MKEMU_TRACE_RING_LOST_DELIVERIES_OFFSET 16
/* Other records that found no room; u64. */
#define MKEMU_TRACE_RING_LOST_OTHERS_OFFSET 24
/* The message whose callback runs; u64. */
#define MKEMU_TRACE_RING_RUNNING_ID_OFFSET 32
/* When that began, CLOCK_MONOTONIC in ns; 0 while none runs. Written last; u64. */
#define MKEMU_TRACE_RING_RUNNING_TIME_OFFSET 40
/* Its type; u32. */
#define MKEMU_TRACE_RING_RUNNING_TYPE_OFFSET 48
/* Its bytes; u32. */
#define MKEMU_TRACE_RING_RUNNING_SIZE_OFFSET 52
/* Next slot the host reads; u64. */
#define MKEMU_TRACE_RING_HEAD_OFFSET 128
/* First slot. */
#define MKEMU_TRACE_RING_SLOTS_OFFSET 256
/* Most slots of a ring: 2 MiB. */
#define MKEMU_TRACE_RING_MAX_SLOTS 65536
/* All rings of a machine together have at most so many slots: 16 MiB. */
#define MKEMU_TRACE_RING_MACHINE_SLOTS 524288
/* The producer wakes the host each time it has filled this part of its ring. */
#define MKEMU_TRACE_RING_WAKES_PER_RING 4

/* Pages */
/* log2 of the page size. */
#define MKEMU_PAGES_PAGE_SHIFT 12
/* Bytes of a page. */
#define MKEMU_PAGES_PAGE_SIZE 4096

/* RamLayout */
/* NR_CPUS at the most. */
#define MKEMU_RAM_LAYOUT_MAX_CPUS 1024
/* The host's memory and the pool together have fewer bytes: a page table of so much still fits one window. */
#define MKEMU_RAM_LAYOUT_MAX_BYTES 0x1fc0000000ull
/* Fewest messages of a lane. */
#define MKEMU_RAM_LAYOUT_MIN_SLOTS 2
/* Most messages of a lane. */
#define MKEMU_RAM_LAYOUT_MAX_SLOTS 16384

/* InstanceState */
/* No such instance. */
#define MKEMU_INSTANCE_STATE_EMPTY 0
/* CPUs and memory are reserved. */
#define MKEMU_INSTANCE_STATE_READY 1
/* Modules and boot parameters are set. */
#define MKEMU_INSTANCE_STATE_LOADED 2
/* Its kernel runs and can receive. */
#define MKEMU_INSTANCE_STATE_ACTIVE 3
/* Its kernel ended, or never came up; the reason is in the instance table. */
#define MKEMU_INSTANCE_STATE_FAILED 4

/* IpiMode */
/* mkemu's own: nothing is lost, torn or repeated. The default. */
#define MKEMU_IPI_MODE_QUEUED 0
/* The RFC, byte for byte and hazard for hazard. */
#define MKEMU_IPI_MODE_SINGLE_SLOT 1

/* LogLevel */
/* The kernel cannot go on. */
#define MKEMU_LOG_LEVEL_EMERG 0
/* Somebody must act now. */
#define MKEMU_LOG_LEVEL_ALERT 1
/* A part has failed. */
#define MKEMU_LOG_LEVEL_CRIT 2
/* An error. */
#define MKEMU_LOG_LEVEL_ERR 3
/* Something to look at. */
#define MKEMU_LOG_LEVEL_WARNING 4
/* Normal, and worth a line. */
#define MKEMU_LOG_LEVEL_NOTICE 5
/* What goes on. */
#define MKEMU_LOG_LEVEL_INFO 6
/* For the search for a fault. */
#define MKEMU_LOG_LEVEL_DEBUG 7

/* TraceMode */
/* Nothing. */
#define MKEMU_TRACE_MODE_OFF 0
/* States, boot steps, log lines, faults. */
#define MKEMU_TRACE_MODE_LIFECYCLE 1
/* Also sends, doorbells, interrupts, callbacks, sleeps, shared pages, pool allocations. */
#define MKEMU_TRACE_MODE_IPI 2
/* Also payloads, task steps and what the kernel answered its modules: all that a replay needs. */
#define MKEMU_TRACE_MODE_ALL 3

/* TraceEvent */
/* No event: a record that says this is damaged. */
#define MKEMU_TRACE_EVENT_NONE 0
/* A message was published: id, type, size; arg0 the target instance; flags RUNG, WOKEN or ELIDED. Stamped once the
   message can be seen, and before the target is rung. */
#define MKEMU_TRACE_EVENT_SEND 1
/* A send found its lane full: as REFUSED. */
#define MKEMU_TRACE_EVENT_FULL 2
/* A send was refused: type, size, at most 65535; arg0 the target instance, arg1 the errno, positive. With trace=all the
   payload, if it was one that can be sent. */
#define MKEMU_TRACE_EVENT_REFUSED 3
/* Vectors were taken: id is their mask. */
#define MKEMU_TRACE_EVENT_INTERRUPT 4
/* A callback ran: time is its begin; id, type, size of its message; arg0 ns it took, arg1 ns from the interrupt to its
   begin, both at most 2^32-1; flag FIRST on the first of a message, FAULT if it threw. With trace=all the first carries
   the payload as it was delivered. */
#define MKEMU_TRACE_EVENT_CALLBACK 5
/* A message was delivered that no handler is registered for: id, type, size; arg1 as with CALLBACK. */
#define MKEMU_TRACE_EVENT_UNHANDLED 6
/* Single-slot: a handler's work was pending already, so this interrupt has no callback of its own. type. */
#define MKEMU_TRACE_EVENT_COALESCED 7
/* A message that could not be true was dropped: arg0 the sender's CPU, as its lane has it. */
#define MKEMU_TRACE_EVENT_ANOMALY 8
/* The CPU slept in its futex: time is the begin; id the ns slept. */
#define MKEMU_TRACE_EVENT_HALT 9
/* The kernel itself, a task or a callback threw. */
#define MKEMU_TRACE_EVENT_FAULT 10
/* mk_send_pfn, or pages one behind the other: id the PFN of the first, type how many, 0 for one; arg0 the target
   instance, arg1 the errno, positive, or 0. */
#define MKEMU_TRACE_EVENT_PFN_SHARE 11
/* Shares were taken back: as PFN_SHARE. */
#define MKEMU_TRACE_EVENT_PFN_REVOKE 12
/* mk_receive_map_page: id and type as PFN_SHARE, arg0 1 if mapped. What is in the pages CALL records tell. */
#define MKEMU_TRACE_EVENT_PFN_MAP 13
/* mk_receive_unmap_page: id and type as PFN_SHARE. */
#define MKEMU_TRACE_EVENT_PFN_UNMAP 14
/* multikernel_instance_alloc: id the address, 0 if the pool was full; arg0 pages. */
#define MKEMU_TRACE_EVENT_POOL_ALLOC 15
/* multikernel_instance_free: id the address; arg0 pages, arg1 the errno, positive, or 0. */
#define MKEMU_TRACE_EVENT_POOL_FREE 16
/* A task was stepped: id its number in the order of starting on its CPU, from 0; type 1 if it ended with that; arg0 the
   ns it took; flag FAULT if it failed. As with CALLBACK, time is its begin, and what it did comes before it. */
#define MKEMU_TRACE_EVENT_TASK 17
/* A module ran without a message and outside of its tasks: as TASK; type says why, see WorkKind. */
#define MKEMU_TRACE_EVENT_WORK 18
/* The kernel answered a module, in the callback, step or work that ends next: type the KernelCall. */
#define MKEMU_TRACE_EVENT_CALL 19
/* An instance's state: arg0 the new, arg1 the old, ordinals of InstanceState; payload the reason, UTF-8. */
#define MKEMU_TRACE_EVENT_STATE 20
/* A boot step was reached: arg0 the ordinal of BootStep. */
#define MKEMU_TRACE_EVENT_BOOT 21
/* A line of a kernel log: type the level, arg0 the physical CPU + 1 or 0; payload the text, UTF-8. */
#define MKEMU_TRACE_EVENT_LOG 22
/* Records were dropped because a ring was full, or lines because a log was: arg0 sends, arg1 first callbacks and
   unhandled messages, id all others. */
#define MKEMU_TRACE_EVENT_GAP 23
/* A life begins: payload what it runs, as the journal's docs say. */
#define MKEMU_TRACE_EVENT_LIFE 24
/* The trace mode changed: arg0 the new, arg1 the old. */
#define MKEMU_TRACE_EVENT_MODE 25
/* A recording begins: payload the machine, as the journal's docs say. */
#define MKEMU_TRACE_EVENT_MACHINE 26
/* A recording ends in order. */
#define MKEMU_TRACE_EVENT_END 27
/* A module has named a type of messages: type it; payload the name, ASCII. */
#define MKEMU_TRACE_EVENT_TYPE_NAME 28
/* Generated: end. */

#include "mkemu_layout.h"

#endif
