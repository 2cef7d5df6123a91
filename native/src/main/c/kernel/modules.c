/* SPDX-License-Identifier: Apache-2.0 */
/* The modules of this kernel, in the order in which they are initialised. */
#include "kernel.h"

enum { MOST_MODULES = 64, ERROR = 400 };

struct module {
    struct mkemu_core_module *core; /* NULL: it could not be loaded */
    const char *path;
    bool is_up;
};

static struct module modules[MOST_MODULES];
static int module_count;

void modules_load(char *const *paths, int count)
{
    char error[ERROR];
    if (count > MOST_MODULES)
        fail(EXIT_CODE_MODULE, "%d modules are more than the %d that the native kernel holds; use kernel=jvm", count,
            MOST_MODULES);
    for (int index = 0; index < count; index++) {
        struct mkemu_core_module *loaded = mkemu_core_load(kernel.core, paths[index], error, sizeof error);
        if (!loaded) {
            /* As a module whose init fails: the others go on. */
            __atomic_fetch_add(&kernel.peer.entry->tasks_failed, 1, __ATOMIC_SEQ_CST);
            klog(LOG_ERR, "%s: init failed: %s", paths[index], error);
        }
        modules[module_count++] = (struct module){.core = loaded, .path = paths[index]};
    }
}

/* Runs this CPU until what the module does has a result. */
static int await(struct mkemu_core_module *module)
{
    kernel.awaited = module;
    while (mkemu_core_module_result(module) == 1)
        cpu_step(this_cpu);
    kernel.awaited = NULL;
    return mkemu_core_module_result(module);
}

/* Shows the name of each parameter that somebody takes, until visit says that this is enough. */
static bool each_known(bool (*visit)(void *context, const char *known), void *context)
{
    const char *known[] = {"idle", "loglevel", "quiet", "debug", "ignore_loglevel", "trace", "kernel",
        "mkemu.stop_in_send", "mk_ipi_shared", "mk_ipi_log", "mk_clock", "mk_epoch", "mk_life"};
    for (size_t index = 0; index < sizeof known / sizeof *known; index++)
        if (visit(context, known[index]))
            return true;
    char full[200];
    for (int index = 0; index < module_count; index++) {
        const char *parameter;
        if (!modules[index].core)
            continue;
        for (uint32_t at = 0; (parameter = mkemu_core_module_parameter(modules[index].core, at)); at++) {
            snprintf(full, sizeof full, "%s.%s", mkemu_core_module_name(modules[index].core), parameter);
            if (visit(context, full))
                return true;
        }
    }
    return false;
}

static bool is_it(void *name, const char *known)
{
    return params_same(name, known);
}

/* What a module takes that could not be loaded nobody knows: all that has its name, which is its file's as a rule. */
static bool is_of_refused(const char *name)
{
    char so[200];
    size_t length = strcspn(name, ".");
    snprintf(so, sizeof so, "%.*s.so", (int)length, name);
    for (int index = 0; name[length] && index < module_count; index++) {
        const char *file = strrchr(modules[index].path, '/');
        if (!modules[index].core && params_same(so, file ? file + 1 : modules[index].path))
            return true;
    }
    return false;
}

struct nearest {
    const char *name;
    unsigned wrong;
    char known[200];
};

static bool is_nearer(void *context, const char *known)
{
    struct nearest *nearest = context;
    unsigned wrong = params_similar(nearest->name, known);
    if (wrong < nearest->wrong) {
        nearest->wrong = wrong;
        snprintf(nearest->known, sizeof nearest->known, "%s", known);
    }
    return false;
}

static size_t append(char *line, size_t size, size_t length, const char *between, const char *text)
{
    int more = length < size ? snprintf(line + length, size - length, "%s%s", length ? between : "", text) : 0;
    return length + (size_t)(more > 0 ? more : 0);
}

static void tell_unknown(void)
{
    char line[MKEMU_KERNEL_LOG_MAX_TEXT] = "", meant[MKEMU_KERNEL_LOG_MAX_TEXT] = "", one[MKEMU_KERNEL_LOG_MAX_TEXT];
    size_t length = 0, meant_length = 0;
    for (size_t index = 0; index < kernel.params.count; index++) {
        const struct param *param = &kernel.params.of[index];
        struct nearest nearest = {.name = param->name, .wrong = PARAMS_OTHER};
        if (each_known(is_it, param->name) || is_of_refused(param->name))
            continue;
        snprintf(one, sizeof one, "%s%s%s", param->name, *param->value ? "=" : "", param->value);
        length = append(line, sizeof line, length, " ", one);
        each_known(is_nearer, &nearest);
        if (nearest.wrong != PARAMS_OTHER)
            meant_length = append(meant, sizeof meant, meant_length, ", ", nearest.known);
    }
    if (length)
        klog(LOG_NOTICE, "Unknown kernel command line parameters \"%s\", nobody takes them%s%s%s", line,
            meant_length ? "; did you mean " : "", meant, meant_length ? "?" : "");
}

void modules_init(void)
{
    for (int index = 0; index < module_count; index++) {
        struct module *module = &modules[index];
        if (!module->core)
            continue;
        mkemu_core_init(kernel.core, module->core);
        int result = await(module->core);
        module->is_up = result == 0;
        if (!module->is_up) {
            __atomic_fetch_add(&kernel.peer.entry->tasks_failed, 1, __ATOMIC_SEQ_CST);
            const char *name = strerrorname_np(-result);
            char number[16];
            snprintf(number, sizeof number, "%d", result);
            klog(LOG_ERR, "%s: init failed: module_init returned %s%s", mkemu_core_module_name(module->core),
                name ? "-" : "", name ? name : number);
        }
    }
    tell_unknown();
}

void modules_exit(void)
{
    for (int index = module_count - 1; index >= 0; index--)
        if (modules[index].is_up) {
            mkemu_core_exit(kernel.core, modules[index].core);
            await(modules[index].core);
            modules[index].is_up = false;
        }
}
