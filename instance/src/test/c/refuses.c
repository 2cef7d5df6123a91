// SPDX-License-Identifier: GPL-2.0-only
/* Its init finds no device. */
#include <linux/module.h>
#include <linux/errno.h>
#include <linux/multikernel.h>

static void nothing(struct mk_ipi_data *data, void *context)
{
}

static int __init refuses_init(void)
{
	multikernel_register_handler(nothing, NULL, 0x40);
	return -ENODEV;
}

module_init(refuses_init);
MODULE_LICENSE("GPL");
