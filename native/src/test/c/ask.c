// SPDX-License-Identifier: GPL-2.0-only
/* Calls, answers, and what becomes of those that have none; with ask.peer=N it asks, else it only answers. */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/workqueue.h>
#include <linux/multikernel.h>

enum { DOUBLE = 1, LATE, NEVER, COUNT };

static int peer = -1;
module_param(peer, int, 0444);
static unsigned int rounds = 200;
module_param(rounds, uint, 0444);

enum { MOST = 4096 };
static DECLARE_BITMAP(seen, MOST); /* the values that were handled */
static u64 handled, twice, late_ticket, late_value, oneway;
static unsigned int bad;

#define CHECK(what) \
	do { \
		if (!(what)) { \
			bad++; \
			pr_err("FAIL %s:%d: %s\n", __FILE__, __LINE__, #what); \
		} \
	} while (0)

static void late_fn(struct work_struct *w)
{
	u64 answer = late_value * 2;

	CHECK(mk_answer_message(late_ticket, &answer, sizeof(answer)) == 0);
	CHECK(mk_answer_message(late_ticket, &answer, sizeof(answer)) == -EEXIST);
}
static DECLARE_WORK(late_work, late_fn);

static void on_user(u32 type, u32 subtype, void *payload, u32 len, void *ctx)
{
	u64 value, life = 0;

	if (!mk_message_ticket()) {
		oneway++;
		return;
	}
	CHECK(type == MK_MSG_USER && ctx == &handled);
	CHECK(mk_message_sender(&life) >= 0 && life > 0);
	if (subtype == COUNT) {
		u64 counts[3] = { handled, twice, oneway };

		CHECK(mk_answer_message(mk_message_ticket(), counts, sizeof(counts)) == 0);
		return;
	}
	memcpy(&value, payload, sizeof(value));
	handled++;
	CHECK(value < MOST);
	twice += value < MOST && __test_and_set_bit(value, seen);
	if (subtype == DOUBLE) {
		value *= 2;
		CHECK(mk_answer_message(mk_message_ticket(), &value, sizeof(value)) == 0);
		CHECK(mk_answer_message(mk_message_ticket(), &value, sizeof(value)) == -EEXIST);
	} else if (subtype == LATE) {
		late_ticket = mk_message_ticket();
		late_value = value;
		schedule_work(&late_work);
	}
}

static int call(u32 subtype, u64 value, u64 *answer, s64 timeout)
{
	struct mk_pending_msg *p = mk_msg_pending_add(peer, MK_MSG_USER, subtype, &value, sizeof(value), timeout);

	return IS_ERR(p) ? PTR_ERR(p) : mk_msg_pending_wait(p, answer, sizeof(*answer));
}

#define LONG (300LL * NSEC_PER_SEC)

static void refusals(void)
{
	u8 large[MK_MAX_PAYLOAD + 1] = { 0 };

	CHECK(PTR_ERR(mk_msg_pending_add(peer, 0, 1, NULL, 0, LONG)) == -EINVAL);
	CHECK(PTR_ERR(mk_msg_pending_add(256, MK_MSG_USER, 1, NULL, 0, LONG)) == -EINVAL);
	CHECK(PTR_ERR(mk_msg_pending_add(peer, MK_MSG_USER, 1, large, sizeof(large), LONG)) == -EINVAL);
	CHECK(PTR_ERR(mk_msg_pending_add(peer, MK_MSG_USER, 1, NULL, 0, 0)) == -EINVAL);
	CHECK(PTR_ERR(mk_msg_pending_add(77, MK_MSG_USER, 1, NULL, 0, LONG)) == -ESHUTDOWN);
	CHECK(mk_msg_pending_wait(NULL, NULL, 0) == -EINVAL);
	CHECK(mk_send_message(peer, 0x10000, 1, NULL, 0) == -EINVAL);
	CHECK(mk_answer_message(0, NULL, 0) == -EINVAL);
	CHECK(mk_answer_message(~0ULL, NULL, 0) == -EINVAL);
	CHECK(mk_register_msg_handler(MK_MSG_USER, on_user, NULL) == -EEXIST);
	CHECK(mk_register_msg_handler(0, on_user, NULL) == -EINVAL);
	CHECK(mk_unregister_msg_handler(MK_MSG_IO, on_user) == -ENOENT);
	CHECK(mk_message_ticket() == 0 && mk_message_sender(NULL) == -1);
	CHECK(mk_instance_life(peer) > 0 && mk_instance_life(77) == 0);
}

/* As many as may be under way, and one more; then all of them end by their deadline. */
static void window(u64 *value)
{
	struct mk_pending_msg *many[64];
	u64 answer;
	int i;

	for (i = 0; i < 64; i++) {
		u64 v = ++*value;

		many[i] = mk_msg_pending_add(peer, MK_MSG_USER, NEVER, &v, sizeof(v), 20 * NSEC_PER_MSEC);
		CHECK(!IS_ERR(many[i]));
	}
	CHECK(PTR_ERR(mk_msg_pending_add(peer, MK_MSG_USER, NEVER, NULL, 0, LONG)) == -ENOSPC);
	for (i = 0; i < 64; i++)
		if (!IS_ERR(many[i]))
			CHECK(mk_msg_pending_wait(many[i], NULL, 0) == -ETIME);
	CHECK(call(DOUBLE, ++*value, &answer, LONG) == sizeof(answer) && answer == 2 * *value);
}

static int asks(void *data)
{
	struct mk_pending_msg *p;
	u64 value = 0, answer, counts[3];
	unsigned int i;

	/* The other one may not have registered its handler yet: until then nobody answers, and it is repeated. */
	CHECK(call(DOUBLE, ++value, &answer, LONG) == sizeof(answer) && answer == 2 * value);
	refusals();
	for (i = 0; i < rounds; i++)
		CHECK(call(DOUBLE, ++value, &answer, LONG) == sizeof(answer) && answer == 2 * value);
	CHECK(call(LATE, ++value, &answer, LONG) == sizeof(answer) && answer == 2 * value);
	CHECK(call(NEVER, ++value, &answer, 3 * NSEC_PER_MSEC) == -ETIME);
	window(&value);
	p = mk_msg_pending_add(peer, MK_MSG_SYSTEM, MK_SYS_HEARTBEAT, NULL, 0, LONG);
	CHECK(!IS_ERR(p) && mk_msg_pending_wait(p, NULL, 0) == 0);
	CHECK(mk_send_message(peer, MK_MSG_USER, 9, NULL, 0) == 0);
	CHECK(mk_broadcast_message(MK_MSG_USER, 9, NULL, 0) == 1);
	p = mk_msg_pending_add(peer, MK_MSG_USER, COUNT, NULL, 0, LONG);
	CHECK(!IS_ERR(p) && mk_msg_pending_wait(p, counts, sizeof(counts)) == sizeof(counts));
	CHECK(counts[0] <= value && counts[0] >= value - 65 && counts[1] == 0);
	pr_info("%llu calls, %llu handled, %llu twice, %llu that ask nothing, %u wrong\n", value, counts[0], counts[1],
		counts[2], bad);
	/* One is under way when the module ends. */
	CHECK(!IS_ERR(mk_msg_pending_add(peer, MK_MSG_USER, NEVER, &value, sizeof(value), LONG)));
	return bad ? -EIO : 0;
}

static int __init ask_init(void)
{
	int ret = mk_register_msg_handler(MK_MSG_USER, on_user, &handled);

	if (ret)
		return ret;
	return peer < 0 ? 0 : PTR_ERR_OR_ZERO(kthread_run(asks, NULL, "asks"));
}

static void __exit ask_exit(void)
{
	if (peer < 0)
		CHECK(mk_unregister_msg_handler(MK_MSG_USER, on_user) == 0);
}

module_init(ask_init);
module_exit(ask_exit);
MODULE_LICENSE("GPL");
