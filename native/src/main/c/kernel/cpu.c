/* SPDX-License-Identifier: Apache-2.0 */
/* A CPU: interrupts, messages, the work of the core, idling; as io.mkemu.kernel.Cpu and CpuThread have it. */
#include "kernel.h"
#include "crash.h"

#include <stdlib.h>

enum { PARK_SECONDS = 10 };

static pthread_mutex_t up_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t up_changed = PTHREAD_COND_INITIALIZER;
static unsigned up, down;

static void unhandled(struct cpu *cpu, const struct mkemu_ipi_data *message)
{
    static struct rate_limit limit = {.source = "mkemu: no handler"};
    mkemu_unhandled(&cpu->at, message);
    if (plug_is_message(message->type))
        return; /* the boot CPU looks in each turn */
    if (klog_passes(&limit))
        klog(LOG_WARNING, "mkemu: no handler for IPI type 0x%x from CPU %d", message->type, message->sender_cpu);
}

static void damaged(struct mkemu_cpu *at, int sender_cpu)
{
    static struct rate_limit limit = {.source = "mkemu: damaged message"};
    if (klog_passes(&limit))
        klog(LOG_ERR, "mkemu: damaged message in the lane of CPU %d dropped%s", sender_cpu,
            mkemu_is_queued(at->peer) ? "; the lane is closed until this instance is executed again" : "");
}

/* A message: queued a copy, single-slot the live slot, at each interrupt. */
static void receive(struct mkemu_cpu *at, struct mkemu_ipi_data *message, void *context)
{
    struct cpu *cpu = context;
    (void)at;
    if (mkemu_is_queued(&kernel.peer)) {
        if (handlers_dispatch(kernel.handlers, cpu->logical, message->type, message) == 0)
            unhandled(cpu, message);
        return;
    }
    uint32_t coalesced;
    if (handlers_queue(kernel.handlers, cpu->logical, message->type, &coalesced) == 0)
        unhandled(cpu, message);
    while (coalesced--)
        mkemu_coalesced(&cpu->at, message);
    /* All of it before the next interrupt, as irq_work does under the lower vector. */
    handlers_run_queued(kernel.handlers, cpu->logical, message);
}

static bool has_work(void *context)
{
    const struct cpu *cpu = context;
    return mkemu_core_is_ready(kernel.core, cpu->logical);
}

/* What the boot CPU waits for has just come, and nothing else may come for a second. */
static bool has_awaited(const struct cpu *cpu)
{
    return cpu->logical == 0 && kernel.awaited && mkemu_core_module_result(kernel.awaited) != 1;
}

void cpu_step(struct cpu *cpu)
{
    bool interrupted = mkemu_turn(&cpu->at, receive, cpu) > 0;
    if (cpu->logical == 0)
        plug_look(cpu);
    int64_t wait = mkemu_core_run(kernel.core, cpu->logical);
    if (interrupted || wait <= 0 || has_awaited(cpu))
        return;
    mkemu_idle(&cpu->at, kernel.idle, wait, has_work, receive, cpu);
}

void cpu_reschedule(struct cpu *cpu)
{
    mkemu_raise_from_any(&kernel.peer, cpu->at.cpu, MKEMU_LOCAL_APIC_RESCHEDULE_VECTOR);
}

static void *run(void *context)
{
    struct cpu *cpu = context;
    char name[16];
    this_cpu = cpu;
    snprintf(name, sizeof name, "cpu%d", cpu->logical);
    pthread_setname_np(pthread_self(), name);
    int refused = crash_stack();
    if (!refused)
        refused = mkemu_cpu_online(&cpu->at);
    if (refused)
        fail(EXIT_CODE_RESOURCES, "CPU %d: %s; start this kernel where that one may be used (docker run "
            "--cpuset-cpus), or give it other CPUs", cpu->at.cpu, kernel.peer.error);
    pthread_mutex_lock(&up_lock);
    up++;
    pthread_cond_broadcast(&up_changed);
    pthread_mutex_unlock(&up_lock);
    if (cpu->logical == 0)
        boot_cpu();
    while (!__atomic_load_n(&kernel.parking, __ATOMIC_ACQUIRE))
        cpu_step(cpu);
    mkemu_cpu_offline(&cpu->at);
    pthread_mutex_lock(&up_lock);
    down++;
    pthread_cond_broadcast(&up_changed);
    pthread_mutex_unlock(&up_lock);
    return NULL;
}

void cpus_bring_up(void)
{
    void *memory;
    if (posix_memalign(&memory, 128, kernel.cpu_count * sizeof *kernel.cpus))
        fail(EXIT_CODE_RESOURCES, "no memory for %u CPUs", kernel.cpu_count);
    kernel.cpus = memset(memory, 0, kernel.cpu_count * sizeof *kernel.cpus);
    for (uint32_t index = 0; index < kernel.cpu_count; index++) {
        kernel.cpus[index].logical = (int)index;
        if (mkemu_cpu_open(&kernel.peer, &kernel.cpus[index].at, (int)index))
            fail(EXIT_CODE_MACHINE, "%s", kernel.peer.error);
        kernel.cpus[index].at.damaged = damaged;
    }
    mkemu_store(&kernel.peer.entry->boot_steps[MKEMU_INSTANCE_BOOT_STEP_MAPPED], mkemu_nanos());
    for (uint32_t index = 0; index < kernel.cpu_count; index++) {
        int refused = pthread_create(&kernel.cpus[index].thread, NULL, run, &kernel.cpus[index]);
        if (refused)
            fail(EXIT_CODE_RESOURCES, "no thread for CPU %d: %s", kernel.cpus[index].at.cpu, strerror(refused));
    }
    pthread_mutex_lock(&up_lock);
    while (up < kernel.cpu_count)
        pthread_cond_wait(&up_changed, &up_lock);
    pthread_mutex_unlock(&up_lock);
    plug_begin();
    mkemu_store(&kernel.peer.entry->boot_steps[MKEMU_INSTANCE_BOOT_STEP_PINNED], mkemu_nanos());
}

void cpus_park(void)
{
    struct timespec limit;
    __atomic_store_n(&kernel.parking, true, __ATOMIC_RELEASE);
    for (uint32_t index = 0; index < kernel.cpu_count; index++)
        cpu_reschedule(&kernel.cpus[index]);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += PARK_SECONDS;
    pthread_mutex_lock(&up_lock);
    /* One that hangs in a module does not park: the exit of the process ends it. */
    while (down < kernel.cpu_count && pthread_cond_timedwait(&up_changed, &up_lock, &limit) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&up_lock);
}
