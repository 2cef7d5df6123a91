/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols.h: names for addresses of modules, read when a module is loaded, so that a kernel that dies can tell where.
 * Lookups are async-signal-safe.
 */
#ifndef MKEMU_KERNEL_SYMBOLS_H
#define MKEMU_KERNEL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in a module; names are "" where nothing is known. */
struct place {
    const char *module;   /* as in [pagebell] */
    const char *path;     /* of its shared object */
    const char *function;
    uint64_t offset;      /* in the module's file, as addr2line takes it */
    uint64_t in, length;  /* in the function, and the function's length */
};

/*
 * Reads the symbols of a module that is loaded at base. A file that cannot be read has no names; the place of an
 * address is known all the same. Boot CPU.
 */
void symbols_add(const char *module, const char *path, uintptr_t base);

/* The module that an address lies in; false if it is none's. */
bool symbols_find(uintptr_t address, struct place *place);

#endif
