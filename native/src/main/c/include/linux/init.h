/* SPDX-License-Identifier: Apache-2.0 */
/* linux/init.h: where a module begins and ends: module_init, module_exit. */
#ifndef MKEMU_LINUX_INIT_H
#define MKEMU_LINUX_INIT_H

#include <linux/compiler.h>
#include <mkemu_kmod.h>

/* The unit mkemu_kmod.c of the same shared object finds them by these names. */
#define module_init(function) \
    int mkemu_init_module(void) __attribute__((visibility("hidden"), alias(#function)))
#define module_exit(function) \
    void mkemu_exit_module(void) __attribute__((visibility("hidden"), alias(#function)))

/* One of these in a module is its init, as in Linux. */
#define core_initcall(function) module_init(function)
#define postcore_initcall(function) module_init(function)
#define subsys_initcall(function) module_init(function)
#define fs_initcall(function) module_init(function)
#define device_initcall(function) module_init(function)
#define late_initcall(function) module_init(function)

#endif
