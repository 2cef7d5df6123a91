/* SPDX-License-Identifier: Apache-2.0 */
/* linux/fs.h: as much of a file as debugfs and proc need. */
#ifndef MKEMU_LINUX_FS_H
#define MKEMU_LINUX_FS_H

#include <linux/mkemu_show.h>
#include <mkemu_kmod.h>

/* Only open is called: a file is shown by what it gives to single_open or seq_open. */
struct file_operations {
    struct module *owner;
    loff_t (*llseek)(struct file *file, loff_t offset, int whence);
    ssize_t (*read)(struct file *file, char *to, size_t size, loff_t *position);
    ssize_t (*write)(struct file *file, const char *from, size_t size, loff_t *position);
    int (*open)(struct inode *inode, struct file *file);
    int (*release)(struct inode *inode, struct file *file);
};

#endif
