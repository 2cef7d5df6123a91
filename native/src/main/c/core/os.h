/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os.h: what the core needs of the C library and of Linux below. The core's other units see include/linux/ and not the
 * C library, since the two have names in common.
 */
#ifndef MKEMU_CORE_OS_H
#define MKEMU_CORE_OS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mkc_alloc(size_t size);                       /* zeroed; NULL: no memory */
void *mkc_alloc_aligned(size_t size, size_t align); /* not zeroed; align is a power of two */
void mkc_free(void *p);
void *mkc_map(size_t size); /* whole pages, zeroed when they are touched */
void mkc_unmap(void *p, size_t size);

void mkc_pause(void); /* lets another thread of this process run */

/* The way back out of a module that cannot go on: what is thrown is caught on the same thread. */
enum { MKC_FAULT_FRAMES = 32 };
struct mkc_fault {
    int signal;
    uintptr_t address, pc;
    uintptr_t trace[MKC_FAULT_FRAMES]; /* pc, then return addresses; those that are not known are 0 */
    uint32_t count;
    bool overflow; /* of the stack */
};
/* Calls a function; false: it was left by mkc_throw, or by an error that a signal tells, after which failed is called. */
bool mkc_catch(void (*function)(void *argument), void *argument,
    void (*failed)(void *argument, const struct mkc_fault *fault));
void mkc_throw(void); /* returns if nobody catches */
/* From now on errors of modules are caught in this process, and others go where they went. */
void mkc_catch_faults(bool (*is_module)(uintptr_t address));

/* A thread of the process that can be asked where it is. */
struct mkc_thread {
    uintptr_t id;
    bool known; /* atomic */
};
void mkc_thread_mine(struct mkc_thread *thread); /* the calling one */
/* Where it is now, then return addresses, the innermost first; 0: it does not say. The thread must not have ended. */
uint32_t mkc_thread_trace(const struct mkc_thread *thread, uintptr_t *addresses, uint32_t most);

/* Contexts: code that runs on a stack of its own, until it leaves it. */
struct mkc_context;
/* entry must not return before mkc_context_end. NULL: no memory. threads: start makes a thread that runs
   mkc_context_thread(context). */
struct mkc_context *mkc_context_new(void (*entry)(void *argument), void *argument,
    int32_t (*start)(void *self, int32_t cpu, void *context), void *self, int32_t cpu);
void mkc_context_enter(struct mkc_context *context);          /* until it leaves; of the CPU's loop */
void mkc_context_leave(struct mkc_context *context);          /* back to where it was entered */
void mkc_context_end(struct mkc_context *context);            /* leaves for the last time */
void mkc_context_free(struct mkc_context *context);           /* ended or not, but not running */
void mkc_context_thread(struct mkc_context *context, void (*begin)(void *argument), void *argument,
    void (*failed)(void *argument, const struct mkc_fault *fault));
void *mkc_context_argument(struct mkc_context *context);
/* The thread that it is; NULL: it runs on that of its CPU. */
struct mkc_thread *mkc_context_is_on(struct mkc_context *context);
/* Whether an address lies where a coroutine's stack ends. Async-signal-safe. */
bool mkc_context_guards(const struct mkc_context *context, uintptr_t address);

/* Gives this thread a stack for the process's handlers of memory errors, until it ends. Where there is no memory for one,
   or somebody else's is there, nothing happens. */
void mkc_overflow_watch(void);
/* Whether an address lies where the stack of this thread ends, if it is looked after. Async-signal-safe. */
bool mkc_overflow_at(uintptr_t address);

/* A shared object. */
struct mkc_object;
struct mkc_symbol {
    uint64_t at, size; /* relative to where the object is mapped */
    const char *name;
};
/* NULL: error is one line, without the path. machine is e_machine of ELF. */
struct mkc_object *mkc_object_open(const char *path, uint32_t machine, const char *needed, char *error, size_t size);
void *mkc_object_symbol(struct mkc_object *object, const char *name);
/* Once more, with data of its own, though the file is loaded already. */
struct mkc_object *mkc_object_copy(struct mkc_object *object, char *error, size_t size);
void mkc_object_close(struct mkc_object *object);
uintptr_t mkc_object_base(const struct mkc_object *object);
const char *mkc_object_path(const struct mkc_object *object);
size_t mkc_object_size(const struct mkc_object *object);
const struct mkc_symbol *mkc_object_find(const struct mkc_object *object, uintptr_t address);

/* Return addresses of the calling functions, the innermost first. */
uint32_t mkc_backtrace(uintptr_t *addresses, uint32_t most);

int mkc_vsscanf(const char *text, const char *format, va_list args);
uint64_t mkc_realtime(void);

#endif
