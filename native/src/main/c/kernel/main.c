/* SPDX-License-Identifier: Apache-2.0 */
/* From the command line to the exit code:
   mkemu-kernel [--child] [--debug] MACHINE-DIRECTORY INSTANCE-ID COMMAND-LINE MODULE.so... */
#include "kernel.h"
#include "crash.h"

#include <signal.h>
#include <stdlib.h>

struct kernel kernel;
__thread struct cpu *this_cpu;

static const char *const NO_MODULES = "it runs modules in C: name at least one, as pagebell.so";

/* A line for the instance table; it may come from a signal handler. */
static void set_reason(const char *text, int exit_code)
{
    if (!kernel.peer.entry)
        return;
    mkemu_store(&kernel.peer.entry->exit_code, exit_code);
    snprintf(kernel.peer.entry->reason, sizeof kernel.peer.entry->reason, "%s", text);
}

void fail(int exit_code, const char *format, ...)
{
    char text[MKEMU_INSTANCE_REASON_LENGTH];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    for (char *at = text; *at; at++)
        *at = *at == '\n' ? ' ' : *at;
    if (kernel.peer.entry) {
        set_reason(text, exit_code);
        klog(LOG_EMERG, "mkemu: %s", text);
    }
    if (!kernel.peer.entry || !kernel.child)
        fprintf(stderr, "mkemu: %s\n", text);
    _exit(exit_code);
}

static void log_crash(int level, const char *line)
{
    klog_raw(level, line, strlen(line));
    if (!kernel.child)
        dprintf(STDERR_FILENO, "mkemu: %s\n", line);
}

static int crash_cpu(void)
{
    return this_cpu ? this_cpu->logical : -1;
}

static const char *crash_running(int logical)
{
    return mkemu_core_running(kernel.core, logical);
}

static bool crash_place(uintptr_t address, struct mkemu_core_place *place)
{
    return kernel.core && mkemu_core_place(kernel.core, address, place);
}

static const char *crash_guard(uintptr_t address)
{
    return kernel.core ? mkemu_core_guard(kernel.core, address) : NULL;
}

/* SIGTERM, SIGINT, SIGHUP: somebody ends this process without the host. It says so, and ends. */
static void on_end(int number)
{
    static const char why[] = "the process of this kernel exits: SIGTERM, SIGINT or SIGHUP";
    if (!kernel.child)
        set_reason(why, 128 + number);
    log_crash(LOG_EMERG, why);
    _exit(128 + number);
}

static void check_idle(void)
{
    const char *idle = params_get(&kernel.params, "idle");
    if (!idle || !strcmp(idle, "haltpoll"))
        kernel.idle = MKEMU_IDLE_HALTPOLL;
    else if (!strcmp(idle, "poll"))
        kernel.idle = MKEMU_IDLE_POLL;
    else if (!strcmp(idle, "halt"))
        kernel.idle = MKEMU_IDLE_HALT;
    else
        fail(EXIT_CODE_CONFIG, "idle=%s is not an idle policy; use idle=poll, idle=halt or idle=haltpoll", idle);
}

static void check_send_probe(void)
{
    const char *setting = params_get(&kernel.params, "mkemu.stop_in_send");
    if (setting && !send_probe_set(setting))
        fail(EXIT_CODE_CONFIG, "mkemu.stop_in_send=%s is not STEP:N with a step of [cleared, size, type, payload, "
            "published, marked, rung] and N 1 or more", setting);
}

/* mk_ipi_shared= is where the host says the IPI area is; the instance table has the same. */
static void check_area(void)
{
    uint64_t given;
    const char *text = params_get(&kernel.params, "mk_ipi_shared");
    if (!text)
        fail(EXIT_CODE_CONFIG, "mk_ipi_shared= is missing; the host gives the address of the IPI area");
    if (!params_number(&kernel.params, "mk_ipi_shared", &given) || given == 0)
        fail(EXIT_CODE_CONFIG, "boot parameter mk_ipi_shared=%s is no address (-EINVAL); the host gives that of the IPI "
            "area", text);
    if (given != mkemu_load(&kernel.peer.entry->ipi_area))
        fail(EXIT_CODE_CONFIG, "mk_ipi_shared=%s cannot be mapped (-ENOMEM): it is not this instance's IPI area", text);
}

