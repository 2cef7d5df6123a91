// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends numbered messages that can be told whole, and keeps a ledger of them in a page of its instance, which survives
 * it: what it has sent, and what it is about to send. With lockstep it awaits the answer to each.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/multikernel.h>

#define NUMBERED 0x50
#define ANSWER 0x51

static int peer = 2;
module_param(peer, int, 0444);
static int messages = 100;
module_param(messages, int, 0444);
static int lockstep;
module_param(lockstep, int, 0444);

static struct {
	u64 sent, sending;
} *ledger;
static u64 answered;
static struct mk_ipi_handler *answers;

static void on_answer(struct mk_ipi_data *data, void *context)
{
	if (data->data_size == sizeof(answered))
		memcpy(&answered, data->buffer, sizeof(answered));
}

static size_t fill(unsigned char *bytes, u64 number)
{
	size_t size = 16 + number * 37 % 241, i;

	memcpy(bytes, &number, sizeof(number));
	for (i = sizeof(number); i < size; i++)
		bytes[i] = (unsigned char)(number + i + 1);
	return size;
}

static int stream(void *unused)
{
	unsigned char bytes[256];
	u64 number;

	for (number = 1; number <= (u64)messages && !kthread_should_stop(); number++) {
		size_t size = fill(bytes, number);

		WRITE_ONCE(ledger->sending, number);
		while (multikernel_send_ipi_data(peer, bytes, size, NUMBERED))
			cond_resched();
		WRITE_ONCE(ledger->sent, number);
		while (lockstep && READ_ONCE(answered) < number && !kthread_should_stop())
			cond_resched();
	}
	return 0;
}

static int __init streams_init(void)
{
	ledger = (void *)get_zeroed_page(GFP_KERNEL);
	if (!ledger)
		return -ENOMEM;
	pr_info("streams: ledger at 0x%llx\n", (unsigned long long)virt_to_phys(ledger));
	answers = multikernel_register_handler(on_answer, NULL, ANSWER);
	kthread_run(stream, NULL, "stream");
	return 0;
}

static void __exit streams_exit(void)
{
	multikernel_unregister_handler(answers);
	free_page((unsigned long)ledger);
}

module_init(streams_init);
module_exit(streams_exit);
MODULE_LICENSE("GPL");
