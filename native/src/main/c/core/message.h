/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h: what message.c (handlers, what comes and goes), call.c (what this kernel asks) and session.c (what it
 * was asked) share.
 */
#ifndef MKEMU_CORE_MESSAGE_H
#define MKEMU_CORE_MESSAGE_H

#include "core.h"
#include <linux/completion.h>
#include <linux/multikernel.h>

enum { MKC_ONE_WAY, MKC_REQUEST, MKC_ANSWER };
/* The RFC leaves room for more types than an IPI has: the high half of an IPI's type says that it is a message. */
enum { MKC_MESSAGE_IPI = 0x4d4b0000, MKC_ANSWER_IPI = MKC_MESSAGE_IPI, MKC_MOST_TYPE = 0xffff };
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
    uint32_t life;                       /* of this instance, low bits */
    uint32_t *clients;                   /* of each CPU, what tells its calls from those of others */
    struct mkc_calls **calls;            /* of each CPU to each instance; NULL: none yet */
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

static inline struct mkc_messages *mkc_messages_of(struct mkemu_core *core)
{
    return __atomic_load_n(&core->messages, __ATOMIC_ACQUIRE);
}

static inline void mkc_messages_lock(struct mkemu_core *core)
{
    mkc_lock_take(&core->message_lock);
}

static inline void mkc_messages_unlock(struct mkemu_core *core)
{
    mkc_lock_give(&core->message_lock);
}

static inline bool mkc_message_is_valid(uint32_t type, const void *payload, uint32_t length)
{
    return type >= 1 && type <= MKC_MOST_TYPE && length <= MK_MAX_PAYLOAD && (payload || !length);
}

/* Its size in an IPI. */
static inline uint32_t mkc_message_fill(struct mk_message *message, uint32_t kind, uint32_t type, uint32_t subtype,
    uint64_t id, uint64_t life, uint32_t client, const void *payload, uint32_t length)
{
    *message = (struct mk_message){.msg_type = type, .msg_subtype = subtype, .msg_id = id, .payload_len = length,
        .kind = kind, .life = (uint32_t)life, .client = client};
    if (length)
        memcpy(message->payload, payload, length);
    return MKC_MESSAGE_HEADER + length;
}

/* To the boot CPU of an instance. */
static inline int mkc_message_send(struct mkemu_core *core, int instance, const struct mk_message *message,
    uint32_t size)
{
    return core->host.send(core->host.self, instance, -1, MKC_MESSAGE_IPI | message->msg_type, message, size);
}

/*
 * What a kernel has of messages once a module uses some: -ENOMEM. Of two CPUs that are the first, one registers what
 * receives answers; an answer that comes before is lost, and comes again.
 */
int mkc_messages_begin(struct mkemu_core *core);
/* Copies a message that is whole and for this life: another kernel may have written anything, and write on. */
bool mkc_message_take(struct mkemu_core *core, const struct mk_ipi_data *data, struct mkc_request *to);
/* Receives answers, on the CPU that asked. */
void mkc_call_answered(struct mk_ipi_data *data, void *context);

struct mkc_messages *mkc_messages_new(struct mkemu_core *core);
void mkc_messages_delete(struct mkemu_core *core, struct mkc_messages *all);

/* Whether a request is to be handled: it has not been, and its sender lives, as far as is known. Boot CPU. */
bool mkc_session_begin(struct mkemu_core *core, struct mkc_request *request);
/* The answer that a request has had before: its size, 0: none. */
uint32_t mkc_session_answer(struct mkemu_core *core, const struct mkc_request *request, struct mk_message *answer);
/* Keeps an answer, and says whom it is for: 0, -EINVAL, -ESHUTDOWN, -EEXIST. */
int mkc_session_answers(struct mkemu_core *core, uint64_t ticket, struct mk_message *answer, struct mkc_request *to);

#endif
