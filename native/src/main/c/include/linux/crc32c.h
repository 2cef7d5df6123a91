/* SPDX-License-Identifier: Apache-2.0 */
/* linux/crc32c.h */
#include <linux/crc32.h>
