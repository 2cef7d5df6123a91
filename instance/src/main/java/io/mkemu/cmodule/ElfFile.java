// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A shared object as its file says: header, program headers and dynamic symbols, of 64 bits, little-endian. It is
 * looked at before its code is loaded, so nothing in it is trusted: each offset is checked. Section headers are not
 * looked at; strip(1) may have taken them away.
 *
 * <p>Offsets and numbers are those of the System V ABI, chapters 4 and 5, and of the GNU hash table.
 */
final class ElfFile {
    /** The file is not what can be loaded; the message says why, without the file's name. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    /** e_machine of x86-64. */
    static final int EM_X86_64 = 62;
    /** e_machine of aarch64. */
    static final int EM_AARCH64 = 183;
    /** e_type of a shared object. */
    static final int ET_DYN = 3;
    /** Bytes of the header. */
    static final int HEADER_LENGTH = 64;

    private static final int MAGIC = 0x464c_457f;
    private static final int CLASS_AT = 4;
    private static final int CLASS_64 = 2;
    private static final int DATA_AT = 5;
    private static final int LITTLE_ENDIAN = 1;
    private static final int TYPE_AT = 16;
    private static final int MACHINE_AT = 18;
    private static final int PROGRAM_HEADERS_AT = 32;
    private static final int PROGRAM_HEADER_LENGTH_AT = 54;
    private static final int PROGRAM_HEADER_COUNT_AT = 56;
    private static final int PROGRAM_HEADER_LENGTH = 56;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int DYNAMIC_LENGTH = 16;
    private static final int DT_NULL = 0;
    private static final int DT_HASH = 4;
    private static final int DT_STRTAB = 5;
    private static final int DT_SYMTAB = 6;
    private static final int DT_GNU_HASH = 0x6fff_fef5;
    private static final int SYMBOL_LENGTH = 24;
    private static final int SYMBOL_SECTION_AT = 6;
    private static final int SYMBOL_VALUE_AT = 8;
    private static final int U16 = 0xffff;
    private static final long U32 = 0xffff_ffffL;

    private final ByteBuffer file;
    private final int headersAt;
    private final int headers;

