/* SPDX-License-Identifier: Apache-2.0 */
/*
 * params.h: a kernel command line by the rules of Linux, as io.mkemu.boot.BootParameters has them: blanks separate,
 * double quotes keep blanks, '-' and '_' are the same in names, the last one of a name counts.
 */
#ifndef MKEMU_KERNEL_PARAMS_H
#define MKEMU_KERNEL_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct param {
    char *name, *value; /* '_' for '-' in the name; value "" if it stands without one */
};

struct params {
    struct param *of;
    size_t count;
};

/* False: no memory. */
bool params_parse(struct params *params, const char *command_line);

/* The value, or NULL. */
const char *params_get(const struct params *params, const char *name);

/* A number as memparse reads it; false: it is not there, or is none. */
bool params_number(const struct params *params, const char *name, uint64_t *number);

/* Whether two names are the same. */
bool params_same(const char *one, const char *other);

/* How much a name differs from a known one that it was perhaps meant to be, as io.mkemu.Similar; PARAMS_OTHER: too much. */
#define PARAMS_OTHER 1000u
unsigned params_similar(const char *name, const char *known);

#endif
