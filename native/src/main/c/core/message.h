/* SPDX-License-Identifier: Apache-2.0 */
/* message.h: what message.c (who sends what to whom) and session.c (what was asked of this kernel) share. */
#ifndef MKEMU_CORE_MESSAGE_H
#define MKEMU_CORE_MESSAGE_H

#include "core.h"
#include <linux/completion.h>
#include <linux/multikernel.h>

enum { MKC_ONE_WAY, MKC_REQUEST, MKC_ANSWER };
enum { MKC_WINDOW = 64, MKC_MESSAGE_HEADER = offsetof(struct mk_message, payload) };
_Static_assert(MKC_MESSAGE_HEADER == 32 && sizeof(struct mk_message) == MK_MAX_DATA_SIZE, "as io.mkemu.message has it");

/* A message that is handled, and who has sent it. */
struct mkc_request {
    struct mk_message message;
    uint64_t ticket, life;
    int32_t instance, cpu; /* -1: not known; physical */
};

/* The calls of one CPU to one instance that have not ended: their ids are so many in a row. */
struct mkc_calls {
    uint64_t next;
    struct mk_pending_msg *open[MKC_WINDOW]; /* under the lock of messages */
};

struct mkc_session;
struct listener;

struct mkc_messages {
    uint32_t life;      /* of this instance, low bits */
    uint32_t *clients;  /* of each CPU, what tells its calls from those of others */
    struct mkc_calls **calls; /* of each CPU to each instance; NULL: none yet */
    struct mk_ipi_handler *answers;
    struct listener *system;
    struct list_head listeners, pending; /* under the lock of messages */
    struct mkc_session **sessions;       /* by number - 1; the boot CPU adds, under the lock of messages */
    uint32_t count, room;
};

static inline struct mkc_calls **mkc_calls_at(const struct mkc_messages *all, const struct mkc_cpu *cpu, int instance)
{
    return &all->calls[cpu->index * MK_MAX_INSTANCES + (uint32_t)instance];
}

struct mkc_messages *mkc_messages_new(struct mkemu_core *core);
void mkc_messages_delete(struct mkemu_core *core, struct mkc_messages *all);

/* Whether a request is to be handled: it has not been, and its sender lives, as far as is known. Boot CPU. */
bool mkc_session_begin(struct mkemu_core *core, struct mkc_request *request);
/* The answer that a request has had before: its size, 0: none. */
uint32_t mkc_session_answer(struct mkemu_core *core, const struct mkc_request *request, struct mk_message *answer);
/* Keeps an answer, and says whom it is for: 0, -EINVAL, -ESHUTDOWN, -EEXIST. */
int mkc_session_answers(struct mkemu_core *core, uint64_t ticket, struct mk_message *answer, struct mkc_request *to);

#endif
