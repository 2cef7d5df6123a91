/* SPDX-License-Identifier: Apache-2.0 */
/* linux/export.h: all modules of a kernel stand alone: what one exports no other can call. */
#ifndef MKEMU_LINUX_EXPORT_H
#define MKEMU_LINUX_EXPORT_H

#define EXPORT_SYMBOL(symbol) struct mkemu_semicolon
#define EXPORT_SYMBOL_GPL(symbol) struct mkemu_semicolon
#define EXPORT_SYMBOL_NS(symbol, ns) struct mkemu_semicolon
#define EXPORT_SYMBOL_NS_GPL(symbol, ns) struct mkemu_semicolon

#endif
