/* SPDX-License-Identifier: Apache-2.0 */
/* linux/ctype.h: letters. */
#ifndef MKEMU_LINUX_CTYPE_H
#define MKEMU_LINUX_CTYPE_H

#define isdigit(c) ((unsigned int)(c) - '0' < 10)
#define isupper(c) ((unsigned int)(c) - 'A' < 26)
#define islower(c) ((unsigned int)(c) - 'a' < 26)
#define isalpha(c) (((unsigned int)(c) | 32) - 'a' < 26)
#define isalnum(c) (isdigit(c) || isalpha(c))
#define isspace(c) ((c) == ' ' || (unsigned int)(c) - '\t' < 5)
#define isxdigit(c) (isdigit(c) || ((unsigned int)(c) | 32) - 'a' < 6)
#define isprint(c) ((unsigned int)(c) - ' ' < 95)
#define isascii(c) ((unsigned int)(c) < 128)
#define tolower(c) (isupper(c) ? (c) + 32 : (c))
#define toupper(c) (islower(c) ? (c) - 32 : (c))

#endif
