/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_MODULES = 64 };

struct symbol {
    uint64_t value, size;
    const char *name;
};

struct image {
    const char *module, *path;
    uintptr_t base;
    uint64_t length; /* from base to the end of what is loaded */
    struct symbol *symbols;
    size_t count;
};

static struct image images[MOST_MODULES];
static size_t image_count;

static int by_value(const void *one, const void *other)
{
    const struct symbol *a = one, *b = other;
    return a->value < b->value ? -1 : a->value > b->value;
}

static bool is_inside(uint64_t at, uint64_t length, uint64_t size)
{
    return at <= size && length <= size - at;
}

/* Takes the functions of a symbol table. The mapping of the file stays: the names lie in it. */
static void take(struct image *image, const uint8_t *file, uint64_t size, const Elf64_Shdr *table, const Elf64_Shdr *names)
{
    uint64_t count = table->sh_size / sizeof(Elf64_Sym);
    if (!is_inside(table->sh_offset, table->sh_size, size) || !is_inside(names->sh_offset, names->sh_size, size)
        || names->sh_size == 0 || file[names->sh_offset + names->sh_size - 1] != 0)
        return;
    image->symbols = calloc(count ? count : 1, sizeof *image->symbols);
    for (uint64_t index = 0; image->symbols && index < count; index++) {
        Elf64_Sym symbol;
        memcpy(&symbol, file + table->sh_offset + index * sizeof symbol, sizeof symbol);
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF
            && symbol.st_name < names->sh_size)
            image->symbols[image->count++] = (struct symbol){symbol.st_value, symbol.st_size,
                (const char *)file + names->sh_offset + symbol.st_name};
    }
    if (image->symbols)
        qsort(image->symbols, image->count, sizeof *image->symbols, by_value);
}

static void read_elf(struct image *image, const uint8_t *file, uint64_t size)
{
    Elf64_Ehdr header;
    if (size < sizeof header)
        return;
    memcpy(&header, file, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64)
        return;
    for (int index = 0; index < header.e_phnum
        && is_inside(header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr), size); index++) {
        Elf64_Phdr part;
        memcpy(&part, file + header.e_phoff + (uint64_t)index * sizeof part, sizeof part);
        if (part.p_type == PT_LOAD && part.p_vaddr + part.p_memsz > image->length)
            image->length = part.p_vaddr + part.p_memsz;
    }
    if (header.e_shentsize != sizeof(Elf64_Shdr)
        || !is_inside(header.e_shoff, (uint64_t)header.e_shnum * sizeof(Elf64_Shdr), size))
        return;
    for (int index = 0; index < header.e_shnum && !image->symbols; index++) {
        Elf64_Shdr table, names;
        memcpy(&table, file + header.e_shoff + (uint64_t)index * sizeof table, sizeof table);
        if (table.sh_type != SHT_SYMTAB || table.sh_link >= header.e_shnum)
            continue;
        memcpy(&names, file + header.e_shoff + (uint64_t)table.sh_link * sizeof names, sizeof names);
        take(image, file, size, &table, &names);
    }
}

void symbols_add(const char *module, const char *path, uintptr_t base)
{
    struct stat status;
    if (image_count == MOST_MODULES)
        return;
    struct image *image = &images[image_count];
    *image = (struct image){.module = module, .path = path, .base = base};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && !fstat(fd, &status) && status.st_size > 0) {
        void *file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (file != MAP_FAILED)
            read_elf(image, file, (uint64_t)status.st_size);
    }
    if (fd >= 0)
        close(fd);
    __atomic_store_n(&image_count, image_count + 1, __ATOMIC_RELEASE);
}

bool symbols_find(uintptr_t address, struct place *place)
{
    size_t count = __atomic_load_n(&image_count, __ATOMIC_ACQUIRE);
    for (size_t index = 0; index < count; index++) {
        const struct image *image = &images[index];
        uint64_t offset = address - image->base;
        if (address < image->base || offset >= image->length)
            continue;
        *place = (struct place){.module = image->module, .path = image->path, .function = "", .offset = offset};
        for (size_t at = 0; at < image->count && image->symbols[at].value <= offset; at++)
            if (offset < image->symbols[at].value + image->symbols[at].size) {
                place->function = image->symbols[at].name;
                place->in = offset - image->symbols[at].value;
                place->length = image->symbols[at].size;
            }
        return true;
    }
    return false;
}
