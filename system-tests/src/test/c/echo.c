/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel in C with as many CPUs as its instance has, a thread each: echo DIRECTORY ID COMMAND-LINE. What a CPU is sent
 * it sends back to the CPU it came from. With echo.partner=ID its first CPU sends echo.trips=N messages of 64 bytes to
 * each CPU of that instance, one at a time, checks what comes back, and says how long a round trip took.
 */
#include "mkemu_pages.h"

enum { PING = 0x70, PONG, MOST_CPUS = 8, MOST_PARTNERS = 64, PATIENCE_NANOS = 500000000 };

struct ping {
    uint64_t number, words[7];
};

static struct mkemu_peer peer;
static struct mkemu_cpu cpus[MOST_CPUS];
static bool parking;
/* Of the first CPU. */
static struct ping under_way;
static int partner_cpu;
static uint64_t trips, answered, wrong;

static void receive(struct mkemu_cpu *c, struct mkemu_ipi_data *message, void *context)
{
    (void)context;
    if (message->type != PING && message->type != PONG) {
        mkemu_unhandled(c, message);
        return;
    }
    mkemu_callback_begins(c, message);
    int from = message->sender_cpu;
    if (message->type == PING) {
        /* Single-slot: a copy, or the answer would carry what is in the slot by then. */
        struct mkemu_ipi_data copy = *message;
        wrong += mkemu_send_to_cpu(c, mkemu_owner_of(&peer, from), from, PONG, copy.buffer, copy.data_size) != 0;
    } else {
        wrong += from != partner_cpu || message->data_size != sizeof under_way
            || memcmp(message->buffer, &under_way, sizeof under_way) != 0;
        answered++;
        under_way.number++;
        under_way.words[under_way.number % 7] = under_way.number * 0x9e3779b97f4a7c15u;
        if (answered % trips)
            wrong += mkemu_send_to_cpu(c, mkemu_owner_of(&peer, from), from, PING, &under_way, sizeof under_way) != 0;
    }
    mkemu_callback_ends(c, message, true);
}

static void step(struct mkemu_cpu *c, int policy)
{
    if (!mkemu_turn(c, receive, NULL))
        mkemu_idle(c, policy, PATIENCE_NANOS, NULL, receive, NULL);
}

static int policy;

static void *run(void *cpu)
{
    struct mkemu_cpu *c = cpu;
    if (mkemu_cpu_online(c)) {
        fprintf(stderr, "echo: %s\n", peer.error);
        _exit(5);
    }
    while (!mkemu_load(&parking))
        step(c, policy);
    mkemu_cpu_offline(c);
    return NULL;
}

/* N round trips with each CPU of an instance, and one message to a CPU that it does not have. */
static bool ask(struct mkemu_cpu *c, int partner)
{
    struct mkemu_instance *entry = mkemu_entry(&peer, partner);
    char line[200];
    while (mkemu_state(mkemu_load(&entry->life)) != MKEMU_INSTANCE_STATE_ACTIVE && !mkemu_load(&peer.shutdown))
        step(c, policy);
    wrong += mkemu_send_to_cpu(c, partner, c->cpu, PING, NULL, 8) != -EINVAL;
    for (int cpu = mkemu_next_cpu(&peer, entry, -1); cpu >= 0; cpu = mkemu_next_cpu(&peer, entry, cpu)) {
        uint64_t begun = mkemu_nanos(), before = answered;
        partner_cpu = cpu;
        wrong += mkemu_send_to_cpu(c, partner, cpu, PING, &under_way, sizeof under_way) != 0;
        while (answered - before < trips && !mkemu_load(&peer.shutdown))
            step(c, policy);
        snprintf(line, sizeof line, "echo: CPU %d answered %llu messages, %llu wrong so far, %llu ns each", cpu,
            (unsigned long long)(answered - before), (unsigned long long)wrong,
            (unsigned long long)((mkemu_nanos() - begun) / trips));
        mkemu_printk(&peer, MKEMU_LOG_LEVEL_INFO, line);
    }
    return wrong == 0;
}

int main(int argc, char **argv)
{
    pthread_t threads[MOST_CPUS];
    if (argc < 4 || mkemu_join(&peer, argv[1], atoi(argv[2]), argv[3]) || peer.cpu_count > MOST_CPUS) {
        fprintf(stderr, "echo: %s\n", argc < 4 ? "want MACHINE-DIRECTORY INSTANCE-ID COMMAND-LINE" : peer.error);
        return 4;
    }
    policy = (int)mkemu_parameter(argv[3], "echo.policy", MKEMU_IDLE_HALTPOLL);
    trips = mkemu_parameter(argv[3], "echo.trips", 1000);
    uint64_t partner = mkemu_parameter(argv[3], "echo.partner", UINT64_MAX);
    for (unsigned index = 0; index < peer.cpu_count; index++)
        if (mkemu_cpu_open(&peer, &cpus[index], (int)index)
            || (index && pthread_create(&threads[index], NULL, run, &cpus[index]))) {
            fprintf(stderr, "echo: %s\n", peer.error);
            return 4;
        }
    if (mkemu_cpu_online(&cpus[0]))
        return 5;
    for (unsigned index = 1; index < peer.cpu_count; index++)
        while (mkemu_load(&cpus[index].apic->idle) == MKEMU_LOCAL_APIC_STATE_OFFLINE)
            sched_yield();
    if (partner != UINT64_MAX)
        mkemu_task_begins(&peer);
    if (mkemu_active(&peer)) {
        fprintf(stderr, "echo: %s\n", peer.error);
        return 4;
    }
    if (partner != UINT64_MAX)
        mkemu_task_ends(&peer, !ask(&cpus[0], (int)partner));
    while (!mkemu_load(&peer.shutdown))
        step(&cpus[0], policy);
    mkemu_store(&parking, true);
    for (unsigned index = 1; index < peer.cpu_count; index++) {
        mkemu_raise_from_any(&peer, cpus[index].cpu, MKEMU_LOCAL_APIC_RESCHEDULE_VECTOR);
        pthread_join(threads[index], NULL);
    }
    mkemu_cpu_offline(&cpus[0]);
    mkemu_leave(&peer, 0);
    return 0;
}
