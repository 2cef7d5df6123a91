/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.c: messages with answers, over IPIs. What lies in an IPI, and what a call promises, is io.mkemu.message's
 * (docs/messages.md), so that kernels in C and in Java talk to each other: a request is repeated until it is answered,
 * and its receiver handles none twice. Answers come to the CPU that asked; requests to the boot CPU.
 */
#include "message.h"

enum { LIFE_SHIFT = 8, INSTANCE_MASK = 255 };

struct listener {
    struct list_head list;
    struct mk_ipi_handler *ipi;
    uint32_t type;
    mk_msg_handler_t handler; /* NULL: SYSTEM, for heartbeats alone */
    void *context;
    struct module *owner;
};

/* ---- what comes ---- */

bool mkc_message_take(struct mkemu_core *core, const struct mk_ipi_data *data, struct mkc_request *to)
{
    const struct mkemu_host *host = &core->host;
    uint64_t size = data->data_size;

    if (size < MKC_MESSAGE_HEADER || size > sizeof to->message)
        return false;
    to->cpu = data->sender_cpu;
    memcpy(&to->message, data->buffer, size);
    uint64_t who = host->sender(host->self, to->cpu);
    to->instance = who ? (int32_t)(who & INSTANCE_MASK) : -1;
    to->life = who >> LIFE_SHIFT;
    to->ticket = 0;
    return to->message.payload_len <= size - MKC_MESSAGE_HEADER
        && (!to->message.life || to->message.life == mkc_messages_of(core)->life);
}

static void answer_again(struct mkemu_core *core, const struct mkc_request *request)
{
    struct mk_message answer;
    uint32_t size = mkc_session_answer(core, request, &answer);

    if (size)
        core->host.send(core->host.self, request->instance, request->cpu, MKC_ANSWER_IPI, &answer, size);
}

static void received(struct mk_ipi_data *data, void *context)
{
    const struct listener *l = context;
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkc_request request, *before = cpu->request;

    if (cpu->index || !mkc_message_take(cpu->core, data, &request))
        return;
    if (request.message.kind != MKC_ONE_WAY && !mkc_session_begin(cpu->core, &request)) {
        answer_again(cpu->core, &request);
        return;
    }
    cpu->request = &request;
    if (request.message.msg_type == MK_MSG_SYSTEM && request.message.msg_subtype == MK_SYS_HEARTBEAT) {
        mkc_k_mk_answer_message(request.ticket, NULL, 0);
    } else if (l->handler) {
        struct mkc_running running = mkc_irq_enter(cpu, "handler of messages", l->owner,
            (const void *)(uintptr_t)l->handler);
        l->handler(request.message.msg_type, request.message.msg_subtype, request.message.payload,
            request.message.payload_len, l->context);
        mkc_irq_leave(cpu, running);
    }
    cpu->request = before;
}

/* ---- handlers ---- */

static struct listener *listen(struct mkemu_core *core, uint32_t type, mk_msg_handler_t handler, void *context,
    struct module *owner)
{
    struct listener *l = mkc_alloc(sizeof *l);

    if (!l)
        return NULL;
    *l = (struct listener){.type = type, .handler = handler, .context = context, .owner = owner};
    l->ipi = mkc_handler_new(core, owner, received, l, MKC_MESSAGE_IPI | type);
    if (!l->ipi) {
        mkc_free(l);
        return NULL;
    }
    return l;
}

int mkc_messages_begin(struct mkemu_core *core)
{
    struct mkc_messages *made, *none = NULL;

    if (mkc_messages_of(core))
        return 0;
    made = mkc_messages_new(core);
    if (!made)
        return -ENOMEM;
    if (!__atomic_compare_exchange_n(&core->messages, &none, made, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        mkc_messages_delete(core, made);
        return 0;
    }
    made->answers = mkc_handler_new(core, NULL, mkc_call_answered, NULL, MKC_ANSWER_IPI);
    made->system = listen(core, MK_MSG_SYSTEM, NULL, NULL, NULL);
    return made->answers && made->system ? 0 : -ENOMEM;
}

static struct listener *find(struct mkc_messages *all, uint32_t type)
{
    struct listener *l;

    if (type == MK_MSG_SYSTEM)
        return all->system;
    list_for_each_entry(l, &all->listeners, list)
        if (l->type == type)
            return l;
    return NULL;
}

int mkc_k_mkemu_register_msg_handler(struct module *m, u32 type, mk_msg_handler_t handler, void *context)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    int result = !mkc_message_is_valid(type, NULL, 0) || !handler ? -EINVAL : mkc_messages_begin(core);

    if (result)
        return result;
    struct listener *made = type == MK_MSG_SYSTEM ? NULL : listen(core, type, handler, context, m);
    if (type != MK_MSG_SYSTEM && !made)
        return -ENOMEM;
    mkc_messages_lock(core);
    struct listener *found = find(mkc_messages_of(core), type);
    if (found && found->handler) {
        result = -EEXIST;
    } else if (found) {
        found->context = context;
        found->owner = m;
        found->handler = handler;
    } else {
        list_add_tail(&made->list, &mkc_messages_of(core)->listeners);
        made = NULL;
    }
    mkc_messages_unlock(core);
    if (made) {
        mkc_handler_end(core, made->ipi);
        mkc_free(made);
    }
    return result;
}

