/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c: what each client has asked of this kernel lately: of its last requests which were answered, and how. A
 * client has no more than that under way, and repeats none that is older, so that a request is handled once. When the
 * client's life has ended, another client of its CPU gets the session.
 */
#include "message.h"

enum { MOST = 0xffff, NUMBER_SHIFT = 48, GENERATION_SHIFT = 32 };

struct mkc_session {
    uint32_t number, generation, client;
    int32_t cpu, instance;
    uint64_t life, ids[MKC_WINDOW];
    bool answered[MKC_WINDOW];
    struct mk_message answers[MKC_WINDOW];
};

struct mkc_messages *mkc_messages_new(struct mkemu_core *core)
{
    struct mkc_messages *all = mkc_alloc(sizeof *all);

    if (!all)
        return NULL;
    INIT_LIST_HEAD(&all->listeners);
    INIT_LIST_HEAD(&all->pending);
    all->life = (uint32_t)core->host.life(core->host.self, core->id);
    all->clients = mkc_alloc(core->cpus * sizeof *all->clients);
    all->calls = mkc_alloc((size_t)core->cpus * MK_MAX_INSTANCES * sizeof *all->calls);
    if (!all->clients || !all->calls) {
        mkc_messages_delete(core, all);
        return NULL;
    }
    for (uint32_t cpu = 0; cpu < core->cpus; cpu++)
        all->clients[cpu] = (uint32_t)core->host.random(core->host.self);
    return all;
}

void mkc_messages_delete(struct mkemu_core *core, struct mkc_messages *all)
{
    for (size_t i = 0; all->calls && i < (size_t)core->cpus * MK_MAX_INSTANCES; i++)
        mkc_free(all->calls[i]);
    for (uint32_t i = 0; i < all->count; i++)
        mkc_free(all->sessions[i]);
    mkc_free(all->sessions);
    mkc_free(all->calls);
    mkc_free(all->clients);
    mkc_free(all);
}

static uint64_t ticket_of(const struct mkc_session *s, uint64_t id)
{
    return (uint64_t)s->number << NUMBER_SHIFT | (uint64_t)(s->generation & 0xffff) << GENERATION_SHIFT | (uint32_t)id;
}

static bool is_of(const struct mkc_session *s, const struct mkc_request *r)
{
    return s->cpu == r->cpu && s->client == r->message.client && s->instance == r->instance && s->life == r->life;
}

static struct mkc_session *add(struct mkemu_core *core, const struct mkc_request *r)
{
    struct mkc_messages *all = core->messages;
    struct mkc_session *made = all->count < MOST ? mkc_alloc(sizeof *made) : NULL, **before = NULL;

    if (!made)
        return NULL;
    if (all->count == all->room) {
        uint32_t room = all->room ? 2 * all->room : 4;
        struct mkc_session **more = mkc_alloc(room * sizeof *more);
        if (!more) {
            mkc_free(made);
            return NULL;
        }
        if (all->count)
            memcpy(more, all->sessions, all->count * sizeof *more);
        mkc_lock_take(&core->message_lock);
        before = all->sessions;
        all->sessions = more;
        all->room = room;
        mkc_lock_give(&core->message_lock);
        mkc_free(before);
    }
    made->cpu = r->cpu;
    made->number = all->count + 1;
    mkc_lock_take(&core->message_lock);
    all->sessions[all->count++] = made;
    mkc_lock_give(&core->message_lock);
    return made;
}

/* The session of a message's sender; NULL: there is none, or its life has ended since. create: makes one. */
static struct mkc_session *session_of(struct mkemu_core *core, const struct mkc_request *r, bool create)
{
    struct mkc_messages *all = core->messages;
    struct mkc_session *over = NULL;

    if (r->cpu < 0 || r->instance < 0 || !r->life)
        return NULL;
    for (uint32_t i = 0; i < all->count; i++) {
        struct mkc_session *s = all->sessions[i];
        if (is_of(s, r))
            return s;
        if (s->cpu != r->cpu)
            continue;
        if (s->instance != r->instance || s->life < r->life)
            over = s;
        else if (s->life > r->life)
            return NULL;
    }
    if (!create)
        return NULL;
    struct mkc_session *its = over ? over : add(core, r);
    if (its) {
        mkc_lock_take(&core->message_lock);
        its->client = r->message.client;
        its->instance = r->instance;
        its->life = r->life;
        its->generation++;
        memset(its->ids, 0, sizeof its->ids);
        mkc_lock_give(&core->message_lock);
    }
    return its;
}

bool mkc_session_begin(struct mkemu_core *core, struct mkc_request *request)
{
    uint64_t id = request->message.msg_id;
    struct mkc_session *s = request->message.kind == MKC_REQUEST && id ? session_of(core, request, true) : NULL;

    if (!s || s->ids[id % MKC_WINDOW] >= id)
        return false;
    mkc_lock_take(&core->message_lock);
    s->ids[id % MKC_WINDOW] = id;
    s->answered[id % MKC_WINDOW] = false;
    mkc_lock_give(&core->message_lock);
    request->ticket = ticket_of(s, id);
    return true;
}

uint32_t mkc_session_answer(struct mkemu_core *core, const struct mkc_request *request, struct mk_message *answer)
{
    uint64_t id = request->message.msg_id;
    const struct mkc_session *s = request->message.kind == MKC_REQUEST && id ? session_of(core, request, false) : NULL;
    uint32_t size = 0;

    mkc_lock_take(&core->message_lock);
    if (s && s->ids[id % MKC_WINDOW] == id && s->answered[id % MKC_WINDOW]) {
        *answer = s->answers[id % MKC_WINDOW];
        size = MKC_MESSAGE_HEADER + answer->payload_len;
    }
    mkc_lock_give(&core->message_lock);
    return size;
}

int mkc_session_answers(struct mkemu_core *core, uint64_t ticket, struct mk_message *answer, struct mkc_request *to)
{
    struct mkc_messages *all = core->messages;
    uint64_t number = ticket >> NUMBER_SHIFT;
    int result = 0;

    mkc_lock_take(&core->message_lock);
    struct mkc_session *s = number && number <= all->count ? all->sessions[number - 1] : NULL;
    uint64_t slot = ticket % MKC_WINDOW, id = s ? s->ids[slot] : 0;
    if (!s)
        result = -EINVAL;
    else if (!id || ticket_of(s, id) != ticket)
        result = -ESHUTDOWN;
    else if (s->answered[slot])
        result = -EEXIST;
    if (!result) {
        answer->msg_id = id;
        answer->life = (uint32_t)s->life;
        answer->client = s->client;
        s->answers[slot] = *answer;
        s->answered[slot] = true;
        to->instance = s->instance;
        to->cpu = s->cpu;
    }
    mkc_lock_give(&core->message_lock);
    return result;
}
