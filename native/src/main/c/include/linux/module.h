/* SPDX-License-Identifier: Apache-2.0 */
/* linux/module.h: a module: its init, its exit, its parameters, what it says of itself. */
#ifndef MKEMU_LINUX_MODULE_H
#define MKEMU_LINUX_MODULE_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/stat.h>
#include <mkemu_kmod.h>

#define THIS_MODULE (&mkemu_kmod)
#define MODULE_LICENSE(text) MODULE_INFO(license, text)
#define MODULE_AUTHOR(text) MODULE_INFO(author, text)
#define MODULE_DESCRIPTION(text) MODULE_INFO(description, text)
#define MODULE_VERSION(text) MODULE_INFO(version, text)
#define MODULE_ALIAS(text) MODULE_INFO(alias, text)
#define MODULE_SOFTDEP(text) MODULE_INFO(softdep, text)
#define MODULE_FIRMWARE(text) MODULE_INFO(firmware, text)
#define MODULE_IMPORT_NS(text) struct mkemu_semicolon
#define MODULE_DEVICE_TABLE(type, table) struct mkemu_semicolon

static inline const char *module_name(struct module *module)
{
    return module->name;
}

/* A module that is in use cannot be unloaded in Linux; here it ends with its kernel only. */
static inline bool try_module_get(struct module *module)
{
    (void)module;
    return true;
}

static inline void __module_get(struct module *module)
{
    (void)module;
}

static inline void module_put(struct module *module)
{
    (void)module;
}

#endif
