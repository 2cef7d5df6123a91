/* SPDX-License-Identifier: Apache-2.0 */
/* object.c: a module's shared object: what its file says before any of its code runs, and its symbols for reports. */
#define _GNU_SOURCE
#include "os.h"
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mkc_object {
    void *handle;
    char *file; /* a private copy of what it is, for symbols */
    size_t file_size;
    int copy; /* of a copy in memory, -1 */
    uintptr_t base;
    size_t size;
    struct mkc_symbol *symbols;
    size_t count;
    char path[4096];
};

static char *read_file(const char *path, size_t *size, char *error, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    char *data = NULL;

    if (fd < 0 || fstat(fd, &about)) {
        snprintf(error, room, "cannot be read: %s", strerror(errno));
    } else if (!S_ISREG(about.st_mode) || about.st_size > 1 << 30) {
        snprintf(error, room, "is no file, or larger than 1 GiB");
    } else if (!(data = malloc((size_t)about.st_size + 1))) {
        snprintf(error, room, "no memory to read it");
    } else {
        *size = 0;
        while (*size < (size_t)about.st_size) {
            ssize_t n = read(fd, data + *size, (size_t)about.st_size - *size);
            if (n <= 0)
                break;
            *size += (size_t)n;
        }
    }
    if (fd >= 0)
        close(fd);
    return data;
}

static const char *machine_name(unsigned int machine)
{
    return machine == EM_X86_64 ? "x86-64" : machine == EM_AARCH64 ? "aarch64" : "another machine";
}

static bool range(const struct mkc_object *o, uint64_t at, uint64_t size)
{
    return at <= o->file_size && size <= o->file_size - at;
}

static int by_address(const void *a, const void *b)
{
    const struct mkc_symbol *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    /* Of two names the last is told: that of the module's own source. */
    return !strncmp(y->name, "mkemu_", 6) - !strncmp(x->name, "mkemu_", 6);
}

/* Reads .symtab, or .dynsym where that was stripped; whether needed is a dynamic symbol. Every offset is checked. */
static bool read_symbols(struct mkc_object *o, const char *needed)
{
    const Elf64_Ehdr *e = (const Elf64_Ehdr *)(void *)o->file;
    bool found = false;
    uint32_t best = 0;

    if (e->e_shentsize != sizeof(Elf64_Shdr) || !range(o, e->e_shoff, (uint64_t)e->e_shnum * sizeof(Elf64_Shdr))
        || e->e_shoff % 8)
        return false;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(void *)(o->file + e->e_shoff);
    for (int i = 0; i < e->e_shnum; i++) {
        const Elf64_Shdr *s = &sections[i];
        if ((s->sh_type != SHT_SYMTAB && s->sh_type != SHT_DYNSYM) || s->sh_link >= e->e_shnum || s->sh_offset % 8
            || !range(o, s->sh_offset, s->sh_size))
            continue;
        const Elf64_Shdr *strings = &sections[s->sh_link];
        if (!range(o, strings->sh_offset, strings->sh_size) || !strings->sh_size
            || o->file[strings->sh_offset + strings->sh_size - 1])
            continue;
        const char *names = o->file + strings->sh_offset;
        const Elf64_Sym *symbols = (const Elf64_Sym *)(void *)(o->file + s->sh_offset);
        size_t n = s->sh_size / sizeof *symbols;
        bool keep = s->sh_type == SHT_SYMTAB || best != SHT_SYMTAB;
        if (keep) {
            free(o->symbols);
            o->symbols = calloc(n ? n : 1, sizeof *o->symbols);
            o->count = 0;
            best = s->sh_type;
        }
        for (size_t j = 0; j < n; j++) {
            if (symbols[j].st_name >= strings->sh_size || symbols[j].st_shndx == SHN_UNDEF)
                continue;
            const char *name = names + symbols[j].st_name;
            found |= s->sh_type == SHT_DYNSYM && !strcmp(name, needed);
            if (keep && o->symbols && ELF64_ST_TYPE(symbols[j].st_info) == STT_FUNC)
                o->symbols[o->count++] = (struct mkc_symbol){symbols[j].st_value, symbols[j].st_size, name};
        }
    }
    if (o->symbols)
        qsort(o->symbols, o->count, sizeof *o->symbols, by_address);
    const Elf64_Phdr *headers = (const Elf64_Phdr *)(void *)(o->file + e->e_phoff);
    if (range(o, e->e_phoff, (uint64_t)e->e_phnum * sizeof *headers) && e->e_phoff % 8 == 0)
        for (int i = 0; i < e->e_phnum; i++)
            if (headers[i].p_type == PT_LOAD && headers[i].p_vaddr + headers[i].p_memsz > o->size)
                o->size = headers[i].p_vaddr + headers[i].p_memsz;
    return found;
}

