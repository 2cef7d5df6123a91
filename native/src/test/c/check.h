/* SPDX-License-Identifier: Apache-2.0 */
/* check.h: what the modules of the tests have in common. */
#include <linux/printk.h>

#define CHECK(condition) do {                                                       \
    if (!(condition))                                                               \
        printk(KERN_ERR "FAIL %s:%d: %s\n", __FILE__, __LINE__, #condition);        \
} while (0)
