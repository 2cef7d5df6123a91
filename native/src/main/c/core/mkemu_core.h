/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_core.h: what gives kernel modules in C their Linux: kthreads, waits, timers, workqueues, slabs, printk. It is
 * the same in both kernels that load such modules. Below it is the kernel that has the CPUs, the mailbox and the memory
 * (struct mkemu_host): the kernel in C (kernel/), or an instance's JVM by java.lang.foreign (io.mkemu.cmodule). Above
 * it are the modules, which know nothing but the table of include/mkemu_kmod.h.
 *
 * A kernel has one core. All calls with a CPU come from the thread that is that CPU; a core runs module code of a CPU on
 * that thread alone (contexts are coroutines), or on threads of their own that the CPU's thread waits for meanwhile
 * (contexts are threads: a JVM cannot run Java on a stack that it does not know).
 */
#ifndef MKEMU_CORE_H
#define MKEMU_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Changes whenever anything of this header does; the JVM's side asks for it. */
#define MKEMU_CORE_ABI 5

/* The RFC's struct mk_ipi_data, byte for byte. */
struct mkemu_core_message {
    int32_t sender_cpu;
    uint32_t type;
    uint64_t data_size;
    uint8_t buffer[256];
};

enum mkemu_contexts { MKEMU_CONTEXTS_ARE_COROUTINES, MKEMU_CONTEXTS_ARE_THREADS };

/* An instance of the machine, as a module may ask for it. */
struct mkemu_core_instance {
    int32_t id, state; /* state: as in the instance table, 0 empty .. 4 failed */
    uint32_t cpus;     /* how many */
    int32_t first_cpu; /* physical id, -1 for none */
    char name[64];
};

/*
 * What the kernel below does for the core. The first argument is always .self. Results are 0 or a negative errno unless
 * it says otherwise. "On a CPU": called on the thread that is this CPU, or on a context's thread while that waits.
 */
struct mkemu_host {
    void *self;

    /* On a CPU: which one, by its logical number, and its physical id. */
    int32_t (*logical_cpu)(void *self);
    int32_t (*physical_cpu)(void *self);

    /* On a CPU. cpu is a physical id of the target instance, -1 for its first one; type is the RFC's unsigned long. */
    int32_t (*send)(void *self, int32_t instance, int32_t cpu, uint64_t type, const void *data, uint64_t size);
    /* On a CPU. timeout in ns: while the lane is full it waits; the CPU does nothing else meanwhile. */
    int32_t (*send_timeout)(void *self, int32_t instance, uint64_t type, const void *data, uint64_t size,
        int64_t timeout);
    int32_t (*send_pfn)(void *self, int32_t instance, uint64_t pfn);
    int32_t (*revoke_pfn)(void *self, int32_t instance, uint64_t pfn);
    /* A window of a page on the frame that the message names, NULL if it may not be mapped. */
    void *(*map_page)(void *self, const struct mkemu_core_message *message);
    int32_t (*unmap_page)(void *self, void *page); /* -ENOENT: it is no such window */

    /* The pool of this instance: physical address, 0 when it is full. */
    uint64_t (*pool_alloc)(void *self, uint64_t size, uint64_t align);
    int32_t (*pool_free)(void *self, uint64_t address, uint64_t size);
    /* Where memory of the own pool is mapped in this process, for as long as the kernel lives; NULL: not its own. */
    void *(*pool_map)(void *self, uint64_t address, uint64_t size);

    /* Delivers messages of a type to mkemu_core_deliver(core, token, ...) from now on; NULL: no room. */
    void *(*handler_register)(void *self, uint32_t type, uint64_t token);
    int32_t (*handler_unregister)(void *self, void *handler); /* -ENOENT, -EDEADLK */

    /* A line of the kernel log, without a line feed; level 0 emergency .. 7 debug. Any thread. */
    void (*log)(void *self, int32_t level, const char *text, uint64_t length);
    /*
     * A parameter of the command line: its text, cut to size - 1 bytes and closed by NUL, and the length of the whole
     * text as the result; -ENOENT if it is not there. name is "module.name"; '-' and '_' are the same.
     */
    int32_t (*parameter)(void *self, const char *name, char *text, uint64_t size);

    uint64_t (*nanos)(void *self);  /* CLOCK_MONOTONIC, in ns; any thread */
    uint64_t (*random)(void *self); /* any thread */

    /* -1 for a CPU that nobody owns. */
    int32_t (*instance_of_cpu)(void *self, int32_t physical_cpu);
    int32_t (*instance)(void *self, int32_t id, struct mkemu_core_instance *instance); /* -ENOENT */

    /* A kthread begins or has ended: mk run waits for those that began. */
    void (*task_started)(void *self);
    void (*task_ended)(void *self, int32_t failed);

    /* Makes that CPU call mkemu_core_run soon, and wakes it if it sleeps. Any thread. */
    void (*reschedule)(void *self, int32_t logical_cpu);

    /*
     * Contexts that are threads: starts a thread of this process that calls mkemu_core_context(context), and that acts
     * as this logical CPU whenever it calls a function of this struct. NULL where contexts are coroutines.
     */
    int32_t (*context_start)(void *self, int32_t logical_cpu, void *context);

    /*
     * The kernel cannot go on: text is its reason, one line; the call trace has been logged. Does not return where the
     * kernel has a process of its own. Where contexts are threads it may: then the core is dead, the call that came into
     * it returns, and mkemu_core_abandon is all that may follow but calls that do nothing.
     */
    void (*panic)(void *self, const char *text);

    /* The life of an instance that is active, from 1; else 0. */
    uint64_t (*life)(void *self, int32_t instance);
    /*
     * While mkemu_core_deliver runs, on that CPU: who has sent the message, if its sender_cpu is that: its life * 256 +
     * its instance; 0: that is not known, or not any more.
     */
    uint64_t (*sender)(void *self, int32_t sender_cpu);
};

