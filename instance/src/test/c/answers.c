// SPDX-License-Identifier: GPL-2.0-only
/* Answers what it is sent, shares pages, and takes a handler back: what the contract of the mailboxes is looked at with. */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/multikernel.h>
#include <linux/string.h>

#define ASK 0x20
#define ANSWER 0x21
#define TAKE_BACK 0x22
#define SELF 0x23

static struct mk_ipi_handler *asked, *back, *pages, *self;

static void on_ask(struct mk_ipi_data *data, void *context)
{
	unsigned char *bytes = (unsigned char *)data->buffer;
	size_t i;

	if (context != &asked)
		pr_err("the context is another one\n");
	for (i = 0; i < data->data_size; i++)
		bytes[i] = (unsigned char)(bytes[i] + 1);
	multikernel_send_ipi_data(mk_instance_of_cpu(data->sender_cpu), data->buffer, data->data_size, ANSWER);
}

static void on_take_back(struct mk_ipi_data *data, void *context)
{
	multikernel_unregister_handler(asked);
	asked = NULL;
	multikernel_send_ipi_data(mk_instance_of_cpu(data->sender_cpu), NULL, 4, ANSWER);
}

static void on_page(struct mk_ipi_data *data, void *context)
{
	char *page = mk_receive_map_page(data);

	if (!page) {
		pr_info("answers: the page cannot be mapped\n");
		return;
	}
	pr_info("answers: the page says: %s\n", page);
	strcpy(page, "and back");
	mk_receive_unmap_page(page);
}

static void on_self(struct mk_ipi_data *data, void *context)
{
	pr_info("answers: type 0x%x, %lu bytes from CPU %d\n", (unsigned int)data->type,
		(unsigned long)data->data_size, data->sender_cpu);
}

static int __init answers_init(void)
{
	asked = multikernel_register_handler(on_ask, &asked, ASK);
	back = multikernel_register_handler(on_take_back, NULL, TAKE_BACK);
	pages = multikernel_register_handler(on_page, NULL, 0x80000001U);
	self = multikernel_register_handler(on_self, NULL, SELF);
	pr_info("answers: ready\n");
	return asked && back && pages && self ? 0 : -ENOMEM;
}

static void __exit answers_exit(void)
{
	multikernel_unregister_handler(back);
	multikernel_unregister_handler(pages);
	multikernel_unregister_handler(self);
	if (asked)
		multikernel_unregister_handler(asked);
	pr_info("answers: gone\n");
}

module_init(answers_init);
module_exit(answers_exit);
MODULE_LICENSE("GPL");