    /**
     * A shared object that can be loaded on this machine.
     *
     * @param bytes   of the whole file
     * @param machine e_machine that it must have
     * @throws Refused if it is none
     */
    ElfFile(byte[] bytes, int machine) throws Refused {
        file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < Integer.BYTES || file.getInt(0) != MAGIC) {
            throw new Refused("is not a shared object (no ELF file); build it with mk cc");
        }
        if (bytes.length < HEADER_LENGTH) {
            throw damaged("its header ends after " + bytes.length + " bytes");
        }
        if (bytes[CLASS_AT] != CLASS_64) {
            throw new Refused("is a shared object of 32 bits; build it for 64 bits, with mk cc");
        }
        if (bytes[DATA_AT] != LITTLE_ENDIAN) {
            throw new Refused("is a shared object of a big-endian machine; build it here, with mk cc");
        }
        int its = file.getShort(MACHINE_AT) & U16;
        if (its != machine) {
            throw new Refused("is built for " + machineName(its) + ", this machine is " + machineName(machine)
                + "; build it here, with mk cc");
        }
        int type = file.getShort(TYPE_AT) & U16;
        if (type != ET_DYN) {
            throw new Refused("is no shared object (ELF type " + type + (type == 1 ? ", as of a .o or .ko" : "")
                + "); build it with mk cc");
        }
        headers = file.getShort(PROGRAM_HEADER_COUNT_AT) & U16;
        int length = file.getShort(PROGRAM_HEADER_LENGTH_AT) & U16;
        if (headers == 0 || length != PROGRAM_HEADER_LENGTH) {
            throw damaged(headers + " program headers of " + length + " bytes");
        }
        headersAt = place(file.getLong(PROGRAM_HEADERS_AT), (long) headers * PROGRAM_HEADER_LENGTH, "program headers");
    }

    /** As a user knows it. */
    static String machineName(int machine) {
        return switch (machine) {
            case EM_X86_64 -> "x86-64";
            case EM_AARCH64 -> "aarch64";
            case 3 -> "x86 (32 bits)";
            case 40 -> "arm (32 bits)";
            case 243 -> "RISC-V";
            default -> "ELF machine " + machine;
        };
    }

    private static Refused damaged(String what) {
        return new Refused("is damaged: " + what + "; build it anew, with mk cc");
    }

    /** An offset in the file, if so many bytes are there. */
    private int place(long offset, long length, String what) throws Refused {
        if (offset < 0 || length < 0 || offset > file.capacity() - length) {
            throw damaged("its " + what + " would lie outside of the file");
        }
        return (int) offset;
    }

    private int header(int type, int from) {
        for (int index = from; index < headers; index++) {
            if (file.getInt(headersAt + index * PROGRAM_HEADER_LENGTH) == type) {
                return index;
            }
        }
        return -1;
    }

    private long field(int header, int offset) {
        return file.getLong(headersAt + header * PROGRAM_HEADER_LENGTH + offset);
    }

    /**
     * Where in the file lies what is loaded to an address.
     *
     * @param length how many bytes are wanted
     * @throws Refused if no segment holds them
     */
    private int at(long address, long length, String what) throws Refused {
        for (int load = header(PT_LOAD, 0); load >= 0; load = header(PT_LOAD, load + 1)) {
            long offset = address - field(load, 16);
            long size = field(load, 32);
            if (offset >= 0 && length >= 0 && offset <= size - length) {
                /* A segment may claim to lie anywhere: the sum may be any number. */
                return place(field(load, 8) + offset, length, what);
            }
        }
        throw damaged("no segment holds its " + what);
    }

    /**
     * The bytes that a symbol which the object defines begins with.
     *
     * @param length how many are wanted
     * @return null if it defines no such symbol
     * @throws Refused if it is damaged
     */
    ByteBuffer symbol(String name, int length) throws Refused {
        try {
            long address = find(name);
            if (address == 0) {
                return null;
            }
            return file.slice(at(address, length, "symbol " + name), length).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IndexOutOfBoundsException | BufferUnderflowException | ArithmeticException beyond) {
            throw damaged("its dynamic symbols cannot be read");
        }
    }

    private long find(String name) throws Refused {
        int dynamic = header(PT_DYNAMIC, 0);
        if (dynamic < 0) {
            throw damaged("it has no dynamic section");
        }
        long size = field(dynamic, 32);
        int from = place(field(dynamic, 8), size, "dynamic section");
        long strings = 0;
        long symbols = 0;
        long hash = 0;
        long gnuHash = 0;
        for (int at = from; at <= from + size - DYNAMIC_LENGTH; at += DYNAMIC_LENGTH) {
            long tag = file.getLong(at);
            long value = file.getLong(at + Long.BYTES);
            if (tag == DT_NULL) {
                break;
            } else if (tag == DT_STRTAB) {
                strings = value;
            } else if (tag == DT_SYMTAB) {
                symbols = value;
            } else if (tag == DT_HASH) {
                hash = value;
            } else if (tag == DT_GNU_HASH) {
                gnuHash = value;
            }
        }
        if (strings == 0 || symbols == 0 || hash == 0 && gnuHash == 0) {
            throw damaged("it has no dynamic symbols");
        }
        return gnuHash != 0 ? byGnuHash(name, gnuHash, symbols, strings) : byHash(name, hash, symbols, strings);
    }

    /* nbucket, nchain, buckets, chains */
    private long byHash(String name, long hash, long symbols, long strings) throws Refused {
        long buckets = file.getInt(at(hash, 8, "hash table")) & U32;
        long chains = file.getInt(at(hash + 4, 4, "hash table")) & U32;
        int code = 0;
        for (byte each : name.getBytes(StandardCharsets.ISO_8859_1)) {
            code = (code << 4) + each;
            int high = code & 0xf000_0000;
            code = (code ^ high >>> 24) & ~high;
        }
        long index = word(hash + 8 + (code & U32) % buckets * 4);
        /* A chain may run in a ring. */
        for (long steps = 0; index != 0 && steps < chains; steps++) {
            long value = value(index, name, symbols, strings);
            if (value != 0) {
                return value;
            }
            index = word(hash + 8 + (buckets + index) * 4);
        }
        return 0;
    }

    /* nbuckets, symoffset, bloom_size, bloom_shift, bloom, buckets, chains from symoffset on */
    private long byGnuHash(String name, long hash, long symbols, long strings) throws Refused {
        long buckets = word(hash);
        long first = word(hash + 4);
        long bucketsAt = hash + 16 + word(hash + 8) * Long.BYTES;
        int code = 5381;
        for (byte each : name.getBytes(StandardCharsets.ISO_8859_1)) {
            code = code * 33 + each;
        }
        long index = word(bucketsAt + (code & U32) % buckets * 4);
        if (index < first) {
            return 0;
        }
        while (true) {
            long chain = word(bucketsAt + (buckets + index - first) * 4);
            long value = (chain | 1) == (code & U32 | 1) ? value(index, name, symbols, strings) : 0;
            if (value != 0 || (chain & 1) != 0) {
                return value;
            }
            index++;
        }
    }

    private long word(long address) throws Refused {
        return file.getInt(at(address, Integer.BYTES, "hash table")) & U32;
    }

    /** The value of a symbol if it has this name and is defined; else 0. */
    private long value(long index, String name, long symbols, long strings) throws Refused {
        int symbol = at(symbols + index * SYMBOL_LENGTH, SYMBOL_LENGTH, "symbol table");
        byte[] wanted = name.getBytes(StandardCharsets.ISO_8859_1);
        int text = at(strings + (file.getInt(symbol) & U32), 1, "names of symbols");
        for (int at = 0; at < wanted.length; at++) {
            if (file.get(text + at) != wanted[at]) {
                return 0;
            }
        }
        boolean ends = file.get(text + wanted.length) == 0;
        boolean defined = file.getShort(symbol + SYMBOL_SECTION_AT) != 0;
        return ends && defined ? file.getLong(symbol + SYMBOL_VALUE_AT) : 0;
    }
}
