/* SPDX-License-Identifier: Apache-2.0 */
/* linux/string.h: texts and memory. */
#ifndef MKEMU_LINUX_STRING_H
#define MKEMU_LINUX_STRING_H

#include <linux/err.h>
#include <mkemu_kmod.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *s, int c, size_t size);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t size);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t size);
char *strcpy(char *to, const char *from);
char *strncpy(char *to, const char *from, size_t size);
char *strcat(char *to, const char *from);
char *strncat(char *to, const char *from, size_t size);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
size_t strspn(const char *s, const char *of);
size_t strcspn(const char *s, const char *of);
char *strpbrk(const char *s, const char *of);

ssize_t strscpy_size(char *to, const char *from, size_t size);
size_t strlcpy(char *to, const char *from, size_t size);
size_t strlcat(char *to, const char *from, size_t size);
char *strsep(char **at, const char *of);
char *skip_spaces(const char *s);
char *strim(char *s);
char *strchrnul(const char *s, int c);
char *strnchr(const char *s, size_t size, int c);
void *memchr_inv(const void *s, int c, size_t size);
bool sysfs_streq(const char *a, const char *b);
int match_string(const char *const *array, size_t n, const char *text);
const char *kbasename(const char *path);

/* strscpy(to, from) of an array, or strscpy(to, from, size): the length, or -E2BIG if it was cut. */
#define strscpy_2_(to, from) strscpy_size(to, from, sizeof(to))
#define strscpy_3_(to, from, size) strscpy_size(to, from, size)
#define strscpy_pick_(a, b, c, name, ...) name
#define strscpy(...) strscpy_pick_(__VA_ARGS__, strscpy_3_, strscpy_2_, 0)(__VA_ARGS__)
#define strscpy_pad(to, from, size) ({ memset((to), 0, (size)); strscpy_size((to), (from), (size)); })
#define strstrip(s) strim(s)
#define memzero_explicit(p, size) do { memset((p), 0, (size)); barrier(); } while (0)
#define strstarts(s, prefix) (strncmp((s), (prefix), strlen(prefix)) == 0)
#define str_has_prefix(s, prefix) (strstarts(s, prefix) ? strlen(prefix) : 0)

void *kmemdup(const void *from, size_t size, gfp_t gfp);
char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t max, gfp_t gfp);

#endif
