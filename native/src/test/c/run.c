/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c: run threads|coroutines CPUS MODULE.so [NAME=VALUE ...]: a kernel loads a module, runs until its kthreads have
 * ended, and ends it, which shows its files. Prints the kernel log. 0: init returned 0 and no line says FAIL; 3: it was not
 * loaded; 99: the kernel panicked.
 */
#include "host.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct host host;

int main(int argc, char **argv)
{
    char parameters[1024] = "", error[512];

    if (argc < 4)
        return 2;
    for (int i = 4; i < argc; i++) {
        strcat(parameters, argv[i]);
        strcat(parameters, " ");
    }
    host_start(&host, 0, atoi(argv[2]), !strcmp(argv[1], "threads") ? MKEMU_CONTEXTS_ARE_THREADS
        : MKEMU_CONTEXTS_ARE_COROUTINES, parameters);
    struct mkemu_core_module *m = host_load(&host, argv[3], error, sizeof error);
    if (!m) {
        printf("%s\n", error);
        host_stop(&host);
        return 3;
    }
    int32_t result = host_init(&host, m);
    if (!result) {
        host_run(&host, host_idle);
        host_exit(&host, m);
    }
    mkemu_core_unload(host.core, m);
    host_stop(&host);
    printf("%sinit returned %d\n", host.log, result);
    return result || host.failed || strstr(host.log, "FAIL") ? 1 : 0;
}
