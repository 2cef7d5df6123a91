/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libraries write to stderr, a sanitizer's report, what the C library says before it aborts: it goes into a file in
 * memory, and from there into the kernel log. So it is in order with what the kernel itself says, and by a kernel that
 * dies all of it is told, before its own report.
 */
#include "kernel.h"

enum { PATIENCE_MILLIS = 1000, LINE = 512 };

static int words = -1, console = -1;
static off_t told;
static uint32_t busy;

void stderr_take(void)
{
    int file = memfd_create("stderr", MFD_CLOEXEC);
    /* Whoever has started a kernel by hand sees it too. */
    if (file >= 0 && !kernel.child)
        console = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    /* Refused: what is said stays where it goes. */
    if (file >= 0 && !fcntl(file, F_SETFL, O_APPEND) && dup2(file, STDERR_FILENO) >= 0)
        words = file;
    else if (file >= 0)
        close(file);
}

void stderr_print(const char *line)
{
    int to = console >= 0 ? console : words < 0 && !kernel.child ? STDERR_FILENO : -1;
    if (to >= 0)
        dprintf(to, "mkemu: %s\n", line);
}

static bool enter(void)
{
    struct timespec moment = {.tv_nsec = 1000000};
    for (int turn = 0; turn < PATIENCE_MILLIS; turn++) {
        if (!__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
            return true;
        nanosleep(&moment, NULL);
    }
    return false;
}

void stderr_tell(int level, bool all, void (*also)(const char *line))
{
    char text[LINE + 1];
    ssize_t length;
    if (words < 0 || !enter())
        return;
    while ((length = pread(words, text, LINE, told)) > 0) {
        text[length] = 0;
        size_t end = strcspn(text, "\n");
        if (end == (size_t)length && length < LINE && !all)
            break; /* the rest of the line is still to come */
        told += (off_t)(end + (end < (size_t)length));
        text[end] = 0;
        klog_raw(level, text, end);
        if (console >= 0)
            dprintf(console, "%s\n", text);
        if (also)
            also(text);
    }
    /* What has been told takes no memory. */
    fallocate(words, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, told);
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}
