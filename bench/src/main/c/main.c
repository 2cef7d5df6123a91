/* SPDX-License-Identifier: Apache-2.0
 *
 * c-peers NAME CPU,CPU,...: one of the C peers of the benchmark. The receiver runs on the first CPU, the senders on the
 * following ones, in turn. Takes commands on stdin, a line each, and answers each with a line on stdout:
 *   rtt BYTES MILLIS FILE        ok                 round trips, appended to FILE as 32-bit ns
 *   rate BYTES SENDERS MILLIS    ok MESSAGES NANOS  what the receiver counted, and in how long
 * or "error" and why. Ends with its stdin.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

#include "peer.h"

enum { MOST_SAMPLES = 1 << 21, MOST_CPUS = 1024, MILLI = 1000000 };
enum op { ECHO = 1, SEND };

struct order {
    enum op op;
    int bytes, shared;
    uint64_t nanos;
};

int shared_cpus;

static const struct peer *const peers[] = {&cacheline, &mailbox_spin, &mailbox_futex, &stream_pipe, &stream_unix};
static int cpus[MOST_CPUS], cpu_count;
static int orders[SENDERS], replies[SENDERS];
static uint32_t *samples;
static pid_t parent;

void die(const char *what)
{
    fprintf(stderr, "c-peers: %s: %s\n", what, strerror(errno));
    exit(1);
}

void *shared_memory(unsigned long bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        die("mmap");
    return memory;
}

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((unsigned)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set))
        die("sched_setaffinity");
}

/* A child: carries out orders until the main process ends. */
static void child(const struct peer *peer, int index, int in, int out)
{
    struct order order;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    pin(cpus[(index + 1) % cpu_count]);
    while (read(in, &order, sizeof order) == (ssize_t)sizeof order) {
        shared_cpus = order.shared;
        if (order.op == ECHO)
            peer->echo(order.bytes);
        else
            peer->send(index, order.bytes, order.nanos);
        if (write(out, "", 1) != 1)
            break;
    }
    _exit(0);
}

static void start_children(const struct peer *peer)
{
    parent = getpid();
    for (int index = 0; index < SENDERS; index++) {
        int to[2], from[2];
        pid_t pid;

        if (pipe(to) || pipe(from))
            die("pipe");
        pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0) {
            close(to[1]);
            close(from[0]);
            child(peer, index, to[0], from[1]);
        }
        close(to[0]);
        close(from[1]);
        orders[index] = to[1];
        replies[index] = from[0];
    }
}

static void give(int index, const struct order *order)
{
    if (write(orders[index], order, sizeof *order) != (ssize_t)sizeof *order)
        die("a child is gone");
}

static void await_reply(int index)
{
    char byte;

    if (read(replies[index], &byte, 1) != 1)
        die("a child ended");
}

static void round_trips(const struct peer *peer, int bytes, long millis, const char *file)
{
    struct order order = {ECHO, bytes, cpu_count < 2, 0};
    FILE *out = fopen(file, "ab");
    long count;

    if (!out) {
        printf("error %s: %s\n", file, strerror(errno));
        return;
    }
    shared_cpus = order.shared;
    give(0, &order);
    count = peer->ping(bytes, (uint64_t)millis * MILLI, samples, MOST_SAMPLES);
    await_reply(0);
    if (count > 0 && fwrite(samples, sizeof *samples, (size_t)count, out) != (size_t)count)
        count = -2;
    if (fclose(out))
        count = -2;
    if (count == -2)
        printf("error %s: %s\n", file, strerror(errno));
    else
        puts(count < 0 ? "error an answer is not that of its question" : "ok");
}

static void rate(const struct peer *peer, int bytes, int senders, long millis)
{
    struct order order = {SEND, bytes, cpu_count < senders + 1, (uint64_t)millis * MILLI};
    struct meter meter = {0};

    if (!peer->receive) {
        puts("error it carries no messages");
        return;
    }
    meter.ramp = order.nanos / 8;
    meter.window = order.nanos / 4 * 3;
    shared_cpus = order.shared;
    for (int index = 0; index < senders; index++)
        give(index, &order);
    peer->receive(bytes, senders, &meter);
    for (int index = 0; index < senders; index++)
        await_reply(index);
    if (meter.looked <= meter.begun) {
        meter.begun = 1;
        meter.begun_at = meter.first_at;
    }
    if (meter.looked > meter.begun)
        printf("ok %llu %llu\n", (unsigned long long)(meter.looked - meter.begun),
            (unsigned long long)(meter.looked_at - meter.begun_at));
    else
        puts("error too few messages in that time");
}

static void serve(const struct peer *peer)
{
    char line[4096], file[4000];
    int bytes, senders;
    long millis;

    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "rtt %d %ld %3999[^\n]", &bytes, &millis, file) == 3 && bytes >= 8 && bytes <= MOST_BYTES)
            round_trips(peer, bytes, millis, file);
        else if (sscanf(line, "rate %d %d %ld", &bytes, &senders, &millis) == 3 && bytes >= 8
            && bytes <= MOST_BYTES && senders >= 1 && senders <= SENDERS)
            rate(peer, bytes, senders, millis);
        else
            printf("error no such command: %s", line);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    const struct peer *peer = NULL;

    for (unsigned i = 0; argc == 3 && i < sizeof peers / sizeof *peers; i++)
        if (!strcmp(argv[1], peers[i]->name))
            peer = peers[i];
    if (!peer) {
        fputs("usage: c-peers NAME CPU,CPU,...\n", stderr);
        return 2;
    }
    for (char *cpu = strtok(argv[2], ","); cpu && cpu_count < MOST_CPUS; cpu = strtok(NULL, ","))
        cpus[cpu_count++] = atoi(cpu);
    peer->make();
    start_children(peer);
    pin(cpus[0]);
    samples = malloc(MOST_SAMPLES * sizeof *samples);
    if (!samples)
        die("malloc");
    memset(samples, 0, MOST_SAMPLES * sizeof *samples);
    puts("ready");
    fflush(stdout);
    serve(peer);
    return 0;
}
