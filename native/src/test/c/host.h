/* SPDX-License-Identifier: Apache-2.0 */
/* host.h: a kernel to test the core with: its CPUs are threads, its messages and pages are plain arrays. */
#ifndef MKEMU_TEST_HOST_H
#define MKEMU_TEST_HOST_H

#include "mkemu_core.h"
#include <pthread.h>

enum { HOST_CPUS = 4, HOST_MESSAGES = 1024, HOST_HANDLERS = 64, HOST_POOL = 1 << 20, HOST_LOG = 1 << 16 };

struct host;

struct host_cpu {
    struct host *host;
    int32_t index;
    pthread_t thread;
    uint32_t doorbell;
    struct mkemu_core_message messages[HOST_MESSAGES]; /* under the host's lock */
    uint32_t first, count;
};

struct host {
    struct mkemu_core *core;
    int32_t id, cpus;
    enum mkemu_contexts contexts;
    pthread_mutex_t lock;
    struct host_cpu cpu[HOST_CPUS];
    struct { bool used; uint32_t type; uint64_t token; } handlers[HOST_HANDLERS];
    struct host *peer; /* NULL: none; else instance 1 - id */
    char *pool;
    bool allocated[HOST_POOL / 4096];
    uint64_t granted[HOST_POOL / 4096];
    char log[HOST_LOG];
    size_t log_length;
    const char *parameters; /* "name=value name=value" */
    int32_t tasks, failed;
    bool stop, echo;
    uint64_t life;
    uint32_t loses, sent; /* of the messages that it sends each so many-th comes nowhere; 0: none */
};

void host_start(struct host *host, int32_t id, int32_t cpus, enum mkemu_contexts contexts, const char *parameters);
void host_stop(struct host *host);
/* On CPU 0, in the calling thread: loads, and runs init or exit to its end. NULL: error says why. */
struct mkemu_core_module *host_load(struct host *host, const char *path, char *error, size_t size);
int32_t host_init(struct host *host, struct mkemu_core_module *module);
void host_exit(struct host *host, struct mkemu_core_module *module);
/* Runs CPU 0 in the calling thread until done says so. */
void host_run(struct host *host, bool (*done)(struct host *host));
bool host_idle(struct host *host); /* all kthreads that began have ended */

#endif
