/* SPDX-License-Identifier: Apache-2.0 */
/* call.c: calls: a request, repeated until its answer has come, its deadline, or the end of the life that was asked. */
#include "message.h"

enum { NANOS_PER_JIFFY = 1000000 };
static const int64_t soonest = 1000000, latest = 100000000, longest = INT64_MAX >> 2, look = 10000000;

struct mk_pending_msg {
    struct list_head list;
    struct mkc_calls *calls;
    struct module *owner;
    uint32_t cpu, length, answer_length;
    int32_t instance;
    uint64_t life;
    int64_t deadline, repeat, interval;
    bool answered, telling; /* under the lock of messages */
    struct completion done;
    struct mk_message request;
    uint8_t answer[MK_MAX_PAYLOAD];
};

void mkc_call_answered(struct mk_ipi_data *data, void *context)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkemu_core *core = cpu->core;
    struct mkc_request answer;

    (void)context;
    if (!mkc_message_take(core, data, &answer) || answer.message.kind != MKC_ANSWER || answer.instance < 0
        || answer.message.client != mkc_messages_of(core)->clients[cpu->index])
        return;
    mkc_messages_lock(core);
    struct mkc_calls *calls = *mkc_calls_at(mkc_messages_of(core), cpu, answer.instance);
    struct mk_pending_msg *p = calls ? calls->open[answer.message.msg_id % MKC_WINDOW] : NULL;
    if (p && (p->request.msg_id != answer.message.msg_id || p->life != answer.life))
        p = NULL;
    if (p) {
        calls->open[answer.message.msg_id % MKC_WINDOW] = NULL;
        p->answer_length = answer.message.payload_len;
        memcpy(p->answer, answer.message.payload, p->answer_length);
        p->answered = p->telling = true;
    }
    mkc_messages_unlock(core);
    if (!p)
        return;
    mkc_k_complete(&p->done);
    mkc_messages_lock(core);
    p->telling = false; /* whoever waits frees it from now on */
    mkc_messages_unlock(core);
}

static struct mkc_calls *calls_to(struct mkemu_core *core, int instance)
{
    struct mkc_calls **at = mkc_calls_at(mkc_messages_of(core), mkc_this_cpu(), instance);

    if (!*at) {
        struct mkc_calls *made = mkc_alloc(sizeof *made);
        if (made)
            made->next = 1;
        mkc_messages_lock(core);
        *at = made;
        mkc_messages_unlock(core);
    }
    return *at;
}

struct mk_pending_msg *mkc_k_mkemu_msg_pending_add(struct module *m, int instance, u32 type, u32 subtype,
    const void *payload, u32 length, s64 timeout)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkemu_core *core = cpu->core;

    if (instance < 0 || instance >= MK_MAX_INSTANCES || !mkc_message_is_valid(type, payload, length) || timeout <= 0)
        return ERR_PTR(-EINVAL);
    int result = mkc_messages_begin(core);
    if (result)
        return ERR_PTR(result);
    uint64_t life = core->host.life(core->host.self, instance);
    if (!life)
        return ERR_PTR(-ESHUTDOWN);
    struct mk_pending_msg *p = mkc_alloc(sizeof *p);
    struct mkc_calls *calls = p ? calls_to(core, instance) : NULL;
    if (!calls) {
        mkc_free(p);
        return ERR_PTR(-ENOMEM);
    }
    p->calls = calls;
    p->owner = m;
    p->cpu = cpu->index;
    p->instance = instance;
    p->life = life;
    init_completion(&p->done);
    int64_t now = (int64_t)mkc_nanos(core);
    p->deadline = now + (timeout < longest ? timeout : longest);
    p->interval = timeout / 4 < soonest ? soonest : timeout / 4 > latest ? latest : timeout / 4;
    p->repeat = now + p->interval;
    p->length = mkc_message_fill(&p->request, MKC_REQUEST, type, subtype, calls->next, life,
        mkc_messages_of(core)->clients[cpu->index], payload, length);
    /* Before it is sent, since a context may be a thread: its answer may come before send returns. */
    mkc_messages_lock(core);
    struct mk_pending_msg **place = &calls->open[calls->next % MKC_WINDOW];
    result = *place ? -ENOSPC : 0;
    if (!result) {
        *place = p;
        list_add_tail(&p->list, &mkc_messages_of(core)->pending);
    }
    mkc_messages_unlock(core);
    if (!result)
        result = mkc_message_send(core, instance, &p->request, p->length);
    if (!result) {
        calls->next++;
        return p;
    }
    mkc_messages_lock(core);
    if (*place == p) {
        *place = NULL;
        list_del(&p->list);
    }
    mkc_messages_unlock(core);
    mkc_free(p);
    return ERR_PTR(result);
}

/* Ends a call, unless it is answered, which is told then. */
static bool ends(struct mkemu_core *core, struct mk_pending_msg *p)
{
    mkc_messages_lock(core);
    bool ends = !p->answered;
    if (ends)
        p->calls->open[p->request.msg_id % MKC_WINDOW] = NULL;
    mkc_messages_unlock(core);
    return ends;
}

/* Waits for the answer, and repeats the request: 0, -ETIME, -ESHUTDOWN. */
static int await(struct mkemu_core *core, struct mk_pending_msg *p)
{
    for (;;) {
        int64_t now = (int64_t)mkc_nanos(core), until = now + look;
        until = until < p->repeat ? until : p->repeat;
        until = until < p->deadline ? until : p->deadline;
        int64_t wait = (until - now + NANOS_PER_JIFFY - 1) / NANOS_PER_JIFFY;
        if (mkc_k_mkemu_wait_for_completion(&p->done, wait < 1 ? 1 : (long)wait, TASK_UNINTERRUPTIBLE))
            return 0;
        now = (int64_t)mkc_nanos(core);
        int result = now >= p->deadline ? -ETIME
            : core->host.life(core->host.self, p->instance) != p->life ? -ESHUTDOWN : 0;
        if (!result && now >= p->repeat) {
            p->interval *= 2;
            p->repeat = now + p->interval;
            result = mkc_message_send(core, p->instance, &p->request, p->length);
            result = result == -ENOSPC ? 0 : result ? -ESHUTDOWN : 0; /* without room it goes the next time */
        }
        if (result)
            return ends(core, p) ? result : 0;
    }
}

static void end_pending(struct mkemu_core *core, struct mk_pending_msg *p)
{
    uint32_t spins = 0;

    for (;;) {
        mkc_messages_lock(core);
        bool telling = p->telling && !core->dead;
        if (!telling)
            list_del(&p->list);
        mkc_messages_unlock(core);
        if (!telling)
            break;
        mkc_relax(core, &spins); /* the CPU that the answer came to is about to be through with it */
    }
    mkc_free(p);
}

int mkc_k_mk_msg_pending_wait(struct mk_pending_msg *p, void *answer, u32 size)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    mkc_k_mkemu_might_sleep("mk_msg_pending_wait", 0);
    if (!p || p->cpu != cpu->index)
        return -EINVAL;
    int result = await(cpu->core, p);
    if (!result) {
        result = (int)p->answer_length;
        if (answer)
            memcpy(answer, p->answer, p->answer_length < size ? p->answer_length : size);
    }
    end_pending(cpu->core, p);
    return result;
}

void mkc_msg_pending_drop(struct mkemu_core_module *m)
{
    struct mkc_messages *all = mkc_messages_of(m->core);
    struct mk_pending_msg *p, *next;

    if (!all)
        return;
    list_for_each_entry_safe(p, next, &all->pending, list)
        if (p->owner == m->module) {
            ends(m->core, p);
            end_pending(m->core, p);
        }
}
