/* SPDX-License-Identifier: Apache-2.0 */
/* load.c: a module comes, begins, ends and goes. */
#include "core.h"

static bool check(const struct module *m, char *error, size_t size)
{
    if (m->magic != MKEMU_KMOD_MAGIC || m->machine != MKEMU_KMOD_MACHINE || m->module_size < sizeof *m) {
        mkc_format(error, size, "is no mkemu module: what it exports as mkemu_kmod is none; build it with mk cc");
    } else if (m->version > MKEMU_KMOD_VERSION || m->table_size > sizeof(struct mkemu_kmod_table)) {
        mkc_format(error, size, "is built for version %u of the table of calls, this mkemu has %u: build it again with "
            "this mk cc, or use a newer mkemu", m->version, MKEMU_KMOD_VERSION);
    } else if (m->version < MKEMU_KMOD_OLDEST) {
        mkc_format(error, size, "is built for version %u of the table of calls, this mkemu has %u and takes %u or "
            "newer: build it again with this mk cc", m->version, MKEMU_KMOD_VERSION, MKEMU_KMOD_OLDEST);
    } else if (!m->init) {
        mkc_format(error, size, "has no module_init");
    } else {
        return true;
    }
    return false;
}

static void name_of(struct mkemu_core_module *module, const char *path)
{
    const char *from = path;
    size_t n = 0;

    if (module->module->name && *module->module->name) {
        mkc_format(module->name, sizeof module->name, "%s", module->module->name);
    } else {
        for (const char *at = path; *at; at++)
            if (*at == '/')
                from = at + 1;
        mkc_format(module->name, sizeof module->name, "%s", from);
        while (module->name[n] && module->name[n] != '.')
            n++;
        module->name[n] = 0;
    }
    for (char *at = module->name; *at; at++)
        if (*at == '-')
            *at = '_';
    module->module->name = module->name;
}

/* What it tells of itself: "license=GPL". */
static const char *info(const struct module *m, const char *tag)
{
    for (const char *at = m->info; at && at < m->info_end; at++) {
        size_t n = 0;

        while (tag[n] && at[n] == tag[n])
            n++;
        if (!tag[n] && at[n] == '=')
            return at + n + 1;
        while (at < m->info_end && *at)
            at++;
    }
    return NULL;
}

struct mkemu_core_module *mkemu_core_load(struct mkemu_core *core, const char *path, char *error, size_t size)
{
    struct mkc_object *object = mkc_object_open(path, MKEMU_KMOD_MACHINE, MKEMU_KMOD_SYMBOL, error, size);
    struct mkemu_core_module *module = object ? mkc_alloc(sizeof *module) : NULL;