struct mkemu_core;
struct mkemu_core_module;

/* All that a shared object of the core exports, which is compiled with -fvisibility=hidden. */
#pragma GCC visibility push(default)

/* Of this library: MKEMU_CORE_ABI. */
uint32_t mkemu_core_abi(void);

/*
 * A core for a kernel with so many CPUs (1..1024) and this instance id; NULL if there is no memory. The host's struct is
 * copied.
 */
struct mkemu_core *mkemu_core_new(const struct mkemu_host *host, uint32_t cpus, int32_t instance_id,
    enum mkemu_contexts contexts);

/* After all modules have ended. */
void mkemu_core_free(struct mkemu_core *core);

/*
 * Instead of exit, unload and free: frees a core whose kernel has died, in a process that goes on, with its modules and
 * all that these have. Nothing of it runs, but for kthreads that wait for their turn; the host is not called.
 */
void mkemu_core_abandon(struct mkemu_core *core);

/*
 * From now on an error of a module, as a null pointer, ends its kernel by panic() where contexts are threads, and not
 * the process. Once for a process.
 */
void mkemu_core_catch_faults(void);

/*
 * Loads a module's shared object, checks magic, table version and structure, gives it its table and reads its
 * parameters. NULL: error holds one line that says what is wrong, without the path. Boot CPU.
 */
struct mkemu_core_module *mkemu_core_load(struct mkemu_core *core, const char *path, char *error, size_t size);

const char *mkemu_core_module_name(const struct mkemu_core_module *module);

/* Where an address is, in a module. */
struct mkemu_core_place {
    const char *module, *path, *function; /* path: of its file; function: "" where no symbol is known */
    uint64_t offset;                      /* in the file, as addr2line takes it */
    uint64_t in, length;                  /* in the function, and the function's length */
};

/* Whether its author has written the function: mkemu_kmod.c is in each module, and of no interest in a call trace. */
static inline bool mkemu_core_is_shown(const struct mkemu_core_place *place)
{
    return __builtin_strncmp(place->function, "mkemu_", sizeof "mkemu_" - 1);
}

/* False: it is in no module. Async-signal-safe. */
bool mkemu_core_place(const struct mkemu_core *core, uintptr_t address, struct mkemu_core_place *place);

/*
 * What may not be touched at an address: "stack of kthread ringer" if it lies in the guard page of a context's stack,
 * else NULL. Async-signal-safe.
 */
const char *mkemu_core_guard(const struct mkemu_core *core, uintptr_t address);

/* The names of its parameters, from 0 on; NULL behind the last. */
const char *mkemu_core_module_parameter(const struct mkemu_core_module *module, uint32_t index);

/*
 * Begins module_init in a context of its own, as insmod has one: it may sleep. Then the caller runs mkemu_core_run until
 * mkemu_core_module_result is not 1. Boot CPU.
 */
void mkemu_core_init(struct mkemu_core *core, struct mkemu_core_module *module);

/* The same of module_exit. Afterwards nothing of the module is registered, queued or running, whatever it left. */
void mkemu_core_exit(struct mkemu_core *core, struct mkemu_core_module *module);

/* 1 while init or exit runs; then what init returned, and 0 for exit. */
int32_t mkemu_core_module_result(const struct mkemu_core_module *module);

/* Unloads its code, after it has ended or its init was refused. */
void mkemu_core_unload(struct mkemu_core *core, struct mkemu_core_module *module);

/*
 * Runs the callback of a registered handler, as irq_work: it may not sleep. The message may change meanwhile
 * (single-slot). On that CPU.
 */
void mkemu_core_deliver(struct mkemu_core *core, int32_t logical_cpu, uint64_t token,
    struct mkemu_core_message *message);

/*
 * Runs what can run on this CPU: irq_work, expired timers, tasklets and work, each kthread that is ready, one time
 * slice each. Returns when there is nothing more to run: for how long, in ns; 0: a kthread has only let others go
 * first; INT64_MAX: until something happens.
 */
int64_t mkemu_core_run(struct mkemu_core *core, int32_t logical_cpu);

/* What a CPU's core and the kernel below tell each other without a call, which costs a JVM a part of a round trip. */
struct mkemu_core_cpu {
    /* Atomic, by the core: mkemu_core_is_ready. */
    uint32_t attention;
    /*
     * By the kernel below, on that CPU, if it likes: while mkemu_core_deliver runs, the physical id of the message's
     * sender, and what instance_of_cpu would say of it, so that whom to answer needs no call. -1 at other times.
     */
    int32_t sender_cpu, sender_instance;
};

/* That of a CPU; it is there as long as the core. */
struct mkemu_core_cpu *mkemu_core_cpu(struct mkemu_core *core, int32_t logical_cpu);

/* Whether mkemu_core_run has something to do at once on this CPU; costs two loads. */
bool mkemu_core_is_ready(const struct mkemu_core *core, int32_t logical_cpu);

/* What the thread of a context runs; it returns when the context has ended. */
void mkemu_core_context(void *context);

/*
 * The kthread, module and function that this CPU runs now, for a report; "" where it runs none. Async-signal-safe.
 */
const char *mkemu_core_running(const struct mkemu_core *core, int32_t logical_cpu);

/*
 * Looks at all CPUs from outside, once a second: tells in the kernel log which one has not come out of a module for 20 s,
 * what runs on it, and where that is. held: a debugger may hold them, so that their time does not count. One thread that
 * is no CPU; the core is there, and all that has ever run on it lives.
 */
void mkemu_core_watch(struct mkemu_core *core, bool held);

#pragma GCC visibility pop

#endif
