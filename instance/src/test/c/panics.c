// SPDX-License-Identifier: GPL-2.0-only
/* The kernel cannot go on once it gets a message. */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/multikernel.h>

static void on_message(struct mk_ipi_data *data, void *context)
{
	panic("the message of %lu bytes was one too many", (unsigned long)data->data_size);
}

static int __init panics_init(void)
{
	multikernel_register_handler(on_message, NULL, 0x50);
	multikernel_register_handler(on_message, NULL, 0x30);
	return 0;
}

module_init(panics_init);
MODULE_LICENSE("GPL");
