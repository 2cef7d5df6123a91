/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show.c: files of debugfs and proc. There is no file system: what the files of a module hold is written to the log when
 * the module ends.
 */
#include "core.h"
#include <linux/mkemu_show.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

struct dentry {
    struct list_head list; /* of the core, in the order of their making */
    struct dentry *parent;
    struct module *owner;
    const void *operations;
    void *data;
    int kind;
    char name[64];
};

struct dentry *mkc_k_mkemu_show_create(struct module *m, struct dentry *parent, const char *name,
    const void *operations, void *data, int kind)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct dentry *entry = mkc_alloc(sizeof *entry);

    if (!entry)
        return NULL;
    entry->parent = parent;
    entry->owner = m;
    entry->operations = operations;
    entry->data = data;
    entry->kind = kind;
    mkc_format(entry->name, sizeof entry->name, "%s", name);
    mkc_lock_take(&core->lock);
    list_add_tail(&entry->list, &core->entries);
    mkc_lock_give(&core->lock);
    return entry;
}

static bool below(const struct dentry *entry, const struct dentry *top)
{
    for (; entry; entry = entry->parent)
        if (entry == top)
            return true;
    return false;
}

static void remove(struct mkemu_core *core, struct dentry *top)
{
    struct dentry *entry, *next;

    mkc_lock_take(&core->lock);
    list_for_each_entry_safe_reverse(entry, next, &core->entries, list)
        if (below(entry, top)) {
            list_del(&entry->list);
            mkc_free(entry);
        }
    mkc_lock_give(&core->lock);
}

void mkc_k_mkemu_show_remove(struct dentry *entry)
{
    if (entry && !IS_ERR(entry))
        remove(mkc_this_cpu()->core, entry);
}

struct dentry *mkc_k_mkemu_show_lookup(const char *name, struct dentry *parent)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct dentry *entry, *found = NULL;

    mkc_lock_take(&core->lock);
    list_for_each_entry(entry, &core->entries, list)
        if (entry->parent == parent && !__builtin_strcmp(entry->name, name))
            found = entry;
    mkc_lock_give(&core->lock);
    return found;
}

void mkc_entries_drop(struct mkemu_core *core, struct module *owner)
{
    struct dentry *entry, *next;

    list_for_each_entry_safe(entry, next, &core->entries, list)
        if (entry->owner == owner) {
            mkc_log(core, 4, "%s: left file %s: it is removed", mkc_of(owner)->name, entry->name);
            list_del(&entry->list);
            mkc_free(entry);
        }
}

void mkc_k_mkemu_seq_write(struct seq_file *file, const void *data, size_t size)
{
    if (size > file->size - file->count) {
        size_t larger = file->size * 2 + size;
        char *buf = larger < 64u << 20 ? mkc_alloc(larger) : NULL;

        if (!buf)
            return;
        if (file->count)
            __builtin_memcpy(buf, file->buf, file->count);
        mkc_free(file->buf);
        file->buf = buf;
        file->size = larger;
    }
    if (size)
        __builtin_memcpy(file->buf + file->count, data, size);
    file->count += size;
}

void mkc_k_mkemu_seq_vprintf(struct seq_file *file, const char *format, va_list args)
{
    char small[256];
    va_list copy;

    va_copy(copy, args);
    size_t n = (size_t)mkc_k_vsnprintf(small, sizeof small, format, copy);
    va_end(copy);
    if (n < sizeof small) {
        mkc_k_mkemu_seq_write(file, small, n);
        return;
    }
    char *text = mkc_alloc(n + 1);
    if (!text)
        return;
    mkc_k_vsnprintf(text, n + 1, format, args);
    mkc_k_mkemu_seq_write(file, text, n);
    mkc_free(text);
}

/* Of single_open: the function that shows, through the file's open. */
static void fill(struct dentry *entry, struct seq_file *seq)
{
    struct inode inode = {.i_private = entry->data};
    struct file file = {.private_data = seq, .f_inode = &inode};
    int (*open)(struct inode *, struct file *) = NULL;

    switch (entry->kind) {
    case MKEMU_SHOW_FILE:
        open = ((const struct file_operations *)entry->operations)->open;
        break;
    case MKEMU_SHOW_PROC:
        open = ((const struct proc_ops *)entry->operations)->proc_open;
        break;
    case MKEMU_SHOW_SINGLE:
        ((int (*)(struct seq_file *, void *))(uintptr_t)entry->operations)(seq, NULL);
        return;
    case MKEMU_SHOW_NUMBER: {
        const struct mkemu_show_number *n = (const void *)&entry->operations;
        u64 value = 0;
        char text[32];
        __builtin_memcpy(&value, entry->data, n->bytes);
        int length = n->is_bool ? mkc_format(text, sizeof text, "%c\n", value ? 'Y' : 'N')
            : n->is_hex ? mkc_format(text, sizeof text, "0x%0*llx\n", n->bytes * 2, value)
            : mkc_format(text, sizeof text, "%llu\n", value);
        mkc_k_mkemu_seq_write(seq, text, (size_t)length);
        return;
    }
    case MKEMU_SHOW_SEQ:
        seq->op = entry->operations;
        break;
    }
    if (open && open(&inode, &file))
        return;
    if (seq->show) {
        seq->show(seq, seq->private);
    } else if (seq->op) {
        loff_t position = 0;
        void *at = seq->op->start(seq, &position);
        while (at && !IS_ERR(at)) {
            if (seq->op->show(seq, at) < 0)
                break;
            at = seq->op->next(seq, at, &position);
        }
        seq->op->stop(seq, at);
    }
}

static void path(const struct dentry *entry, char *to, size_t size)
{
    char above[256] = "";

    if (entry->parent)
        path(entry->parent, above, sizeof above);
    mkc_format(to, size, "%s%s%s", above, entry->parent ? "/" : "", entry->name);
}

/* In the task that ends the module, since what shows may sleep. */
void mkc_entries_show(struct mkemu_core *core, const struct module *owner)
{
    struct dentry *entry;

    list_for_each_entry(entry, &core->entries, list) {
        struct seq_file seq = {.private = entry->data};
        char name[256];
        size_t line = 0;

        if (entry->owner != owner || entry->kind == MKEMU_SHOW_DIRECTORY)
            continue;
        path(entry, name, sizeof name);
        fill(entry, &seq);
        for (size_t i = 0; i < seq.count; i++) {
            if (seq.buf[i] != '\n' && i + 1 < seq.count)
                continue;
            size_t end = seq.buf[i] == '\n' ? i : i + 1;
            mkc_log(core, 6, "%s: %.*s", name, (int)(end - line), seq.buf + line);
            line = i + 1;
        }
        mkc_free(seq.buf);
    }
}
