// SPDX-License-Identifier: Apache-2.0
/*
 * What the Java module "peer" and examples/c-peer speak with each other, as a kernel module: pages both ways, then
 * numbered messages both ways, each byte checked. With exchange.partner=N it begins, without it answers.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/multikernel.h>
#include <linux/string.h>
#include <linux/wait.h>

enum { HELLO = 0x70656572, DATA, BYE, RESULT };
enum { PAYLOAD_WORDS = 8, PAGE_WORDS = PAGE_SIZE / 8, BURST = 64 };

static int partner = -1;
module_param(partner, int, 0444);
MODULE_PARM_DESC(partner, "instance to begin with; -1: answer the one that begins");
static ulong messages = 1000;
module_param(messages, ulong, 0444);
static bool lockstep;
module_param(lockstep, bool, 0444);

static u64 sent, received, mismatches, bad_words, result[2], theirs;
static bool running, ended;
static struct task_struct *worker;
static struct mk_ipi_handler *handlers[5];
static DECLARE_WAIT_QUEUE_HEAD(progress);
static DECLARE_COMPLETION(page_checked);
static DECLARE_COMPLETION(greeted);
static DECLARE_COMPLETION(result_came);

static u64 pattern(u64 seed, u64 index)
{
	return (seed + 1) * 0x9e3779b97f4a7c15ull ^ index;
}

static bool begins(void)
{
	return partner >= 0;
}

static int sender_of(const struct mk_ipi_data *data)
{
	return mk_instance_of_cpu(data->sender_cpu);
}

static int send_words(int target, unsigned int type, u64 *words, int count)
{
	return multikernel_send_ipi_data(target, words, count * sizeof(*words), type);
}

/* A page whose words follow its PFN; word 0 is for what was found wrong in the other's. */
static u64 *make_page(u64 first)
{
	u64 *page = (u64 *)__get_free_page(GFP_KERNEL);
	u64 pfn;

	if (!page)
		return NULL;
	pfn = page_to_pfn(virt_to_page(page));
	for (u64 i = 0; i < PAGE_WORDS; i++)
		page[i] = pattern(pfn, i);
	if (!begins())
		page[0] = first;
	return page;
}

static void on_page(struct mk_ipi_data *data, void *context)
{
	unsigned long pfn;
	u64 *page = mk_receive_map_page(data), bad = 0, *mine;

	if (!page || mk_receive_pfn(data, &pfn)) {
		pr_err("exchange: no page came from CPU %d\n", data->sender_cpu);
		return;
	}
	if (begins()) {
		bad_words += page[0];
		for (u64 i = 1; i < PAGE_WORDS; i++)
			bad_words += page[i] != pattern(pfn, i);
		mk_receive_unmap_page(page);
		complete(&page_checked);
		return;
	}
	for (u64 i = 0; i < PAGE_WORDS; i++) {
		bad += page[i] != pattern(pfn, i);
		page[i] = ~page[i];
	}
	mk_receive_unmap_page(page);
	mine = make_page(bad);
	if (!mine || mk_send_pfn(sender_of(data), page_to_pfn(virt_to_page(mine))))
		pr_err("exchange: no page for instance %d\n", sender_of(data));
}

static int exchange(void *unused);

static void on_hello(struct mk_ipi_data *data, void *context)
{
	u64 words[2];

	if (begins()) {
		complete(&greeted);
		return;
	}
	memcpy(words, data->buffer, sizeof(words));
	partner = sender_of(data);
	messages = words[0];
	lockstep = words[1];
	running = true;
	send_words(partner, HELLO, words, 1);
	worker = kthread_run(exchange, (void *)1, "exchange");
}

static void on_data(struct mk_ipi_data *data, void *context)
{
	bool answers = worker && running;
	bool good = data->data_size == PAYLOAD_WORDS * sizeof(u64);
	u64 words[PAYLOAD_WORDS];

	memcpy(words, data->buffer, sizeof(words));
	good = good && words[0] == received;
	for (u64 i = 1; i < PAYLOAD_WORDS; i++)
		good = good && words[i] == (answers ? pattern(received, i) : ~pattern(received, i));
	mismatches += !good;
	received++;
	if (lockstep || received == messages)
		wake_up(&progress);
}

