/* SPDX-License-Identifier: Apache-2.0 */
/* os.c: memory, time and call traces of the process. */
#define _GNU_SOURCE
#include "os.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unwind.h>

void *mkc_alloc(size_t size)
{
    return calloc(1, size);
}

void *mkc_alloc_aligned(size_t size, size_t align)
{
    void *p;

    return posix_memalign(&p, align < sizeof(void *) ? sizeof(void *) : align, size) ? NULL : p;
}

void mkc_free(void *p)
{
    free(p);
}

void *mkc_map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

void mkc_unmap(void *p, size_t size)
{
    munmap(p, size);
}

void mkc_pause(void)
{
    sched_yield();
}

struct trace {
    uintptr_t *addresses;
    uint32_t count, most;
};

static _Unwind_Reason_Code frame(struct _Unwind_Context *context, void *argument)
{
    struct trace *t = argument;
    uintptr_t address = _Unwind_GetIP(context);

    if (!address || t->count == t->most)
        return _URC_END_OF_STACK;
    t->addresses[t->count++] = address;
    return _URC_NO_REASON;
}

uint32_t mkc_backtrace(uintptr_t *addresses, uint32_t most)
{
    struct trace t = {addresses, 0, most};

    _Unwind_Backtrace(frame, &t);
    return t.count;
}

int mkc_vsscanf(const char *text, const char *format, va_list args)
{
    return vsscanf(text, format, args);
}

uint64_t mkc_realtime(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
