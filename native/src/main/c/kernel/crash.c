/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "crash.h"
#include "registers.h"
#include "os.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 400, MOST_FRAMES = 24, MOST_ABORT_FRAMES = 48, STACK = 64 * 1024, ADDR2LINE_MILLIS = 3000,
    LEVEL_ALERT = 1, LEVEL_EMERG = 0, SIGNAL_EXIT = 128 };

static struct crash_kernel kernel;
static int memory = -1; /* /proc/self/mem: reads what cannot be read by an error, not by a second signal */
static volatile sig_atomic_t dying;
static char addr2line[] = "/usr/bin/addr2line";

/* vsnprintf of glibc is not promised to be async-signal-safe, and is for integers and strings, which is all there is. */
static void __attribute__((format(printf, 2, 3))) say(int level, const char *format, ...)
{
    char line[LINE];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    kernel.log(level, line);
}

static bool read_word(uintptr_t at, uintptr_t *word)
{
    return pread(memory, word, sizeof *word, (off_t)at) == sizeof *word;
}

/* What lies in no module: the kernel's own, a library's, or nothing's. */
static void describe_other(uintptr_t address, char *text, size_t size)
{
    Dl_info about, own;
    if (!dladdr((void *)address, &about) || !about.dli_fname) {
        snprintf(text, size, "0x%lx", (unsigned long)address);
        return;
    }
    const char *file = strrchr(about.dli_fname, '/') ? strrchr(about.dli_fname, '/') + 1 : about.dli_fname;
    if (dladdr((void *)(uintptr_t)crash_watch, &own) && own.dli_fbase == about.dli_fbase)
        file = "mkemu-kernel";
    if (about.dli_sname)
        snprintf(text, size, "%s+0x%lx [%s]", about.dli_sname, (unsigned long)(address - (uintptr_t)about.dli_saddr),
            file);
    else
        snprintf(text, size, "0x%lx [%s]", (unsigned long)(address - (uintptr_t)about.dli_fbase), file);
}

static bool is_shown(uintptr_t address, struct mkemu_core_place *at)
{
    return kernel.place(address, at) && mkemu_core_is_shown(at);
}

/* A frame as Linux has it: function+0xoffset/0xlength [module]. */
static void describe(uintptr_t address, char *text, size_t size)
{
    struct mkemu_core_place at;
    if (!kernel.place(address, &at))
        describe_other(address, text, size);
    else if (*at.function)
        snprintf(text, size, "%s+0x%llx/0x%llx [%s]", at.function, (unsigned long long)at.in,
            (unsigned long long)at.length, at.module);
    else
        snprintf(text, size, "0x%llx [%s]", (unsigned long long)at.offset, at.module);
}

/*
 * The frames from a frame pointer on. What is compiled without frame pointers ends the walk, or is left out. maybe: what
 * may be a return address, of a function that has made no frame yet; 0 for none.
 */
static void trace(uintptr_t frame, uintptr_t maybe)
{
    char text[LINE];
    kernel.log(LEVEL_ALERT, "Call Trace:");
    kernel.log(LEVEL_ALERT, " <TASK>");
    struct mkemu_core_place top;
    if (maybe && is_shown(maybe - 1, &top)) {
        describe(maybe - 1, text, sizeof text);
        say(LEVEL_ALERT, "  ? %s", text);
    }
    for (int count = 0; count < MOST_FRAMES; count++) {
        uintptr_t next, caller;
        if (!read_word(frame, &next) || !read_word(frame + sizeof frame, &caller) || !caller)
            break;
        struct mkemu_core_place at;
        if (is_shown(caller - 1, &at)) {
            describe(caller - 1, text, sizeof text);
            say(LEVEL_ALERT, "  %s", text);
        }
        if (next <= frame)
            break;
        frame = next;
    }
    kernel.log(LEVEL_ALERT, " </TASK>");
}

