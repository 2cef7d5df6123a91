/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.c: events threads|coroutines waits.so KIND [abandoned]: a kthread waits for another, and its CPU has nothing more
 * to do, at no time either: it does not look now and then. A message lets the other go, and nothing but that is needed.
 * abandoned: instead the kernel dies while it waits, and the host is not called any more.
 */
#include "host.h"
#include <stdio.h>
#include <string.h>

static struct host host;

static int64_t run(void)
{
    int64_t next;

    while (!(next = mkemu_core_run(host.core, 0)))
        ;
    return next;
}

int main(int argc, char **argv)
{
    char parameters[64], error[512], line[64];
    struct mkemu_core_message go = {.type = 9};

    if (argc < 4)
        return 2;
    snprintf(parameters, sizeof parameters, "waits.on=%s", argv[3]);
    snprintf(line, sizeof line, "%s is over: 1", argv[3]);
    host_start(&host, 0, 1, !strcmp(argv[1], "threads") ? MKEMU_CONTEXTS_ARE_THREADS
        : MKEMU_CONTEXTS_ARE_COROUTINES, parameters);
    struct mkemu_core_module *m = host_load(&host, argv[2], error, sizeof error);
    if (!m || host_init(&host, m))
        return 3;
    int64_t before = run();
    bool early = strstr(host.log, "is over") != NULL;
    if (argc > 4) {
        uint32_t rung = host.cpu[0].doorbell;
        mkemu_core_abandon(host.core);
        printf("early %d, rung %u times more\n", early, host.cpu[0].doorbell - rung);
        return early || host.cpu[0].doorbell != rung;
    }
    mkemu_core_deliver(host.core, 0, host.handlers[0].token, &go);
    int64_t after = run();
    bool over = strstr(host.log, line) != NULL;
    host_run(&host, host_idle);
    host_exit(&host, m);
    mkemu_core_unload(host.core, m);
    host_stop(&host);
    printf("%snext before %lld, after %lld, early %d, over %d\n", host.log, (long long)before, (long long)after, early,
        over);
    return before != INT64_MAX || after != INT64_MAX || early || !over;
}
