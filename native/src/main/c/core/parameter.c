/* SPDX-License-Identifier: Apache-2.0 */
/* parameter.c: module_param: texts of the command line become values. */
#include "core.h"
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>

struct text {
    struct list_head list;
    char text[];
};

enum { LONGEST = 4096 };

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {"a byte", "a short", "an unsigned short", "an int", "an unsigned int", "a long",
        "an unsigned long", "an unsigned long long", "an unsigned int", "a bool (y, n, 1, 0)", "a bool (y, n, 1, 0)",
        "a text", "a text that has room", "what the module takes"};

    return type <= MKEMU_PARAM_CALLBACK ? names[type] : "of a known type";
}

static int boolean(const char *text, bool *result)
{
    switch (*text) {
    case 0:
    case 'y': case 'Y': case 't': case 'T': case '1':
        *result = true;
        return 0;
    case 'n': case 'N': case 'f': case 'F': case '0':
        *result = false;
        return 0;
    case 'o': case 'O':
        *result = text[1] == 'n' || text[1] == 'N';
        return *result || text[1] == 'f' || text[1] == 'F' ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

static int keep(struct mkemu_core_module *m, const char *text, char **result)
{
    size_t n = __builtin_strlen(text) + 1;
    struct text *t = mkc_alloc(sizeof *t + n);

    if (!t)
        return -ENOMEM;
    __builtin_memcpy(t->text, text, n);
    list_add_tail(&t->list, &m->texts);
    *result = t->text;
    return 0;
}

struct callback {
    const struct kernel_param *param;
    const char *text;
    int result;
};

static void call_set(void *argument)
{
    struct callback *c = argument;
    struct mkc_running before = mkc_irq_enter(mkc_this_cpu(), "parameter", NULL,
        (const void *)(uintptr_t)c->param->ops->set);

    c->result = c->param->ops->set(c->text, c->param);
    mkc_irq_leave(mkc_this_cpu(), before);
}

static int set_by_module(struct mkemu_core *core, const struct kernel_param *param, const char *text)
{
    struct callback c = {param, text, -EINVAL};
    struct mkc_cpu *before = mkc_this_cpu();

    if (!param->ops || !param->ops->set)
        return -EPERM;
    mkc_set_this_cpu(&core->cpu[0]);
    mkc_enter(&core->cpu[0], call_set, &c);
    mkc_set_this_cpu(before);
    return c.result;
}

static int set(struct mkemu_core_module *m, const struct mkemu_kmod_param *p, const char *text, void *to)
{
    unsigned long long u;
    long long s;
    int error;
    bool b;

    switch (p->type) {
    case MKEMU_PARAM_BOOL:
    case MKEMU_PARAM_INVBOOL:
        error = boolean(text, &b);
        if (!error)
            *(bool *)to = b == (p->type == MKEMU_PARAM_BOOL);
        return error;
    case MKEMU_PARAM_CALLBACK:
        return set_by_module(m->core, to, text);
    case MKEMU_PARAM_CHARP:
        return keep(m, text, to);
    case MKEMU_PARAM_STRING:
        if (__builtin_strlen(text) >= p->element_size)
            return -ENOSPC;
        __builtin_memcpy(to, text, __builtin_strlen(text) + 1);
        return 0;
    case MKEMU_PARAM_SHORT:
    case MKEMU_PARAM_INT:
    case MKEMU_PARAM_LONG:
        error = mkc_k_kstrtoll(text, 0, &s);
        u = (unsigned long long)s;
        if (!error && ((p->element_size == 2 && s != (short)s) || (p->element_size == 4 && s != (int)s)))
            error = -ERANGE;
        break;
    default:
        error = mkc_k_kstrtoull(text, 0, &u);
        if (!error && p->element_size < 8 && u >> (8 * p->element_size))
            error = -ERANGE;
    }
    if (!error) /* both machines are little-endian */
        __builtin_memcpy(to, &u, p->element_size);
    return error;
}

static int set_all(struct mkemu_core_module *m, const struct mkemu_kmod_param *p, char *text)
{
    uint32_t n = 0;

    if (!p->max)
        return set(m, p, text, p->value);
    for (char *at = text; at; n++) {
        char *end = at;
        while (*end && *end != ',')
            end++;
        char *next = *end ? end + 1 : NULL;
        *end = 0;
        int error = n < p->max ? set(m, p, at, (char *)p->value + n * p->element_size) : -E2BIG;
        if (error)
            return error;
        at = next;
    }
    if (p->count)
        *p->count = n;
    return 0;
}

bool mkc_parameters(struct mkemu_core_module *m, char *error, size_t size)
{
    struct mkemu_core *core = m->core;
    char *text = mkc_alloc(2 * LONGEST), *copy = text ? text + LONGEST : NULL;
    bool fine = text != NULL;

    if (!fine)
        mkc_format(error, size, "no memory");
    for (const struct mkemu_kmod_param *const *at = m->module->params; fine && at < m->module->params_end; at++) {
        const struct mkemu_kmod_param *p = *at;
        char name[256];

        mkc_format(name, sizeof name, "%s.%s", m->name, p->name);
        int32_t length = core->host.parameter(core->host.self, name, text, LONGEST);
        if (length < 0)
            continue;
        __builtin_memcpy(copy, text, LONGEST);
        int result = length >= LONGEST ? -ENOSPC : set_all(m, p, copy);
        if (!result)
            continue;
        fine = false;
        if (result == -E2BIG)
            mkc_format(error, size, "parameter %s=%s: has more than %u values", name, text, p->max);
        else if (result == -ENOSPC)
            mkc_format(error, size, "parameter %s: longer than %u bytes", name,
                p->type == MKEMU_PARAM_STRING ? p->element_size - 1 : LONGEST - 1);
        else if (result == -ENOMEM)
            mkc_format(error, size, "no memory");
        else
            mkc_format(error, size, "parameter %s=%s: %s %s", name, text,
                result == -ERANGE ? "is out of the range of" : "is not", type_name(p->type));
    }
    mkc_free(text);
    return fine;
}

void mkc_parameters_free(struct mkemu_core_module *m)
{
    struct text *t, *next;

    list_for_each_entry_safe(t, next, &m->texts, list)
        mkc_free(t);
}
