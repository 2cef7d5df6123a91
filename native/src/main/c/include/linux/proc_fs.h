/* SPDX-License-Identifier: Apache-2.0 */
/* linux/proc_fs.h: files that the kernel log shows. */
#ifndef MKEMU_LINUX_PROC_FS_H
#define MKEMU_LINUX_PROC_FS_H

#include <linux/debugfs.h>

struct proc_ops {
    unsigned int proc_flags;
    int (*proc_open)(struct inode *inode, struct file *file);
    ssize_t (*proc_read)(struct file *file, char *to, size_t size, loff_t *position);
    ssize_t (*proc_write)(struct file *file, const char *from, size_t size, loff_t *position);
    loff_t (*proc_lseek)(struct file *file, loff_t offset, int whence);
    int (*proc_release)(struct inode *inode, struct file *file);
};

#define mkemu_proc_(name, parent, operations, data, kind)                                          \
    ((struct proc_dir_entry *)mkemu_show_create(&mkemu_kmod, (struct dentry *)(parent), (name),    \
        (const void *)(uintptr_t)(operations), (data), (kind)))
#define proc_mkdir(name, parent) mkemu_proc_(name, parent, 0, NULL, MKEMU_SHOW_DIRECTORY)
#define proc_create_data(name, mode, parent, ops, data) mkemu_proc_(name, parent, ops, data, MKEMU_SHOW_PROC)
#define proc_create(name, mode, parent, ops) proc_create_data(name, mode, parent, ops, NULL)
#define proc_create_single_data(name, mode, parent, show, data) \
    mkemu_proc_(name, parent, show, data, MKEMU_SHOW_SINGLE)
#define proc_create_single(name, mode, parent, show) proc_create_single_data(name, mode, parent, show, NULL)
#define proc_create_seq(name, mode, parent, ops) mkemu_proc_(name, parent, ops, NULL, MKEMU_SHOW_SEQ)
#define pde_data(inode) ((inode)->i_private)
#define proc_remove(entry) mkemu_show_remove((struct dentry *)(entry))
#define remove_proc_entry(name, parent) \
    mkemu_show_remove(mkemu_show_lookup((name), (struct dentry *)(parent)))
#define remove_proc_subtree(name, parent) remove_proc_entry(name, parent)

#endif
