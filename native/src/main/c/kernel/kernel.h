/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.h: a kernel instance without a JVM, for modules in C. One per process. It joins a machine as an instance in Java
 * does (io.mkemu.kernel.InstanceMain), brings its CPUs up, one thread each, loads its modules, and runs until the host
 * asks for the end.
 *
 *     main.c      from the command line to the exit code
 *     cpu.c       a CPU: interrupts, messages, the core's work, idling
 *     host.c      what the core asks of its kernel: struct mkemu_host
 *     modules.c   the modules: loaded, initialised, taken out
 *     log.c       the kernel log, from several threads
 *     plug.c      memory that the host gives it, or wants back, while it runs
 *     watch.c     what looks at the CPUs from outside: a CPU that does not come round
 *     stderr.c    what libraries say, as a sanitizer
 *     sanitize.c  modules of mk cc --sanitize
 *     debug.c     a kernel that waits for a debugger
 *     handlers.c, params.c, crash.c, send_probe.c   parts that know nothing of the others
 */
#ifndef MKEMU_KERNEL_H
#define MKEMU_KERNEL_H

#include "send_probe.h" /* before mkemu's headers, which have the steps */
#include "mkemu_pages.h"
#include "mkemu_core.h"
#include "handlers.h"
#include "params.h"

#include <pthread.h>
#include <stdarg.h>

/* As printk has them. */
enum { LOG_EMERG, LOG_ALERT, LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* Of io.mkemu.ExitCode. */
enum { EXIT_CODE_FAILED = 1, EXIT_CODE_USAGE = 2, EXIT_CODE_CONFIG = 3, EXIT_CODE_MACHINE = 4, EXIT_CODE_RESOURCES = 5,
    EXIT_CODE_MODULE = 6, EXIT_CODE_INTERNAL = 70 };

struct cpu {
    struct mkemu_cpu at; /* its end of the machine */
    int logical;
    pthread_t thread;
} __attribute__((aligned(128)));

struct kernel {
    struct mkemu_peer peer; /* the process's end of the machine */
    bool child;             /* the host reads its stderr */
    bool debug;             /* it waits for a debugger before the modules begin */
    const char *command_line;
    struct params params;
    int idle; /* enum mkemu_idle_policy */
    uint32_t cpu_count;
    struct cpu *cpus;
    struct handlers *handlers;
    struct mkemu_core *core;
    char *const *module_paths;
    int module_count;
    struct mkemu_core_module *awaited; /* the boot CPU waits for the end of its init or exit, or NULL */
    bool parking;                      /* the CPUs leave their loops */
};

extern struct kernel kernel;

/* The CPU that this thread is, NULL for another thread. */
extern __thread struct cpu *this_cpu;

/* log.c: one line, cut as printk cuts it. Any thread; klog_raw in a signal handler too. */
void klog(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void klog_raw(int level, const char *line, size_t length);

/*
 * A source of lines that may come in floods: 10 in 5 s pass, the number of the others is told before the next one, or by
 * klog_tell_suppressed: of sources whose 5 s are over, or of all. Any thread. A source lives as long as the process.
 */
struct rate_limit {
    const char *source;
    uint64_t since, passed, suppressed, is_known;
    struct rate_limit *next;
};
bool klog_passes(struct rate_limit *limit);
void klog_tell_suppressed(bool all);

/* Ends the process with a reason, in the instance table, in the log and, unless the host reads that, on stderr. */
void fail(int exit_code, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* host.c */
const struct mkemu_host *kernel_host(void);

/* cpu.c: starts the CPUs and waits until all are pinned; fails the boot if one cannot be. */
void cpus_bring_up(void);
/* One turn of this CPU, and then idle until there is more to do. */
void cpu_step(struct cpu *cpu);
/* Makes a CPU come round soon. Any thread. */
void cpu_reschedule(struct cpu *cpu);
/* main.c: what the boot CPU does before its loop: modules are loaded and initialised, the instance becomes active; and
 * what it does when the host asks for the end. */
void boot_cpu(void);
/* Asks all to leave their loops, and waits for it. */
void cpus_park(void);

/* modules.c: on the boot CPU. */
void modules_load(char *const *paths, int count);
void modules_init(void);
void modules_exit(void);

/* sanitize.c: starts this program anew with the library that a sanitized module needs; else it returns. */
/* Whether that library is there. */
bool is_sanitized(void);
void sanitize_first(char **argv, char *const *modules, int count);

/*
 * stderr.c: from now on what is written to stderr is kept for the kernel log. Then: puts there what has been written, line
 * by line; all: also a line that has not ended; also: what is called with each, or NULL. In a signal handler too.
 */
void stderr_take(void);
void stderr_tell(int level, bool all, void (*also)(const char *line));
/* A line for whoever has started this kernel by hand; of a child nothing. In a signal handler too. */
void stderr_print(const char *line);

/*
 * plug.c: memory that comes and goes while this kernel runs. plug_begin: the host may ask from now on. plug_look: on the
 * boot CPU, does what the host asks for, if it does. plug_use, plug_used: around each use of the pool.
 */
void plug_begin(void);
void plug_look(struct cpu *cpu);
void plug_use(void);
void plug_used(void);
/* Whether a message of this type is one of those by which the host asks and kernels answer. */
bool plug_is_message(uint32_t type);

/* watch.c */
void watch_start(void);

/* debug.c: whether a debugger is attached to this thread; waits until one is, or the host asks for the end. What it prints
 * the host tells who asked for it. */
bool debugger_is_there(void);
void debugger_await(void);

#endif
