/* SPDX-License-Identifier: Apache-2.0 */
/* linux/sprintf.h: texts from formats. */
#ifndef MKEMU_LINUX_SPRINTF_H
#define MKEMU_LINUX_SPRINTF_H

#include <mkemu_kmod.h>

__printf(3, 4) int snprintf(char *to, size_t size, const char *format, ...);
__printf(3, 0) int vsnprintf(char *to, size_t size, const char *format, va_list args);
__printf(3, 4) int scnprintf(char *to, size_t size, const char *format, ...);
__printf(3, 0) int vscnprintf(char *to, size_t size, const char *format, va_list args);
__printf(2, 3) int sprintf(char *to, const char *format, ...);
__printf(2, 0) int vsprintf(char *to, const char *format, va_list args);
/* The C library's: %d %i %u %x %o %s %c %n %[, with widths and lengths. */
__scanf(2, 3) int sscanf(const char *text, const char *format, ...);
__scanf(2, 0) int vsscanf(const char *text, const char *format, va_list args);

#endif
