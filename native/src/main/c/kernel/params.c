/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "params.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char letter)
{
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

static char unified(char letter)
{
    return letter == '-' ? '_' : letter;
}

bool params_same(const char *one, const char *other)
{
    while (*one && unified(*one) == unified(*other)) {
        one++;
        other++;
    }
    return *one == 0 && *other == 0;
}

/* Takes the quotes off a word that begins with one. */
static char *unquote(char *word)
{
    size_t length = strlen(word);
    if (*word != '"')
        return word;
    if (length > 1 && word[length - 1] == '"')
        word[length - 1] = 0;
    return word + 1;
}

static bool put(struct params *params, char *word)
{
    char *name = unquote(word), *value = strchr(name, '=');
    if (value)
        *value++ = 0;
    if (!*name)
        return true;
    for (char *letter = name; *letter; letter++)
        *letter = unified(*letter);
    for (size_t index = 0; index < params->count; index++)
        if (!strcmp(params->of[index].name, name)) {
            /* The last one counts, for its place among the others too. */
            memmove(&params->of[index], &params->of[index + 1], (params->count - index - 1) * sizeof *params->of);
            params->count--;
            break;
        }
    struct param *more = realloc(params->of, (params->count + 1) * sizeof *more);
    if (!more)
        return false;
    params->of = more;
    params->of[params->count++] = (struct param){name, value ? unquote(value) : name + strlen(name)};
    return true;
}

bool params_parse(struct params *params, const char *command_line)
{
    char *text = strdup(command_line), *start = NULL; /* stays: names and values lie in it */
    bool quoted = false;
    *params = (struct params){0};
    for (char *at = text; text; at++) {
        bool last = *at == 0, end = last || (!quoted && is_blank(*at));
        if (!end) {
            quoted ^= *at == '"';
            start = start ? start : at;
        } else if (start) {
            *at = 0;
            if (!put(params, start))
                return false;
            start = NULL;
        }
        if (last)
            return true;
    }
    return false;
}

const char *params_get(const struct params *params, const char *name)
{
    for (size_t index = 0; index < params->count; index++)
        if (params_same(params->of[index].name, name))
            return params->of[index].value;
    return NULL;
}

bool params_number(const struct params *params, const char *name, uint64_t *number)
{
    const char *value = params_get(params, name);
    char *end;
    if (!value || !(*value >= '0' && *value <= '9'))
        return false;
    *number = strtoull(value, &end, 0);
    const char *units = "kmgtpe", *unit = *end ? strchr(units, *end | 0x20) : NULL;
    if (unit) {
        *number <<= 10 * (unit - units + 1);
        end++;
    }
    return *end == 0;
}

enum { LONGEST_SIMILAR = 64, MOST_WRONG = 3, LEAST_PART = 3 };

static char plain(char letter)
{
    letter = unified(letter);
    return letter >= 'A' && letter <= 'Z' ? (char)(letter | 0x20) : letter;
}

/* Letters to insert, drop or replace. Both are at most LONGEST_SIMILAR long. */
static unsigned distance(const char *one, const char *other)
{
    unsigned row[LONGEST_SIMILAR + 1], width = (unsigned)strlen(other);
    for (unsigned column = 0; column <= width; column++)
        row[column] = column;
    for (unsigned line = 1; one[line - 1]; line++) {
        unsigned diagonal = row[0];
        row[0] = line;
        for (unsigned column = 1; column <= width; column++) {
            unsigned above = row[column], same = plain(one[line - 1]) != plain(other[column - 1]);
            unsigned least = above < row[column - 1] ? above + 1 : row[column - 1] + 1;
            row[column] = diagonal + same < least ? diagonal + same : least;
            diagonal = above;
        }
    }
    return row[width];
}

static bool is_part(const char *one, const char *other)
{
    return strlen(one) >= LEAST_PART && strlen(other) >= LEAST_PART
        && (strcasestr(one, other) || strcasestr(other, one));
}

unsigned params_similar(const char *name, const char *known)
{
    size_t length = strlen(name), limit = length / 2 > MOST_WRONG ? MOST_WRONG : length / 2 ? length / 2 : 1;
    if (length > LONGEST_SIMILAR || strlen(known) > LONGEST_SIMILAR)
        return PARAMS_OTHER;
    unsigned wrong = distance(name, known);
    return wrong <= limit || is_part(name, known) ? wrong : PARAMS_OTHER;
}
