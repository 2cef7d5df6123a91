// SPDX-License-Identifier: Apache-2.0
/*
 * answer.c: an instance's side of the benchmark as a module in C, as io.mkemu.bench.mkemu.AnswerSide has it in Java:
 * answers pings, and sends what it is ordered to. The IPI types and the order are those of BenchMessage.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/multikernel.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#define PING 0x62650001
#define PONG 0x62650002
#define ORDER 0x62650003
#define DATA 0x62650004
#define RUN_SHIFT 40
#define BATCH 64

struct order {
	u64 run, nanos;
	u32 bytes, yields;
};

static struct order ordered;
static struct mk_ipi_handler *handlers[2];

static void on_ping(struct mk_ipi_data *data, void *ctx)
{
	int result = multikernel_send_ipi_data(mk_instance_of_cpu(data->sender_cpu), data->buffer, data->data_size, PONG);

	if (result)
		pr_err_ratelimited("answer: %pe\n", ERR_PTR(result));
}

static void flood(struct work_struct *work)
{
	struct order order = ordered;
	u64 payload[32] = {0}, number = 0, deadline = ktime_get_ns() + order.nanos;
	int result = 0;

	do {
		for (int count = 0; count < BATCH && !result; count++) {
			payload[0] = order.run << RUN_SHIFT | (number + 1);
			/* Where it shares a core with the receiver it has to let that one run. */
			result = order.yields
				? mk_send_ipi_data_timeout(0, payload, order.bytes, DATA, NSEC_PER_MSEC)
				: multikernel_send_ipi_data(0, payload, order.bytes, DATA);
			number += !result;
		}
		if (result && result != -ENOSPC) {
			pr_err("send: %pe\n", ERR_PTR(result));
			return;
		}
		result = 0;
		cond_resched();
	} while (ktime_get_ns() < deadline);
}

static DECLARE_WORK(flooding, flood);

static void on_order(struct mk_ipi_data *data, void *ctx)
{
	struct order order;

	if (data->data_size != sizeof(order))
		return;
	memcpy(&order, data->buffer, sizeof(order));
	/* A single-slot mailbox may deliver it twice. */
	if (order.run == ordered.run || order.bytes > MK_MAX_DATA_SIZE)
		return;
	ordered = order;
	schedule_work(&flooding);
}

static void answer_exit(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		multikernel_unregister_handler(handlers[i]);
	cancel_work_sync(&flooding);
}

static int __init answer_init(void)
{
	handlers[0] = multikernel_register_handler(on_ping, NULL, PING);
	handlers[1] = multikernel_register_handler(on_order, NULL, ORDER);
	if (handlers[0] && handlers[1])
		return 0;
	answer_exit();
	return -ENOMEM;
}

module_init(answer_init);
module_exit(answer_exit);
MODULE_LICENSE("Apache-2.0");
MODULE_DESCRIPTION("answers the benchmark's pings");