/* Reads what a child says, up to a size, for so long at most. */
static size_t read_all(int from, char *text, size_t size)
{
    size_t length = 0;
    struct pollfd ready = {.fd = from, .events = POLLIN};
    while (length + 1 < size && poll(&ready, 1, ADDR2LINE_MILLIS) > 0) {
        ssize_t got = read(from, text + length, size - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    text[length] = 0;
    return length;
}

/* file:line of a place, "" where there is no addr2line or no debug information. */
static void source(const struct mkemu_core_place *at, char *text, size_t size)
{
    int ends[2];
    char offset[32];
    *text = 0;
    if (access(addr2line, X_OK) || pipe(ends))
        return;
    snprintf(offset, sizeof offset, "0x%llx", (unsigned long long)at->offset);
    pid_t child = fork();
    if (child == 0) {
        char *words[] = {addr2line, (char *)"-s", (char *)"-e", (char *)at->path, offset, NULL};
        char *nothing[] = {NULL};
        dup2(ends[1], STDOUT_FILENO);
        close(STDERR_FILENO);
        execve(addr2line, words, nothing);
        _exit(127);
    }
    close(ends[1]);
    if (child > 0) {
        read_all(ends[0], text, size);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    close(ends[0]);
    text[strcspn(text, "\n (")] = 0;
    if (strchr(text, '?'))
        *text = 0;
}

static void what_happened(int number, const siginfo_t *about, const char *guard)
{
    unsigned long address = (unsigned long)(uintptr_t)about->si_addr;
    if (guard)
        say(LEVEL_ALERT, "BUG: %s guard page was hit at 0x%lx (stack overflow)", guard, address);
    else if ((number == SIGSEGV || number == SIGBUS) && address < 4096)
        say(LEVEL_ALERT, "BUG: kernel NULL pointer dereference, address: 0x%016lx", address);
    else if (number == SIGSEGV && about->si_code == SI_KERNEL)
        say(LEVEL_ALERT, "general protection fault, probably for a non-canonical address");
    else if (number == SIGSEGV || number == SIGBUS)
        say(LEVEL_ALERT, "BUG: unable to handle page fault for address: 0x%016lx", address);
    else if (number == SIGFPE)
        say(LEVEL_ALERT, "divide error");
    else if (number == SIGILL)
        say(LEVEL_ALERT, "invalid opcode");
    else
        say(LEVEL_ALERT, "killed by signal %d (%s)", number, sigabbrev_np(number) ? sigabbrev_np(number) : "?");
}

/* What a library has said before it aborted: a sanitizer what it has found and where, the C library of its heap. */
static struct {
    char error[LINE / 2], last[LINE / 2];
    uintptr_t at;
} said;

static void listen(const char *line)
{
    static const char address[] = "ERROR: AddressSanitizer: ", undefined[] = ": runtime error: ";
    const char *found;
    struct mkemu_core_place at;
    unsigned long pc;
    unsigned number;
    if (*line)
        snprintf(said.last, sizeof said.last, "%s", line);
    if (!*said.error && (found = strstr(line, address))) {
        found += sizeof address - 1;
        const char *end = strstr(found, " on ");
        snprintf(said.error, sizeof said.error, "AddressSanitizer: %.*s",
            (int)(end ? (size_t)(end - found) : strcspn(found, ":")), found);
    } else if (!*said.error && (found = strstr(line, undefined))) {
        snprintf(said.error, sizeof said.error, "UndefinedBehaviorSanitizer: %s", found + sizeof undefined - 1);
    } else if (*said.error && !said.at && sscanf(line, " #%u 0x%lx", &number, &pc) == 2 && is_shown(pc, &at)) {
        said.at = pc;
    }
}

/* " in FUNCTION (FILE:LINE)" of a place, as much as is known. */
static void append_place(char *text, size_t size, uintptr_t address)
{
    char line[LINE / 2];
    struct mkemu_core_place at;
    if (!address || !kernel.place(address, &at))
        return;
    source(&at, line, sizeof line);
    size_t length = strlen(text);
    snprintf(text + length, size - length, " in %s%s%s%s", *at.function ? at.function : at.module, *line ? " (" : "",
        line, *line ? ")" : "");
}

/* A library has aborted; addresses: of the calls that led there. */
static void aborted(uintptr_t pc, const uintptr_t *addresses, uint32_t count)
{
    char text[LINE] = "", frame[LINE];
    struct mkemu_core_place at;
    uintptr_t first = said.at;
    if (!*said.error) {
        describe(pc, frame, sizeof frame);
        say(LEVEL_ALERT, "RIP: %s", frame);
        kernel.log(LEVEL_ALERT, "Call Trace:");
        kernel.log(LEVEL_ALERT, " <TASK>");
        for (uint32_t index = 0; index < count; index++)
            if (is_shown(addresses[index] - 1, &at)) {
                first = first ? first : addresses[index] - 1;
                describe(addresses[index] - 1, frame, sizeof frame);
                say(LEVEL_ALERT, "  %s", frame);
            }
        kernel.log(LEVEL_ALERT, " </TASK>");
    }
    if (*said.error)
        snprintf(text, sizeof text, "%s", said.error);
    else
        snprintf(text, sizeof text, "killed by signal %d%s%s", SIGABRT, *said.last ? ": " : "", said.last);
    append_place(text, sizeof text, first);
    /* malloc's own words: "free(): invalid next size (fast)", "corrupted size vs. prev_size", "double free or ..." */
    if (!*said.error && (strstr(said.last, "(): ") || strstr(said.last, "corrupt"))) {
        size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, ": a module has damaged the heap; build it with mk cc --sanitize");
    }
    kernel.log(LEVEL_ALERT, "---[ end trace ]---");
    kernel.reason(text, SIGNAL_EXIT + SIGABRT);
    say(LEVEL_EMERG, "Kernel panic - not syncing: %s", text);
}

static void reason(int number, uintptr_t pc, const char *guard)
{
    char text[LINE], line[LINE / 2];
    struct mkemu_core_place at;
    bool known = kernel.place(pc, &at);
    int length = snprintf(text, sizeof text, "killed by signal %d", number);
    if (known) {
        source(&at, line, sizeof line);
        const char *file = strrchr(at.path, '/') ? strrchr(at.path, '/') + 1 : at.path;
        length += snprintf(text + length, sizeof text - (size_t)length, " in %s+0x%llx", file,
            (unsigned long long)at.offset);
        if (*at.function || *line)
            length += snprintf(text + length, sizeof text - (size_t)length, " (%s%s%s)", at.function,
                *at.function && *line ? ", " : "", line);
    }
    if (guard)
        snprintf(text + length, sizeof text - (size_t)length, ": overflow of the %s", guard);
    kernel.reason(text, SIGNAL_EXIT + number);
    say(LEVEL_EMERG, "Kernel panic - not syncing: %s", text);
}

static void on_error(int number, siginfo_t *about, void *context)
{
    /* A second error, here or on another CPU: the first one tells. */
    if (__atomic_exchange_n(&dying, 1, __ATOMIC_SEQ_CST)) {
        struct timespec patience = {.tv_sec = 5};
        nanosleep(&patience, NULL);
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    uintptr_t pc = mkc_pc_of(context);
    const char *guard = number == SIGSEGV ? kernel.guard((uintptr_t)about->si_addr) : NULL;
    int cpu = kernel.logical_cpu();
    char text[LINE];
    kernel.said(number == SIGABRT ? listen : NULL);
    if (!*said.error)
        what_happened(number, about, guard);
    say(LEVEL_ALERT, "CPU: %d PID: %d Comm: %s", cpu, (int)gettid(), cpu < 0 ? "" : kernel.running(cpu));
    if (number == SIGABRT) {
        uintptr_t addresses[MOST_ABORT_FRAMES];
        aborted(pc, addresses, mkc_backtrace(addresses, MOST_ABORT_FRAMES)); /* abort is called: it may be unwound */
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    uintptr_t frame = mkc_frame_of(context), caller;
    struct mkemu_core_place at;
    if (!kernel.place(pc, &at) && read_word(mkc_stack_of(context), &caller) && kernel.place(caller - 1, &at)) {
        describe(pc, text, sizeof text);
        say(LEVEL_ALERT, "RIP: %s", text); /* a call of an address that is none: who called is what is wanted */
        pc = caller - 1;
    }
    describe(pc, text, sizeof text);
    say(LEVEL_ALERT, "RIP: %s", text);
    if (!read_word(mkc_stack_of(context), &caller))
        caller = 0;
    trace(frame, caller);
    kernel.log(LEVEL_ALERT, "---[ end trace ]---");
    reason(number, pc, guard);
    signal(number, SIG_DFL);
    raise(number);
}

void crash_watch(const struct crash_kernel *watched)
{
    static const int errors[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
    struct sigaction action = {.sa_sigaction = on_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    kernel = *watched;
    memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    sigemptyset(&action.sa_mask);
    for (size_t index = 0; index < sizeof errors / sizeof *errors; index++)
        sigaction(errors[index], &action, NULL);
}

int crash_stack(void)
{
    void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return -errno;
    stack_t alternate = {.ss_sp = stack, .ss_size = STACK};
    return sigaltstack(&alternate, NULL) ? -errno : 0;
}
