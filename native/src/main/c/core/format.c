/* SPDX-License-Identifier: Apache-2.0 */
/* format.c: the kernel's vsnprintf. It allocates nothing, so that signal handlers may use it. */
#include "core.h"
#include <linux/printk.h>

struct out {
    char *to;
    size_t size, length; /* length: as if there were room for all */
};

struct spec {
    bool left, plus, space, zero, alternate, upper;
    int width, precision; /* precision -1: none */
};

static void put(struct out *o, char c)
{
    if (o->length + 1 < o->size)
        o->to[o->length] = c;
    o->length++;
}

static void pad(struct out *o, int n, char c)
{
    while (n-- > 0)
        put(o, c);
}

static void text(struct out *o, const char *s, size_t most, const struct spec *f)
{
    size_t n = 0;

    if ((uintptr_t)s < 4096)
        s = s ? "(efault)" : "(null)";
    if (f->precision >= 0 && (size_t)f->precision < most)
        most = (size_t)f->precision;
    while (n < most && s[n])
        n++;
    if (!f->left)
        pad(o, f->width - (int)n, ' ');
    for (size_t i = 0; i < n; i++)
        put(o, s[i]);
    if (f->left)
        pad(o, f->width - (int)n, ' ');
}

static void number(struct out *o, unsigned long long value, bool negative, unsigned int base, const struct spec *f)
{
    char digits[66];
    int n = 0, sign = negative ? '-' : f->plus ? '+' : f->space ? ' ' : 0;
    int prefix = f->alternate && base != 10 && (value || base == 8) ? (base == 16 ? 2 : 1) : 0;

    do {
        digits[n++] = (f->upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
        value /= base;
    } while (value);
    int zeros = f->precision > n ? f->precision - n : 0;
    int rest = f->width - n - zeros - (sign != 0) - prefix;
    if (f->zero && !f->left && f->precision < 0 && rest > 0) {
        zeros += rest;
        rest = 0;
    }
    if (!f->left)
        pad(o, rest, ' ');
    if (sign)
        put(o, (char)sign);
    if (prefix)
        put(o, '0');
    if (prefix == 2)
        put(o, f->upper ? 'X' : 'x');
    pad(o, zeros, '0');
    while (n)
        put(o, digits[--n]);
    if (f->left)
        pad(o, rest, ' ');
}

static void hex(struct out *o, const unsigned char *data, const struct spec *f, char how)
{
    char between = how == 'C' ? ':' : how == 'D' ? '-' : how == 'N' ? 0 : ' ';
    int n = f->width < 0 ? 0 : f->width > 64 ? 64 : f->width;

    for (int i = 0; i < n; i++) {
        if (i && between)
            put(o, between);
        put(o, "0123456789abcdef"[data[i] >> 4]);
        put(o, "0123456789abcdef"[data[i] & 15]);
    }
}

static void nested(struct out *o, const struct va_format *v);

/* What follows %p; how many letters of it are part of it. */
static int pointer(struct out *o, const char *letters, const void *p, struct spec *f)
{
    char name[160];
    struct mkc_cpu *cpu = mkc_this_cpu();

    switch (*letters) {
    case 'e':
        if (IS_ERR(p)) {
            const char *known = mkc_errno_name((int)-PTR_ERR(p));
            if (known) {
                put(o, '-');
                text(o, known, 32, f);
            } else {
                number(o, (unsigned long long)-PTR_ERR(p), true, 10, f);
            }
            return 1;
        }
        break;
    case 'h':
        if (p && (uintptr_t)p >= 4096)
            hex(o, p, f, letters[1]);
        else
            text(o, NULL, 8, f);
        return letters[1] == 'C' || letters[1] == 'D' || letters[1] == 'N' ? 2 : 1;
    case 's':
    case 'S':
    case 'B':
        if (cpu) {
            mkc_symbol(cpu->core, (uintptr_t)p, *letters != 's', name, sizeof name);
            text(o, name, sizeof name, f);
            return 1;
        }
        break;
    case 'V':
        nested(o, p);
        return 1;
    case 'a':
        f->alternate = f->zero = true;
        f->width = 18;
        number(o, *(const u64 *)p, false, 16, f);
        return letters[1] == 'p' || letters[1] == 'd' ? 2 : 1;
    case 'x':
    case 'K':
        f->width = f->width > 16 ? f->width : 16;
        f->zero = true;
        number(o, (uintptr_t)p, false, 16, f);
        return 1;
    }
    int letter = *letters == 'e'; /* what is no error is shown as %p shows it */
    if (!p) {
        text(o, "(null)", 6, f);
        return letter;
    }
    f->width = f->width > 16 ? f->width : 16;
    f->zero = true;
    number(o, (uintptr_t)p, false, 16, f);
    return letter;
}

static const char *flags(const char *at, struct spec *f)
{
    for (;; at++) {
        if (*at == '-')
            f->left = true;
        else if (*at == '+')
            f->plus = true;
        else if (*at == ' ')
            f->space = true;
        else if (*at == '0')
            f->zero = true;
        else if (*at == '#')
            f->alternate = true;
        else
            return at;
    }
}

static const char *count(const char *at, int *n, int star)
{
    if (*at == '*') {
        *n = star;
        return at + 1;
    }
    for (*n = 0; *at >= '0' && *at <= '9'; at++)
        *n = *n < 100000 ? *n * 10 + *at - '0' : *n;
    return at;
}

static unsigned long long integer(va_list *args, int size, bool is_signed)
{
    if (size >= 1)
        return va_arg(*args, unsigned long long);
    int n = va_arg(*args, int);
    if (size == -1)
        n = is_signed ? (short)n : (unsigned short)n;
    else if (size == -2)
        n = is_signed ? (signed char)n : (unsigned char)n;
    return is_signed ? (unsigned long long)(long long)n : (unsigned int)n;
}

static void format(struct out *o, const char *at, va_list *args)
{
    for (; *at; at++) {
        struct spec f = {.precision = -1};
        int size = 0;

        if (*at != '%') {
            put(o, *at);
            continue;
        }
        at = flags(at + 1, &f);
        at = count(at, &f.width, *at == '*' ? va_arg(*args, int) : 0);
        if (f.width < 0) {
            f.left = true;
            f.width = -f.width;
        }
        if (*at == '.') {
            at++;
            at = count(at, &f.precision, *at == '*' ? va_arg(*args, int) : 0);
        }
        for (;; at++) {
            if (*at == 'l' || *at == 'z' || *at == 't' || *at == 'j' || *at == 'L')
                size = 1;
            else if (*at == 'h')
                size--;
            else
                break;
        }
        switch (*at) {
        case 'd':
        case 'i': {
            long long n = (long long)integer(args, size, true);
            number(o, n < 0 ? 0ull - (unsigned long long)n : (unsigned long long)n, n < 0, 10, &f);
            break;
        }
        case 'u':
        case 'o':
        case 'x':
        case 'X':
            f.upper = *at == 'X';
            f.plus = f.space = false;
            number(o, integer(args, size, false), false, *at == 'u' ? 10 : *at == 'o' ? 8 : 16, &f);
            break;
        case 'c': {
            char c = (char)va_arg(*args, int);
            if (!f.left)
                pad(o, f.width - 1, ' ');
            put(o, c);
            if (f.left)
                pad(o, f.width - 1, ' ');
            break;
        }
        case 's':
            text(o, va_arg(*args, const char *), ~(size_t)0, &f);
            break;
        case 'p': {
            const void *p = va_arg(*args, const void *);
            at += pointer(o, at + 1, p, &f);
            break;
        }
        case '%':
            put(o, '%');
            break;
        case 0:
            return;
        default: /* as Linux: what is not known is printed as it is, and nothing can follow it */
            put(o, '%');
            while (*at)
                put(o, *at++);
            return;
        }
    }
}

static void nested(struct out *o, const struct va_format *v)
{
    va_list args;

    va_copy(args, *v->va);
    format(o, v->fmt, &args);
    va_end(args);
}

int mkc_k_vsnprintf(char *to, size_t size, const char *at, va_list args)
{
    struct out o = {to, size, 0};
    va_list copy;

    va_copy(copy, args);
    format(&o, at, &copy);
    va_end(copy);
    if (size)
        to[o.length < size ? o.length : size - 1] = 0;
    return (int)o.length;
}

int mkc_format(char *to, size_t size, const char *at, ...)
{
    va_list args;

    va_start(args, at);
    int length = mkc_k_vsnprintf(to, size, at, args);
    va_end(args);
    return length;
}