    if (!module) {
        if (object)
            mkc_format(error, size, "no memory");
        if (object)
            mkc_object_close(object);
        return NULL;
    }
    struct module *m = mkc_object_symbol(object, MKEMU_KMOD_SYMBOL);
    module->core = core;
    if (check(m, error, size)) {
        void *none = NULL;
        /* Loaded already, by this core or another of this process: then with data of its own. */
        if (!__atomic_compare_exchange_n(&m->core, &none, module, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            object = mkc_object_copy(object, error, size);
            m = object ? mkc_object_symbol(object, MKEMU_KMOD_SYMBOL) : NULL;
            if (m)
                m->core = module;
        }
    } else {
        mkc_object_close(object);
        object = NULL;
    }
    if (!object) {
        mkc_free(module);
        return NULL;
    }
    module->object = object;
    module->module = m;
    *m->table = &mkc_table;
    INIT_LIST_HEAD(&module->memory);
    INIT_LIST_HEAD(&module->caches);
    INIT_LIST_HEAD(&module->handlers);
    INIT_LIST_HEAD(&module->texts);
    INIT_LIST_HEAD(&module->workqueues);
    name_of(module, path);
    mkc_lock_take(&core->lock);
    list_add_tail(&module->list, &core->modules);
    mkc_lock_give(&core->lock);
    bool fits = mkc_percpu_new(module);
    if (!fits)
        mkc_format(error, size, "no memory for its per-CPU data");
    if (!fits || !mkc_parameters(module, error, size)) {
        mkemu_core_unload(core, module);
        return NULL;
    }
    const char *license = info(m, "license");
    if (!license)
        mkc_log(core, 4, "%s: no MODULE_LICENSE", module->name);
    return module;
}

const char *mkemu_core_module_name(const struct mkemu_core_module *module)
{
    return module->name;
}

const char *mkemu_core_module_parameter(const struct mkemu_core_module *module, uint32_t index)
{
    const struct module *m = module->module;

    return m->params && index < (size_t)(m->params_end - m->params) ? m->params[index]->name : NULL;
}

int32_t mkemu_core_module_result(const struct mkemu_core_module *module)
{
    return __atomic_load_n(&module->result, __ATOMIC_ACQUIRE);
}

/* What it left goes in an order in which nothing can come back: first what calls it. */
static void drop(struct mkemu_core_module *module)
{
    struct mkemu_core *core = module->core;

    mkc_handlers_drop(module);
    mkc_msg_handlers_drop(module);
    mkc_entries_drop(core, module->module);
    mkc_tasks_kill(core, module->module);
    mkc_msg_pending_drop(module);
    if (list_is_singular(&core->modules))
        mkc_messages_free(core);
    mkc_timers_drop(core, module->module);
    mkc_works_drop(core, module->module);
    mkc_softirqs_drop(core, module->module);
    mkc_rcu_drop(core, module->module);
    mkc_timers_drop(core, module->module);
    mkc_pages_drop(core, module->module);
    mkc_memory_drop(module);
}

static int run_init(void *data)
{
    struct mkemu_core_module *module = data;
    int result = module->module->init();

    if (result > 0) {
        mkc_log(module->core, 4, "%s: init suspiciously returned %d, it should follow 0/-E convention: loaded anyway",
            module->name, result);
        result = 0;
    }
    if (result)
        drop(module);
    __atomic_store_n(&module->result, result, __ATOMIC_RELEASE);
    return 0;
}

static int run_exit(void *data)
{
    struct mkemu_core_module *module = data;

    mkc_entries_show(module->core, module->module);
    if (module->module->exit)
        module->module->exit();
    else
        mkc_log(module->core, 6, "%s: it has no module_exit", module->name);
    drop(module);
    __atomic_store_n(&module->result, 0, __ATOMIC_RELEASE);
    return 0;
}

static void begin(struct mkemu_core *core, struct mkemu_core_module *module, int (*run)(void *), const char *name)
{
    struct mkc_task *task = mkc_task_new(core, NULL, run, module, 0, name);

    __atomic_store_n(&module->result, task ? 1 : -ENOMEM, __ATOMIC_RELEASE);
    if (task)
        mkc_wake(task, TASK_NORMAL);
}

void mkemu_core_init(struct mkemu_core *core, struct mkemu_core_module *module)
{
    begin(core, module, run_init, "insmod");
}

void mkemu_core_exit(struct mkemu_core *core, struct mkemu_core_module *module)
{
    begin(core, module, run_exit, "rmmod");
}

void mkemu_core_unload(struct mkemu_core *core, struct mkemu_core_module *module)
{
    mkc_lock_take(&core->lock);
    list_del(&module->list);
    mkc_lock_give(&core->lock);
    mkc_parameters_free(module);
    mkc_percpu_free(module);
    mkc_object_close(module->object);
    mkc_free(module);
}

static void abandon(void *argument)
{
    struct mkemu_core *core = argument;
    struct mkemu_core_module *module;

    mkc_tasks_kill(core, NULL);
    while ((module = list_first_entry_or_null(&core->modules, struct mkemu_core_module, list))) {
        mkc_handlers_drop(module);
        mkc_msg_handlers_drop(module);
        mkc_msg_pending_drop(module);
        mkc_entries_drop(core, module->module);
        mkc_pages_drop(core, module->module);
        mkc_memory_drop(module);
        mkemu_core_unload(core, module);
    }
    mkc_messages_free(core);
    mkemu_core_free(core);
}

/* A module has damaged what its core knows of it: the rest is not freed. */
static void damaged(void *argument, const struct mkc_fault *fault)
{
    (void)argument;
    (void)fault;
}

void mkemu_core_abandon(struct mkemu_core *core)
{
    struct mkemu_core_module *module;

    core->dead = true;
    /* Nobody holds a lock any more: who did has been thrown out. */
    core->lock.held = core->timer_lock.held = core->work_lock.held = core->rcu_lock.held = core->wait_lock.held
        = core->message_lock.held = 0;
    for (uint32_t i = 0; i < core->cpus; i++)
        core->cpu[i].lock.held = 0;
    list_for_each_entry(module, &core->modules, list)
        module->lock.held = 0;
    mkc_catch(abandon, core, damaged);
}