static bool check(struct mkc_object *o, uint32_t machine, const char *needed, char *error, size_t room)
{
    const Elf64_Ehdr *e = (const Elf64_Ehdr *)(void *)o->file;

    if (o->file_size < sizeof *e || memcmp(e->e_ident, ELFMAG, SELFMAG)) {
        snprintf(error, room, "is no ELF file: build it with mk cc");
        return false;
    }
    if (e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_machine != machine) {
        snprintf(error, room, "is built for %s, this machine is %s: build it here with mk cc",
            e->e_ident[EI_CLASS] != ELFCLASS64 ? "32 bits" : machine_name(e->e_machine), machine_name(machine));
        return false;
    }
    if (e->e_type != ET_DYN) {
        snprintf(error, room, "is no shared object: build it with mk cc");
        return false;
    }
    if (!read_symbols(o, needed)) {
        snprintf(error, room, "is no mkemu module: it has no symbol %s; build it with mk cc", needed);
        return false;
    }
    return true;
}

static bool map(struct mkc_object *o, const char *path, char *error, size_t room)
{
    Dl_info about;

    o->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!o->handle) {
        const char *text = dlerror(), *symbol = text ? strstr(text, "undefined symbol: ") : NULL;
        if (symbol) {
            symbol += strlen("undefined symbol: ");
            snprintf(error, room, "needs the symbol %.*s, which mkemu does not offer", (int)strcspn(symbol, " ,("),
                symbol);
        } else {
            const char *last = text ? strrchr(text, ':') : NULL;
            snprintf(error, room, "cannot be loaded:%s", last ? last + 1 : " for no reason given");
        }
        return false;
    }
    void *symbol = dlsym(o->handle, "mkemu_kmod");
    if (!symbol || !dladdr(symbol, &about)) {
        snprintf(error, room, "is no mkemu module: it has no symbol mkemu_kmod");
        return false;
    }
    o->base = (uintptr_t)about.dli_fbase;
    return true;
}

struct mkc_object *mkc_object_open(const char *path, uint32_t machine, const char *needed, char *error, size_t room)
{
    struct mkc_object *o = calloc(1, sizeof *o);

    if (!o) {
        snprintf(error, room, "no memory");
        return NULL;
    }
    o->copy = -1;
    /* Without a slash dlopen would look in the directories of libraries. */
    snprintf(o->path, sizeof o->path, "%s%s", strchr(path, '/') ? "" : "./", path);
    o->file = read_file(o->path, &o->file_size, error, room);
    if (!o->file || !check(o, machine, needed, error, room) || !map(o, o->path, error, room)) {
        mkc_object_close(o);
        return NULL;
    }
    return o;
}

void *mkc_object_symbol(struct mkc_object *o, const char *name)
{
    return dlsym(o->handle, name);
}

/* dlopen knows a file again by its path and by its inode: a copy in memory has others. Its descriptor stays open, so
   that its path is not used again. */
struct mkc_object *mkc_object_copy(struct mkc_object *o, char *error, size_t room)
{
    const char *name = strrchr(o->path, '/') + 1;
    char path[64];

    dlclose(o->handle);
    o->handle = NULL;
    o->copy = memfd_create(name, MFD_CLOEXEC);
    for (size_t at = 0; o->copy >= 0 && at < o->file_size;) {
        ssize_t n = write(o->copy, o->file + at, o->file_size - at);
        if (n <= 0) {
            close(o->copy);
            o->copy = -1;
        } else {
            at += (size_t)n;
        }
    }
    if (o->copy < 0) {
        snprintf(error, room, "no memory for a second copy of it: %s", strerror(errno));
    } else {
        snprintf(path, sizeof path, "/proc/self/fd/%d", o->copy);
        if (map(o, path, error, room))
            return o;
    }
    mkc_object_close(o);
    return NULL;
}

void mkc_object_close(struct mkc_object *o)
{
    if (o->handle)
        dlclose(o->handle);
    if (o->copy >= 0)
        close(o->copy);
    free(o->symbols);
    free(o->file);
    free(o);
}

uintptr_t mkc_object_base(const struct mkc_object *o)
{
    return o->base;
}

const char *mkc_object_path(const struct mkc_object *o)
{
    return o->path;
}

size_t mkc_object_size(const struct mkc_object *o)
{
    return o->size;
}

const struct mkc_symbol *mkc_object_find(const struct mkc_object *o, uintptr_t address)
{
    uint64_t at = address - o->base;
    size_t low = 0, high = o->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (o->symbols[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    const struct mkc_symbol *s = low ? &o->symbols[low - 1] : NULL;
    return s && (at - s->at < s->size || !s->size) ? s : NULL;
}
