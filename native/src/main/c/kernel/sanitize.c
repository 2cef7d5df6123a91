/* SPDX-License-Identifier: Apache-2.0 */
/* Modules of mk cc --sanitize: their run-time library must be in a process before anything else is. */
#include "kernel.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The name of the library in the text of a shared object, as libasan.so.8 stands in its dynamic section; false: none. */
static bool wants(const char *path, char *library, size_t size)
{
    static const char name[] = "libasan.so";
    struct stat status;
    bool found = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && !fstat(fd, &status) && status.st_size > 0) {
        size_t length = (size_t)status.st_size;
        char *file = (char *)mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
        char *at = file == MAP_FAILED ? NULL : (char *)memmem(file, length, name, sizeof name - 1);
        size_t end = 0;
        for (; at && at + end < file + length && at[end] > ' ' && end < size - 1; end++)
            library[end] = at[end];
        library[end] = 0;
        found = end > 0;
        if (file != MAP_FAILED)
            munmap(file, length);
    }
    if (fd >= 0)
        close(fd);
    return found;
}

bool is_sanitized(void)
{
    return dlsym(RTLD_DEFAULT, "__asan_init") != NULL;
}

void sanitize_first(char **argv, char *const *modules, int count)
{
    char library[64];
    if (is_sanitized())
        return;
    for (int index = 0; index < count; index++)
        if (wants(modules[index], library, sizeof library)) {
            setenv("LD_PRELOAD", library, 1);
            /* The kernel's own report of an error comes after the sanitizer's. Its stderr is in the kernel log. */
            setenv("ASAN_OPTIONS", "abort_on_error=1:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0:"
                "detect_leaks=0:detect_stack_use_after_return=0", 0);
            setenv("UBSAN_OPTIONS", "abort_on_error=1:print_stacktrace=1", 0);
            execv("/proc/self/exe", argv);
            fprintf(stderr, "mkemu: module %s was compiled with --sanitize, and its %s cannot be loaded first: %s\n",
                modules[index], library, strerror(errno));
            exit(EXIT_CODE_MODULE);
        }
}
