/* SPDX-License-Identifier: Apache-2.0 */
/* mkemu_kmod_string.h: a part of mkemu_kmod.c: the functions of linux/string.h and printk.h that need no kernel. */

ssize_t strscpy_size(char *to, const char *from, size_t size)
{
    size_t n = size ? strnlen(from, size) : 0;

    if (!size)
        return -E2BIG;
    memcpy(to, from, n < size ? n : size - 1);
    to[n < size ? n : size - 1] = 0;
    return n < size ? (ssize_t)n : -E2BIG;
}

size_t strlcpy(char *to, const char *from, size_t size)
{
    strscpy_size(to, from, size);
    return strlen(from);
}

size_t strlcat(char *to, const char *from, size_t size)
{
    size_t n = strnlen(to, size);

    return n + strlcpy(to + n, from, size - n);
}

char *strsep(char **at, const char *of)
{
    char *begin = *at, *end = begin ? strpbrk(begin, of) : NULL;

    if (end)
        *end++ = 0;
    *at = end;
    return begin;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char *skip_spaces(const char *s)
{
    while (is_space(*s))
        s++;
    return (char *)(uintptr_t)s;
}

char *strim(char *s)
{
    size_t n = strlen(s);

    while (n && is_space(s[n - 1]))
        s[--n] = 0;
    return skip_spaces(s);
}

char *strchrnul(const char *s, int c)
{
    while (*s && *s != (char)c)
        s++;
    return (char *)(uintptr_t)s;
}

char *strnchr(const char *s, size_t size, int c)
{
    for (; size--; s++) {
        if (*s == (char)c)
            return (char *)(uintptr_t)s;
        if (!*s)
            break;
    }
    return NULL;
}

void *memchr_inv(const void *s, int c, size_t size)
{
    for (const unsigned char *at = s; size--; at++)
        if (*at != (unsigned char)c)
            return (void *)(uintptr_t)at;
    return NULL;
}

bool sysfs_streq(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b || (!*a && *b == '\n' && !b[1]) || (!*b && *a == '\n' && !a[1]);
}

int match_string(const char *const *array, size_t n, const char *text)
{
    for (size_t i = 0; i < n && array[i]; i++)
        if (!strcmp(array[i], text))
            return (int)i;
    return -EINVAL;
}

const char *kbasename(const char *path)
{
    const char *last = strrchr(path, '/');

    return last ? last + 1 : path;
}

void *kmemdup(const void *from, size_t size, gfp_t gfp)
{
    void *to = kmalloc(size, gfp);

    if (to && size)
        memcpy(to, from, size);
    return to;
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
    size_t n = s ? strnlen(s, max) : 0;
    char *to = s ? kmalloc(n + 1, gfp) : NULL;

    if (to) {
        memcpy(to, s, n);
        to[n] = 0;
    }
    return to;
}

char *kstrdup(const char *s, gfp_t gfp)
{
    return kstrndup(s, ~(size_t)0 >> 1, gfp);
}

char *kvasprintf(gfp_t gfp, const char *format, va_list args)
{
    va_list copy;

    va_copy(copy, args);
    int n = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    char *to = kmalloc((size_t)n + 1, gfp);
    if (to)
        vsnprintf(to, (size_t)n + 1, format, args);
    return to;
}

char *kasprintf(gfp_t gfp, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *to = kvasprintf(gfp, format, args);
    va_end(args);
    return to;
}

void print_hex_dump(const char *level, const char *prefix, int prefix_type, int row, int group, const void *data,
    size_t size, bool ascii)
{
    const unsigned char *at = data;

    row = row == 32 ? 32 : 16;
    group = group < 1 ? 1 : group;
    for (size_t line = 0; line < size; line += (size_t)row) {
        char text[200];
        int n = 0, count = size - line < (size_t)row ? (int)(size - line) : row;

        for (int i = 0; i < row; i++) /* the bytes of a group are those of a little-endian number */
            n += i / group * group + group - 1 - i % group < count
                ? scnprintf(text + n, sizeof text - (size_t)n, "%s%02x", i && i % group == 0 ? " " : "",
                    at[line + (size_t)(i / group * group + group - 1 - i % group)])
                : ascii ? scnprintf(text + n, sizeof text - (size_t)n, "%s  ", i && i % group == 0 ? " " : "") : 0;
        if (ascii) {
            n += scnprintf(text + n, sizeof text - (size_t)n, "  ");
            for (int i = 0; i < count; i++)
                text[n++] = at[line + (size_t)i] >= 32 && at[line + (size_t)i] < 127 ? (char)at[line + (size_t)i] : '.';
            text[n] = 0;
        }
        if (prefix_type == DUMP_PREFIX_OFFSET)
            printk("%s%s%.8zx: %s\n", level, prefix, line, text);
        else if (prefix_type == DUMP_PREFIX_ADDRESS)
            printk("%s%s%px: %s\n", level, prefix, (const void *)(at + line), text);
        else
            printk("%s%s%s\n", level, prefix, text);
    }
}
