/* SPDX-License-Identifier: Apache-2.0 */
/* linux/mkemu_show.h: what debugfs.h, proc_fs.h and seq_file.h have in common. Not for modules. */
#ifndef MKEMU_LINUX_MKEMU_SHOW_H
#define MKEMU_LINUX_MKEMU_SHOW_H

#include <linux/types.h>

enum mkemu_show_kind {
    MKEMU_SHOW_DIRECTORY, MKEMU_SHOW_FILE, MKEMU_SHOW_PROC, MKEMU_SHOW_SINGLE, MKEMU_SHOW_NUMBER, MKEMU_SHOW_SEQ
};

/* In the place of a pointer to operations. */
struct mkemu_show_number {
    u8 bytes, is_hex, is_bool, reserved[5];
};

struct inode {
    void *i_private;
};

struct file {
    void *private_data; /* the seq_file */
    struct inode *f_inode;
};

#endif
