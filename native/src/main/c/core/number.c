/* SPDX-License-Identifier: Apache-2.0 */
/* number.c: numbers from texts, checksums. */
#include "core.h"
#include <linux/crc32.h>
#include <linux/kstrtox.h>

static unsigned int digit(char c)
{
    return c >= '0' && c <= '9' ? (unsigned int)(c - '0') : (c | 32) >= 'a' && (c | 32) <= 'z'
        ? (unsigned int)((c | 32) - 'a' + 10) : 99;
}

/* The digits behind text; *end is text where there are none. Whether it does not fit. */
static bool digits(const char *text, const char **end, unsigned int base, unsigned long long *value)
{
    bool over = false;

    *value = 0;
    if ((base == 0 || base == 16) && text[0] == '0' && (text[1] | 32) == 'x' && digit(text[2]) < 16) {
        text += 2;
        base = 16;
    } else if (!base) {
        base = *text == '0' ? 8 : 10;
    }
    *end = text;
    for (; digit(*text) < base; text++) {
        over |= __builtin_mul_overflow(*value, base, value);
        over |= __builtin_add_overflow(*value, digit(*text), value);
        *end = text + 1;
    }
    return over;
}

int mkc_k_kstrtoull(const char *text, unsigned int base, unsigned long long *result)
{
    const char *end, *begin = text + (*text == '+');
    unsigned long long value;
    bool over = digits(begin, &end, base, &value);

    if (end == begin)
        return -EINVAL;
    if (*end == '\n')
        end++;
    if (*end)
        return -EINVAL;
    if (over)
        return -ERANGE;
    *result = value;
    return 0;
}

int mkc_k_kstrtoll(const char *text, unsigned int base, long long *result)
{
    unsigned long long value;
    bool negative = *text == '-';

    if (negative && text[1] == '+')
        return -EINVAL;
    int error = mkc_k_kstrtoull(text + negative, base, &value);
    if (error)
        return error;
    if (value > (unsigned long long)LLONG_MAX + negative)
        return -ERANGE;
    *result = negative ? (long long)(0 - value) : (long long)value;
    return 0;
}

unsigned long long mkc_k_simple_strtoull(const char *text, char **end, unsigned int base)
{
    unsigned long long value;
    const char *behind;

    digits(text, &behind, base, &value);
    if (end)
        *end = (char *)(uintptr_t)behind;
    return value;
}

unsigned long long mkc_k_memparse(const char *text, char **end)
{
    unsigned long long value;
    const char *behind;
    int shift = 0;

    digits(text, &behind, 0, &value);
    switch (*behind | 32) {
    case 'e':
        shift += 10;
        fallthrough;
    case 'p':
        shift += 10;
        fallthrough;
    case 't':
        shift += 10;
        fallthrough;
    case 'g':
        shift += 10;
        fallthrough;
    case 'm':
        shift += 10;
        fallthrough;
    case 'k':
        shift += 10;
        behind++;
    }
    if (end)
        *end = (char *)(uintptr_t)behind;
    return value << shift;
}

u32 mkc_k_mkemu_crc32(u32 crc, const void *data, size_t size, int kind)
{
    const unsigned char *at = data;
    u32 polynomial = kind == MKEMU_CRC32C ? 0x82f63b78 : 0xedb88320;

    while (size--) {
        if (kind == MKEMU_CRC32_BE) {
            crc ^= (u32)*at++ << 24;
            for (int i = 0; i < 8; i++)
                crc = crc << 1 ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
        } else {
            crc ^= *at++;
            for (int i = 0; i < 8; i++)
                crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
        }
    }
    return crc;
}