static int end_listener(struct mkemu_core *core, struct listener *l)
{
    int result = core->dead ? 0 : mkc_handler_end(core, l->ipi);

    if (result)
        return result;
    mkc_messages_lock(core);
    list_del(&l->list);
    mkc_messages_unlock(core);
    mkc_free(l);
    return 0;
}

int mkc_k_mk_unregister_msg_handler(u32 type, mk_msg_handler_t handler)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    if (!mkc_messages_of(core))
        return -ENOENT;
    mkc_messages_lock(core);
    struct listener *l = find(mkc_messages_of(core), type);
    if (l && (!l->handler || l->handler != handler))
        l = NULL;
    if (l && l == mkc_messages_of(core)->system)
        l->handler = NULL;
    mkc_messages_unlock(core);
    return !l ? -ENOENT : l == mkc_messages_of(core)->system ? 0 : end_listener(core, l);
}

void mkc_msg_handlers_drop(struct mkemu_core_module *m)
{
    struct mkc_messages *all = mkc_messages_of(m->core);
    struct listener *l, *next;

    if (!all)
        return;
    if (all->system && all->system->owner == m->module)
        all->system->handler = NULL;
    list_for_each_entry_safe(l, next, &all->listeners, list) {
        if (l->owner != m->module)
            continue;
        mkc_log(m->core, 4, "%s: left a handler of messages of type 0x%x registered: it is unregistered", m->name,
            l->type);
        end_listener(m->core, l);
    }
}

void mkc_messages_free(struct mkemu_core *core)
{
    struct mkc_messages *all = mkc_messages_of(core);

    if (!all)
        return;
    if (!core->dead) {
        if (all->answers)
            mkc_handler_end(core, all->answers);
        if (all->system)
            mkc_handler_end(core, all->system->ipi);
    }
    mkc_free(all->system);
    mkc_messages_delete(core, all);
    core->messages = NULL;
}

/* ---- what is sent ---- */

int mkc_k_mk_send_message(int instance, u32 type, u32 subtype, const void *payload, u32 length)
{
    struct mk_message message;

    if (!mkc_message_is_valid(type, payload, length))
        return -EINVAL;
    uint32_t size = mkc_message_fill(&message, MKC_ONE_WAY, type, subtype, 0, 0, 0, payload, length);
    return mkc_message_send(mkc_this_cpu()->core, instance, &message, size);
}

int mkc_k_mk_broadcast_message(u32 type, u32 subtype, const void *payload, u32 length)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    int sent = 0;

    if (!mkc_message_is_valid(type, payload, length))
        return -EINVAL;
    for (int id = 0; id < MK_MAX_INSTANCES; id++)
        if (id != core->id && core->host.life(core->host.self, id))
            sent += !mkc_k_mk_send_message(id, type, subtype, payload, length);
    return sent;
}

u64 mkc_k_mk_message_ticket(void)
{
    const struct mkc_request *request = mkc_this_cpu()->request;

    return request ? request->ticket : 0;
}

int mkc_k_mk_message_sender(u64 *life)
{
    const struct mkc_request *request = mkc_this_cpu()->request;

    if (life)
        *life = request ? request->life : 0;
    return request ? request->instance : -1;
}

u64 mkc_k_mk_instance_life(int instance)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    return core->host.life(core->host.self, instance);
}

int mkc_k_mk_answer_message(u64 ticket, const void *payload, u32 length)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct mkc_request to;
    struct mk_message answer;

    if (!mkc_message_is_valid(1, payload, length) || !mkc_messages_of(core))
        return -EINVAL;
    mkc_message_fill(&answer, MKC_ANSWER, 0, 0, 0, 0, 0, payload, length);
    int result = mkc_session_answers(core, ticket, &answer, &to);
    /* Refused or lost, it goes again when the request is repeated. */
    if (!result)
        core->host.send(core->host.self, to.instance, to.cpu, MKC_ANSWER_IPI, &answer, MKC_MESSAGE_HEADER + length);
    return result;
}
