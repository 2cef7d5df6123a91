/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: the table that every module gets. */
#include "core.h"
#include <linux/string.h>

/* The C library's, with which the compiler may do as it likes. */
#define MKC_LIBRARY(result, name, parameters, arguments) \
    result mkc_k_##name parameters                       \
    {                                                    \
        return name arguments;                           \
    }
MKC_LIBRARY(void *, memcpy, (void *to, const void *from, size_t size), (to, from, size))
MKC_LIBRARY(void *, memmove, (void *to, const void *from, size_t size), (to, from, size))
MKC_LIBRARY(void *, memset, (void *to, int byte, size_t size), (to, byte, size))
MKC_LIBRARY(int, memcmp, (const void *a, const void *b, size_t size), (a, b, size))
MKC_LIBRARY(void *, memchr, (const void *s, int c, size_t size), (s, c, size))
MKC_LIBRARY(size_t, strlen, (const char *s), (s))
MKC_LIBRARY(size_t, strnlen, (const char *s, size_t size), (s, size))
MKC_LIBRARY(int, strcmp, (const char *a, const char *b), (a, b))
MKC_LIBRARY(int, strncmp, (const char *a, const char *b, size_t size), (a, b, size))
MKC_LIBRARY(int, strcasecmp, (const char *a, const char *b), (a, b))
MKC_LIBRARY(int, strncasecmp, (const char *a, const char *b, size_t size), (a, b, size))
MKC_LIBRARY(char *, strcpy, (char *to, const char *from), (to, from))
MKC_LIBRARY(char *, strncpy, (char *to, const char *from, size_t size), (to, from, size))
MKC_LIBRARY(char *, strcat, (char *to, const char *from), (to, from))
MKC_LIBRARY(char *, strncat, (char *to, const char *from, size_t size), (to, from, size))
MKC_LIBRARY(char *, strchr, (const char *s, int c), (s, c))
MKC_LIBRARY(char *, strrchr, (const char *s, int c), (s, c))
MKC_LIBRARY(char *, strstr, (const char *s, const char *what), (s, what))
MKC_LIBRARY(size_t, strspn, (const char *s, const char *of), (s, of))
MKC_LIBRARY(size_t, strcspn, (const char *s, const char *of), (s, of))
MKC_LIBRARY(char *, strpbrk, (const char *s, const char *of), (s, of))

int mkc_k_vsscanf(const char *text, const char *format, va_list args)
{
    return mkc_vsscanf(text, format, args);
}

#define MKEMU_CALL(result, name, parameters, arguments) .name = mkc_k_##name,
const struct mkemu_kmod_table mkc_table = {
    .magic = MKEMU_KMOD_MAGIC,
    .version = MKEMU_KMOD_VERSION,
    .machine = MKEMU_KMOD_MACHINE,
    .size = sizeof(struct mkemu_kmod_table),
#include <mkemu_kmod_calls.h>
};
