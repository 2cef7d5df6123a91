// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers messages of types USER and NETWORK; told so by one of them or by calls.partner=, it calls another kernel, and
 * says what came of that.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/multikernel.h>

#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

enum { PLUS_ONE = 1, CALL_ME, STAY_SILENT };
#define LONG (300LL * NSEC_PER_SEC)

static int partner = -1;
module_param(partner, int, 0444);
static u32 rounds;
module_param(rounds, uint, 0444);

/* Calls with payloads of all lengths; each byte comes back one higher. */
static int call_all(void *unused)
{
	u8 sent[MK_MAX_PAYLOAD], answer[MK_MAX_PAYLOAD];
	u32 answered = 0, wrong = 0, i, at;
	int result = 0;

	for (i = 0; i < rounds; i++) {
		u32 len = i % (MK_MAX_PAYLOAD + 1);
		struct mk_pending_msg *p;

		for (at = 0; at < len; at++)
			sent[at] = (u8)(i + at);
		p = mk_msg_pending_add(partner, MK_MSG_NETWORK, i, sent, len, LONG);
		result = IS_ERR(p) ? PTR_ERR(p) : mk_msg_pending_wait(p, answer, sizeof(answer));
		if (!answered && (result == -ESHUTDOWN || result == -ENODEV)) {
			/* The other one may boot later. */
			msleep(5);
			i--;
			continue;
		}
		if (result < 0)
			break;
		if (!answered)
			pr_info("the first is answered\n");
		answered++;
		wrong += (u32)result != len;
		for (at = 0; at < len; at++)
			wrong += answer[at] != (u8)(i + at + 1);
	}
	pr_info("%u answered, %u wrong, %d\n", answered, wrong, result < 0 ? result : 0);
	return 0;
}

static void on_user(u32 type, u32 subtype, void *payload, u32 len, void *ctx)
{
	u8 answer[MK_MAX_PAYLOAD];
	u64 life;
	u32 at;

	switch (type == MK_MSG_NETWORK ? PLUS_ONE : subtype) {
	case PLUS_ONE:
		for (at = 0; at < len; at++)
			answer[at] = ((u8 *)payload)[at] + 1;
		mk_answer_message(mk_message_ticket(), answer, len);
		break;
	case CALL_ME:
		partner = mk_message_sender(&life);
		memcpy(&rounds, payload, sizeof(rounds));
		pr_info("instance %d, life %llu\n", partner, life);
		kthread_run(call_all, NULL, "caller");
		break;
	default:
		pr_info("stays silent\n");
	}
}

static int __init calls_init(void)
{
	int ret = mk_register_msg_handler(MK_MSG_USER, on_user, NULL);

	if (!ret)
		ret = mk_register_msg_handler(MK_MSG_NETWORK, on_user, NULL);
	if (!ret && partner >= 0)
		kthread_run(call_all, NULL, "caller");
	return ret;
}

static void __exit calls_exit(void)
{
	mk_unregister_msg_handler(MK_MSG_USER, on_user);
	mk_unregister_msg_handler(MK_MSG_NETWORK, on_user);
}

module_init(calls_init);
module_exit(calls_exit);
MODULE_LICENSE("GPL");