static void on_bye(struct mk_ipi_data *data, void *context)
{
	u64 words[2] = { received, mismatches };

	memcpy(&theirs, data->buffer, sizeof(theirs));
	send_words(partner, RESULT, words, 2);
	ended = true;
	wake_up(&progress);
}

static void on_result(struct mk_ipi_data *data, void *context)
{
	memcpy(result, data->buffer, sizeof(result));
	complete(&result_came);
}

static int send_all(bool answers)
{
	u64 words[PAYLOAD_WORDS];

	while (sent < messages) {
		u64 limit = !lockstep ? messages : answers ? received : received + 1;

		if (sent >= limit) {
			wait_event(progress, received + !answers > sent || kthread_should_stop());
			if (kthread_should_stop())
				return -EINTR;
			continue;
		}
		words[0] = sent;
		for (u64 i = 1; i < PAYLOAD_WORDS; i++)
			words[i] = answers ? ~pattern(sent, i) : pattern(sent, i);
		int error = send_words(partner, DATA, words, PAYLOAD_WORDS);
		if (error == -ENOSPC) {
			if (kthread_should_stop())
				return -EINTR;
			cond_resched();
		} else if (error) {
			return error;
		} else if (++sent % BURST == 0) {
			cond_resched();
		}
	}
	return 0;
}

static int begin(void)
{
	u64 *page = make_page(0), words[2] = { messages, lockstep };
	int error;

	if (!page)
		return -ENOMEM;
	/* The single-slot mailbox takes what nobody will ever see. */
	while (!kthread_should_stop() && (!mk_instance_find(partner) || mk_instance_find(partner)->state != MK_STATE_ACTIVE))
		msleep(1);
	error = mk_send_pfn(partner, page_to_pfn(virt_to_page(page)));
	if (error)
		return error;
	wait_for_completion(&page_checked);
	for (u64 i = 0; i < PAGE_WORDS; i++)
		bad_words += page[i] != ~pattern(page_to_pfn(virt_to_page(page)), i);
	pr_info("exchange: pages have gone both ways, exchanging messages\n");
	error = send_words(partner, HELLO, words, 2);
	if (!error)
		wait_for_completion(&greeted);
	return error;
}

static int exchange(void *answers)
{
	int error = answers ? 0 : begin();

	if (!error)
		error = send_all(answers);
	if (!error && !answers) {
		wait_event(progress, received == messages || kthread_should_stop());
		while ((error = send_words(partner, BYE, &mismatches, 1)) == -ENOSPC)
			cond_resched();
		wait_for_completion(&result_came);
	} else if (!error) {
		wait_event(progress, ended || kthread_should_stop());
		result[0] = messages;
		mismatches += theirs;
	}
	bool good = !error && !mismatches && !bad_words && received == messages && result[0] == messages && !result[1];
	printk("%sexchange: %s: %llu sent, %llu received, %llu mismatches, %llu bad words, error %d\n",
		good ? KERN_INFO : KERN_ERR, good ? "all good" : "FAILED", sent, received, mismatches, bad_words, error);
	running = false;
	return good ? 0 : -EIO;
}

static int __init exchange_init(void)
{
	handlers[0] = multikernel_register_handler(on_page, NULL, MK_PFN_IPI_TYPE);
	handlers[1] = multikernel_register_handler(on_hello, NULL, HELLO);
	handlers[2] = multikernel_register_handler(on_data, NULL, DATA);
	handlers[3] = multikernel_register_handler(on_bye, NULL, BYE);
	handlers[4] = multikernel_register_handler(on_result, NULL, RESULT);
	if (begins()) {
		worker = kthread_run(exchange, NULL, "exchange");
		if (IS_ERR(worker))
			return PTR_ERR(worker);
	}
	return 0;
}

static void __exit exchange_exit(void)
{
	for (int i = 0; i < 5; i++)
		multikernel_unregister_handler(handlers[i]);
}

module_init(exchange_init);
module_exit(exchange_exit);
MODULE_LICENSE("GPL");
