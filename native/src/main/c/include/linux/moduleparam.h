/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux/moduleparam.h: parameters: bootargs has MODULE.NAME=VALUE. Read before module_init, never
 * written later; there is no sysfs, so the permissions say nothing, and get is called by nobody.
 */
#ifndef MKEMU_LINUX_MODULEPARAM_H
#define MKEMU_LINUX_MODULEPARAM_H

#include <linux/compiler.h>
#include <linux/kstrtox.h>
#include <linux/sprintf.h>
#include <mkemu_kmod.h>

#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME "module"
#endif

typedef unsigned char mkemu_param_byte;
typedef short mkemu_param_short;
typedef unsigned short mkemu_param_ushort;
typedef int mkemu_param_int;
typedef unsigned int mkemu_param_uint;
typedef long mkemu_param_long;
typedef unsigned long mkemu_param_ulong;
typedef unsigned long long mkemu_param_ullong;
typedef unsigned int mkemu_param_hexint;
typedef bool mkemu_param_bool, mkemu_param__Bool; /* bool may be a macro */
typedef bool mkemu_param_invbool;
typedef char *mkemu_param_charp;

enum {
    mkemu_type_byte = MKEMU_PARAM_BYTE,
    mkemu_type_short = MKEMU_PARAM_SHORT,
    mkemu_type_ushort = MKEMU_PARAM_USHORT,
    mkemu_type_int = MKEMU_PARAM_INT,
    mkemu_type_uint = MKEMU_PARAM_UINT,
    mkemu_type_long = MKEMU_PARAM_LONG,
    mkemu_type_ulong = MKEMU_PARAM_ULONG,
    mkemu_type_ullong = MKEMU_PARAM_ULLONG,
    mkemu_type_hexint = MKEMU_PARAM_HEXINT,
    mkemu_type_bool = MKEMU_PARAM_BOOL,
    mkemu_type__Bool = MKEMU_PARAM_BOOL,
    mkemu_type_invbool = MKEMU_PARAM_INVBOOL,
    mkemu_type_charp = MKEMU_PARAM_CHARP
};

#define mkemu_param_(name_, ...)                                                                              \
    static const struct mkemu_kmod_param mkemu_param_##name_ = {.name = #name_, __VA_ARGS__};                 \
    static const struct mkemu_kmod_param *const mkemu_param_at_##name_                                        \
        __attribute__((used, section("mkemu_params"))) = &mkemu_param_##name_

#define module_param_named(name_, variable, type_, permissions_)                                              \
    static mkemu_param_##type_ *const mkemu_check_##name_ __maybe_unused = &(variable);                       \
    mkemu_param_(name_, .value = &(variable), .type = mkemu_type_##type_,                                     \
        .element_size = sizeof(variable), .permissions = (permissions_))
#define module_param(name_, type_, permissions_) module_param_named(name_, name_, type_, permissions_)

#define module_param_array_named(name_, array, type_, count_, permissions_)                                   \
    static mkemu_param_##type_ *const mkemu_check_##name_ __maybe_unused = &(array)[0];                       \
    mkemu_param_(name_, .value = (array), .type = mkemu_type_##type_, .element_size = sizeof((array)[0]),     \
        .max = sizeof(array) / sizeof((array)[0]), .count = (count_), .permissions = (permissions_))
#define module_param_array(name_, type_, count_, permissions_) \
    module_param_array_named(name_, name_, type_, count_, permissions_)

#define module_param_string(name_, text, size, permissions_) \
    mkemu_param_(name_, .value = (text), .type = MKEMU_PARAM_STRING, .element_size = (size), \
        .permissions = (permissions_))

struct kernel_param;

struct kernel_param_ops {
    unsigned int flags;
    int (*set)(const char *value, const struct kernel_param *param); /* not of a task: it may not sleep */
    int (*get)(char *buffer, const struct kernel_param *param);
    void (*free)(void *arg);
};

struct kernel_param {
    const char *name;
    const struct kernel_param_ops *ops;
    void *arg;
    u16 perm;
};

#define module_param_cb(name_, ops_, arg_, permissions_)                                                      \
    static const struct kernel_param mkemu_kernel_param_##name_ = {.name = #name_, .ops = (ops_),             \
        .arg = (void *)(arg_), .perm = (permissions_)};                                                       \
    mkemu_param_(name_, .value = (void *)(uintptr_t)&mkemu_kernel_param_##name_, .type = MKEMU_PARAM_CALLBACK, \
        .permissions = (permissions_))

#define MKEMU_PARAM_OPS_(name, type, parse, format)                                                           \
    static inline int param_set_##name(const char *value, const struct kernel_param *param)                   \
    {                                                                                                         \
        return value ? parse : -EINVAL;                                                                       \
    }                                                                                                         \
    static inline int param_get_##name(char *buffer, const struct kernel_param *param)                        \
    {                                                                                                         \
        return scnprintf(buffer, 4096, format, *(type *)param->arg);                                          \
    }                                                                                                         \
    static const struct kernel_param_ops param_ops_##name __maybe_unused = {                                  \
        .set = param_set_##name, .get = param_get_##name}
MKEMU_PARAM_OPS_(int, int, kstrtoint(value, 0, param->arg), "%d\n");
MKEMU_PARAM_OPS_(uint, unsigned int, kstrtouint(value, 0, param->arg), "%u\n");
MKEMU_PARAM_OPS_(long, long, kstrtol(value, 0, param->arg), "%ld\n");
MKEMU_PARAM_OPS_(ulong, unsigned long, kstrtoul(value, 0, param->arg), "%lu\n");
MKEMU_PARAM_OPS_(bool, bool, kstrtobool(value, param->arg), "%d\n");
#undef MKEMU_PARAM_OPS_

#define MKEMU_INFO_(tag, text)                                                                                \
    static const char __UNIQUE_ID(mkemu_info_)[] __attribute__((used, section("mkemu_info"), aligned(1))) =   \
        tag "=" text
#define MODULE_INFO(tag, text) MKEMU_INFO_(#tag, text)
#define MODULE_PARM_DESC(name, text) MKEMU_INFO_("parm", #name ":" text)

#endif
