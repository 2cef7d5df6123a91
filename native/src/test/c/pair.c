/* SPDX-License-Identifier: Apache-2.0 */
/* pair.c: pair threads|coroutines MODULE.so PARAMETERS0 PARAMETERS1: two kernels of a process load the same module. */
#include "host.h"
#include <stdio.h>
#include <string.h>

static struct host hosts[2];

struct side {
    struct host *host;
    const char *path;
    pthread_t thread;
};

static bool both(struct host *h)
{
    (void)h;
    return host_idle(&hosts[0]) && host_idle(&hosts[1]);
}

static pthread_barrier_t together;

static void *run(void *argument)
{
    struct side *s = argument;
    char error[512];
    struct mkemu_core_module *m = host_load(s->host, s->path, error, sizeof error);
    int32_t result = m ? host_init(s->host, m) : -1;

    if (!m)
        snprintf(s->host->log, HOST_LOG, "%s\n", error);
    pthread_barrier_wait(&together);
    if (!result)
        host_run(s->host, both);
    pthread_barrier_wait(&together);
    if (!result)
        host_exit(s->host, m);
    if (m)
        mkemu_core_unload(s->host->core, m);
    pthread_barrier_wait(&together);
    return NULL;
}

int main(int argc, char **argv)
{
    struct side sides[2];

    if (argc < 5)
        return 2;
    pthread_barrier_init(&together, NULL, 2);
    for (int i = 0; i < 2; i++) {
        host_start(&hosts[i], i, 1, !strcmp(argv[1], "threads") ? MKEMU_CONTEXTS_ARE_THREADS
            : MKEMU_CONTEXTS_ARE_COROUTINES, argv[3 + i]);
        hosts[i].peer = &hosts[1 - i];
    }
    for (int i = 0; i < 2; i++) {
        sides[i] = (struct side){.host = &hosts[i], .path = argv[2]};
        pthread_create(&sides[i].thread, NULL, run, &sides[i]);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(sides[i].thread, NULL);
    for (int i = 0; i < 2; i++) {
        printf("--- %d\n%s", i, hosts[i].log);
        host_stop(&hosts[i]);
    }
    return hosts[0].failed + hosts[1].failed;
}