/* As io.mkemu.boot.HostClock: in another time namespace each latency would be wrong by its offset. */
static void check_clock(void)
{
    char line[200];
    long long seconds = 0, nanos = 0;
    const char *given = params_get(&kernel.params, "mk_clock");
    FILE *offsets = fopen("/proc/self/timens_offsets", "re");
    while (offsets && fgets(line, sizeof line, offsets))
        sscanf(line, "monotonic %lld %lld", &seconds, &nanos);
    if (offsets)
        fclose(offsets);
    if (given && !strcmp(given, "unknown"))
        return;
    double own = (double)seconds + (double)nanos / 1e9, ahead = own - (given ? strtod(given, NULL) : 0);
    if (ahead > 1e-9 || ahead < -1e-9) {
        mkemu_raise_event(&kernel.peer);
        fail(EXIT_CODE_MACHINE, "the clock of this process (CLOCK_MONOTONIC) is %g s %s the host's, so all latencies "
            "would be wrong: start it in the time namespace of the host, without unshare --time or --monotonic",
            ahead < 0 ? -ahead : ahead, ahead < 0 ? "behind" : "ahead of");
    }
}

static void join(const char *directory, const char *id)
{
    char *end;
    long number = strtol(id, &end, 10);
    if (*end || mkemu_join(&kernel.peer, directory, (int)number, kernel.command_line)) {
        if (*end)
            fail(EXIT_CODE_USAGE, "instance id %s: want a number, 1..255", id);
        fail(kernel.peer.error_is_shortage ? EXIT_CODE_RESOURCES : EXIT_CODE_MACHINE, "%s", kernel.peer.error);
    }
}

static void deliver(void *context, int logical, uint64_t token, void *message, bool first)
{
    struct mkemu_cpu *at = &kernel.cpus[logical].at;
    (void)context;
    mkemu_callback_begins(at, message);
    mkemu_core_deliver(kernel.core, logical, token, message);
    mkemu_callback_ends(at, message, first);
}

/* The boot CPU's own part, on its thread: init_module runs here, and when the host asks, exit. */
void boot_cpu(void)
{
    modules_load(kernel.module_paths, kernel.module_count);
    if (kernel.debug)
        debugger_await();
    modules_init();
    mkemu_store(&kernel.peer.entry->boot_steps[MKEMU_INSTANCE_BOOT_STEP_ACTIVE], mkemu_nanos());
    mkemu_active(&kernel.peer); /* refused: the host does not wait any more, and asks for the end next */
    while (!__atomic_load_n(&kernel.peer.shutdown, __ATOMIC_ACQUIRE))
        cpu_step(this_cpu);
    modules_exit();
    __atomic_store_n(&kernel.parking, true, __ATOMIC_RELEASE);
}

int main(int argc, char **argv)
{
    setsid();
    int first = 1;
    for (; argc > first; first++)
        if (!strcmp(argv[first], "--child"))
            kernel.child = true;
        else if (!strcmp(argv[first], "--debug"))
            kernel.debug = true;
        else
            break;
    if (argc < first + 3 || !strncmp(argv[first], "--", 2)) {
        fprintf(stderr, "mkemu-kernel: want [--child] [--debug] MACHINE-DIRECTORY INSTANCE-ID COMMAND-LINE MODULE.so...; "
            "the host starts instances itself, see mk run --help\n");
        return EXIT_CODE_USAGE;
    }
    sanitize_first(argv, argv + first + 3, argc - first - 3);
    kernel.command_line = argv[first + 2];
    if (!params_parse(&kernel.params, kernel.command_line))
        fail(EXIT_CODE_RESOURCES, "no memory for the command line");
    join(argv[first], argv[first + 1]);
    check_clock();
    klog(LOG_INFO, "Command line: %s", kernel.command_line);
    check_idle();
    check_send_probe();
    check_area();
    if (argc == first + 3)
        fail(EXIT_CODE_MODULE, "the native kernel has no module: %s", NO_MODULES);
    kernel.cpu_count = kernel.peer.cpu_count;
    kernel.handlers = handlers_new(kernel.cpu_count, mkemu_is_queued(&kernel.peer), deliver, NULL);
    kernel.core = mkemu_core_new(kernel_host(), kernel.cpu_count, kernel.peer.id, MKEMU_CONTEXTS_ARE_COROUTINES);
    if (!kernel.handlers || !kernel.core)
        fail(EXIT_CODE_RESOURCES, "no memory for a kernel with %u CPUs", kernel.cpu_count);
    const struct crash_kernel watched = {.log = log_crash, .reason = set_reason, .logical_cpu = crash_cpu,
        .running = crash_running, .place = crash_place, .guard = crash_guard};
    crash_watch(&watched);
    signal(SIGTERM, on_end);
    signal(SIGINT, on_end);
    signal(SIGHUP, on_end);
    kernel.module_paths = argv + first + 3;
    kernel.module_count = argc - first - 3;
    cpus_bring_up();
    watch_start();
    pthread_join(kernel.cpus[0].thread, NULL);
    cpus_park();
    klog_tell_suppressed(true);
    mkemu_leave(&kernel.peer, 0);
    return 0;
}
