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

/* The name that a parameter of the command line is of, if it names a module that is here but takes no such parameter. */
static bool is_taken(const char *name)
{
    const char *known[] = {"idle", "loglevel", "quiet", "debug", "ignore_loglevel", "trace", "kernel",
        "mkemu.stop_in_send", "mk_ipi_shared", "mk_ipi_log", "mk_clock", "mk_epoch", "mk_life"};
    for (size_t index = 0; index < sizeof known / sizeof *known; index++)
        if (params_same(name, known[index]))
            return true;
    char full[200];
    for (int index = 0; index < module_count; index++) {
        const char *parameter, *file = strrchr(modules[index].path, '/');
        if (!modules[index].core) {
            /* What it takes nobody knows: all that has its name, which is its file's as a rule. */
            size_t length = strcspn(name, ".");
            snprintf(full, sizeof full, "%.*s.so", (int)length, name);
            if (name[length] && params_same(full, file ? file + 1 : modules[index].path))
                return true;
            continue;
        }
        for (uint32_t at = 0; (parameter = mkemu_core_module_parameter(modules[index].core, at)); at++) {
            snprintf(full, sizeof full, "%s.%s", mkemu_core_module_name(modules[index].core), parameter);
            if (params_same(name, full))
                return true;
        }
    }
    return false;
}

static void tell_unknown(void)
{
    char line[MKEMU_KERNEL_LOG_MAX_TEXT];
    size_t length = 0;
    for (size_t index = 0; index < kernel.params.count && length < sizeof line; index++) {
        const struct param *one = &kernel.params.of[index];
        if (!is_taken(one->name))
            length += (size_t)snprintf(line + length, sizeof line - length, "%s%s%s%s", length ? " " : "", one->name,
                *one->value ? "=" : "", one->value);
    }
    if (length)
        klog(LOG_NOTICE, "Unknown kernel command line parameters \"%s\", nobody takes them", line);
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
