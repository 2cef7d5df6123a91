/* SPDX-License-Identifier: Apache-2.0 */
/* linux/seq_file.h: what a file of debugfs or proc shows. */
#ifndef MKEMU_LINUX_SEQ_FILE_H
#define MKEMU_LINUX_SEQ_FILE_H

#include <linux/fs.h>
#include <mkemu_kmod.h>

struct seq_operations;

struct seq_file {
    char *buf;
    size_t size, count;
    const struct seq_operations *op;
    void *private;
    int (*show)(struct seq_file *file, void *data);
};

struct seq_operations {
    void *(*start)(struct seq_file *file, loff_t *position);
    void (*stop)(struct seq_file *file, void *at);
    void *(*next)(struct seq_file *file, void *at, loff_t *position);
    int (*show)(struct seq_file *file, void *at);
};

#define SEQ_START_TOKEN ((void *)1)

__printf(2, 3) void seq_printf(struct seq_file *file, const char *format, ...);
__printf(2, 0) void mkemu_seq_vprintf(struct seq_file *file, const char *format, va_list args);
void mkemu_seq_write(struct seq_file *file, const void *data, size_t size);
void seq_puts(struct seq_file *file, const char *text);
void seq_putc(struct seq_file *file, char c);

#define seq_vprintf(file, format, args) mkemu_seq_vprintf((file), (format), (args))
#define seq_write(file, data, size) (mkemu_seq_write((file), (data), (size)), 0)

static inline int single_open(struct file *file, int (*show)(struct seq_file *file, void *data), void *data)
{
    struct seq_file *seq = file->private_data;

    seq->show = show;
    seq->private = data;
    return 0;
}

static inline int single_release(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    return 0;
}

static inline int seq_open(struct file *file, const struct seq_operations *op)
{
    ((struct seq_file *)file->private_data)->op = op;
    return 0;
}

static inline int seq_release(struct inode *inode, struct file *file)
{
    return single_release(inode, file);
}

/* They are here to be named in file_operations; nobody calls them. */
ssize_t seq_read(struct file *file, char *to, size_t size, loff_t *position);
loff_t seq_lseek(struct file *file, loff_t offset, int whence);

#define DEFINE_SHOW_ATTRIBUTE(name)                                                    \
    static int name##_open(struct inode *inode, struct file *file)                     \
    {                                                                                  \
        return single_open(file, name##_show, inode->i_private);                       \
    }                                                                                  \
    static const struct file_operations name##_fops __maybe_unused = {                 \
        .owner = &mkemu_kmod,                                                          \
        .open = name##_open,                                                           \
        .read = seq_read,                                                              \
        .llseek = seq_lseek,                                                           \
        .release = single_release,                                                     \
    }

#endif
