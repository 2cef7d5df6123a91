/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "send_probe.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_DIGITS = 18 };

enum send_step send_stops_at;
static uint64_t stops_on;

void send_reached(void)
{
    static __thread uint64_t passes;
    /* To this very thread: a signal for the whole process may reach another one first, and this one goes on. */
    if (++passes == stops_on)
        syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
}

bool send_probe_set(const char *setting)
{
    static const char *const names[] = {"cleared", "size", "type", "payload", "published", "marked", "rung"};
    const char *colon = strchr(setting, ':'), *number = colon ? colon + 1 : "";
    size_t digits = strspn(number, "0123456789");
    if (digits == 0 || digits > MOST_DIGITS || number[digits] || *number == '0')
        return false;
    for (int index = 0; index < (int)(sizeof names / sizeof *names); index++)
        if (strlen(names[index]) == (size_t)(colon - setting) && !strncasecmp(setting, names[index],
            (size_t)(colon - setting))) {
            stops_on = strtoull(number, NULL, 10);
            send_stops_at = (enum send_step)(SEND_CLEARED + index);
            return true;
        }
    return false;
}
