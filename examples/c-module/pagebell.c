// SPDX-License-Identifier: Apache-2.0
/*
 * pagebell: a kernel shares a page with its peer and rings; the peer writes into the page and answers each ring. It is
 * written for the multikernel RFC; only the two calls marked "mkemu" are not of it.
 *
 * pagebell.peer=N makes this kernel the one that rings; pagebell.rounds=N says how often.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/multikernel.h>
#include <linux/slab.h>

#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#define BELL 0x42454c4c
#define ECHO 0x4543484f

static int peer = -1;
module_param(peer, int, 0444);
MODULE_PARM_DESC(peer, "the instance to ring; without it this kernel only answers");
static unsigned int rounds = 5;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "how often to ring");

struct counters {
	unsigned long bells, echoes, pages;
};

static struct counters *count;
static struct mk_ipi_handler *handlers[3];
static struct task_struct *ringer;
static unsigned long page;
static DECLARE_COMPLETION(answered);

/* Whoever rings gets the same bytes back. */
static void on_bell(struct mk_ipi_data *data, void *ctx)
{
	int from = mk_instance_of_cpu(data->sender_cpu); /* mkemu */

	count->bells++;
	if (from >= 0 && multikernel_send_ipi_data(from, data->buffer, data->data_size, ECHO))
		pr_warn_ratelimited("instance %d cannot be answered\n", from);
}

static void on_echo(struct mk_ipi_data *data, void *ctx)
{
	count->echoes++;
	complete(&answered);
}

static void on_page(struct mk_ipi_data *data, void *ctx)
{
	char *text = mk_receive_map_page(data);

	if (!text)
		return;
	pr_info("a page says: %.64s\n", text);
	strscpy(text, "and back", 64);
	count->pages++;
	mk_receive_unmap_page(text);
}

static int ring(void *unused)
{
	unsigned int n = 0;

	strscpy((char *)page, "hello through a page", 64);
	/* The peer may not have booted yet. */
	while (mk_send_pfn(peer, virt_to_pfn(page)) && !kthread_should_stop())
		msleep(10);
	while (n < rounds && !kthread_should_stop()) {
		if (multikernel_send_ipi_data(peer, &n, sizeof(n), BELL) ||
		    !wait_for_completion_timeout(&answered, HZ)) {
			pr_warn("ring %u was not answered\n", n);
			msleep(10);
			continue;
		}
		n++;
	}
	pr_info("rang %u times, %lu answers, the page says: %.64s\n", n, count->echoes, (char *)page);
	return 0;
}

static void pagebell_exit(void)
{
	/* It has ended, or it is asked to; the reference keeps it until here. */
	if (ringer)
		kthread_stop_put(ringer);
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		multikernel_unregister_handler(handlers[i]);
	pr_info("%lu bells, %lu pages\n", count->bells, count->pages);
	if (page) {
		mk_revoke_pfn(peer, virt_to_pfn(page)); /* mkemu */
		free_page(page);
	}
	kfree(count);
}

static int __init pagebell_init(void)
{
	count = kzalloc(sizeof(*count), GFP_KERNEL);
	if (!count)
		return -ENOMEM;
	handlers[0] = multikernel_register_handler(on_bell, NULL, BELL);
	handlers[1] = multikernel_register_handler(on_echo, NULL, ECHO);
	handlers[2] = multikernel_register_handler(on_page, NULL, MK_PFN_IPI_TYPE);
	if (!handlers[0] || !handlers[1] || !handlers[2])
		goto fail;
	if (peer < 0)
		return 0;
	page = get_zeroed_page(GFP_KERNEL);
	if (!page)
		goto fail;
	ringer = kthread_create(ring, NULL, "ringer");
	if (IS_ERR(ringer)) {
		ringer = NULL;
		goto fail;
	}
	get_task_struct(ringer);
	wake_up_process(ringer);
	return 0;
fail:
	pagebell_exit();
	return -ENOMEM;
}

module_init(pagebell_init);
module_exit(pagebell_exit);
MODULE_LICENSE("Apache-2.0");
MODULE_DESCRIPTION("shares a page with a peer and rings");
