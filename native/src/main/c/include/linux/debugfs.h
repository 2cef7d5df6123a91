/* SPDX-License-Identifier: Apache-2.0 */
/* linux/debugfs.h: files that the kernel log shows. */
#ifndef MKEMU_LINUX_DEBUGFS_H
#define MKEMU_LINUX_DEBUGFS_H

#include <linux/err.h>
#include <linux/seq_file.h>

struct dentry *mkemu_show_create(struct module *m, struct dentry *parent, const char *name, const void *operations,
    void *data, int kind);
void mkemu_show_remove(struct dentry *entry);
struct dentry *mkemu_show_lookup(const char *name, struct dentry *parent);

#define debugfs_create_dir(name, parent) \
    mkemu_show_create(&mkemu_kmod, (parent), (name), NULL, NULL, MKEMU_SHOW_DIRECTORY)
#define debugfs_create_file(name, mode, parent, data, operations) \
    ((void)(mode), mkemu_show_create(&mkemu_kmod, (parent), (name), (operations), (data), MKEMU_SHOW_FILE))
#define debugfs_remove(entry) mkemu_show_remove(entry)
#define debugfs_remove_recursive(entry) mkemu_show_remove(entry)
#define debugfs_lookup(name, parent) mkemu_show_lookup((name), (parent))
#define debugfs_initialized() true

static inline void mkemu_show_value(struct module *m, const char *name, struct dentry *parent, void *value, u8 bytes,
    bool hex, bool is_bool)
{
    struct mkemu_show_number number = {bytes, hex, is_bool, {0}};
    const void *operations;

    __builtin_memcpy(&operations, &number, sizeof number);
    (void)mkemu_show_create(m, parent, name, operations, value, MKEMU_SHOW_NUMBER);
}

#define debugfs_create_u8(name, mode, parent, p) mkemu_show_value(&mkemu_kmod, (name), (parent), (p), 1, false, false)
#define debugfs_create_u16(name, mode, parent, p) mkemu_show_value(&mkemu_kmod, (name), (parent), (p), 2, false, false)
#define debugfs_create_u32(name, mode, parent, p) mkemu_show_value(&mkemu_kmod, (name), (parent), (p), 4, false, false)
#define debugfs_create_u64(name, mode, parent, p) mkemu_show_value(&mkemu_kmod, (name), (parent), (p), 8, false, false)
#define debugfs_create_x32(name, mode, parent, p) mkemu_show_value(&mkemu_kmod, (name), (parent), (p), 4, true, false)
#define debugfs_create_x64(name, mode, parent, p) mkemu_show_value(&mkemu_kmod, (name), (parent), (p), 8, true, false)
#define debugfs_create_ulong(name, mode, parent, p) debugfs_create_u64(name, mode, parent, p)
#define debugfs_create_atomic_t(name, mode, parent, p) debugfs_create_u32(name, mode, parent, p)
#define debugfs_create_bool(name, mode, parent, p) mkemu_show_value(&mkemu_kmod, (name), (parent), (p), 1, false, true)

#endif
