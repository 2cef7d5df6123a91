/* SPDX-License-Identifier: Apache-2.0 */
/* linux/crc32.h: checksums, bit by bit: right, not fast. */
#ifndef MKEMU_LINUX_CRC32_H
#define MKEMU_LINUX_CRC32_H

#include <mkemu_kmod.h>

enum { MKEMU_CRC32_LE, MKEMU_CRC32_BE, MKEMU_CRC32C };

u32 mkemu_crc32(u32 crc, const void *data, size_t size, int kind);

#define crc32_le(crc, data, size) mkemu_crc32((crc), (data), (size), MKEMU_CRC32_LE)
#define crc32_be(crc, data, size) mkemu_crc32((crc), (data), (size), MKEMU_CRC32_BE)
#define crc32(crc, data, size) crc32_le(crc, data, size)
#define crc32c(crc, data, size) mkemu_crc32((crc), (data), (size), MKEMU_CRC32C)
#define __crc32c_le(crc, data, size) crc32c(crc, data, size)

#endif
