// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import static io.mkemu.abi.InstanceDescriptor.TYPE_NAMES_LENGTH;
import static io.mkemu.abi.InstanceDescriptor.TYPE_NAME_BYTES_OFFSET;
import static io.mkemu.abi.InstanceDescriptor.TYPE_NAME_LENGTH_OFFSET;

import io.mkemu.Errno;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The names that a kernel's modules have given to types of messages in its life, in a field of shared memory. The
 * kernel adds; others read at any time, and believe nothing. Thread-safe.
 */
public final class TypeNames {
    /** Bytes of the longest name. */
    public static final int MAX_NAME = 63;
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.:/-]{0," + (MAX_NAME - 1) + "}");

    /**
     * A type and its name.
     *
     * @param type 32 bits
     * @param name of letters, digits and {@code _ . : / -}
     */
    public record TypeName(int type, String name) {
        /** As people read it. */
        @Override
        public String toString() {
            return "0x" + Integer.toHexString(type) + " " + name;
        }
    }

    /** How often names that change lives meanwhile are read again. */
    private static final int TRIES = 4;

    private final UnsafeBuffer buffer;
    private final int base;
    private final LongSupplier life;

    /** The names in {@link io.mkemu.abi.InstanceDescriptor#TYPE_NAMES_LENGTH} bytes, of one life. */
    public TypeNames(UnsafeBuffer buffer, int base) {
        this(buffer, base, () -> 0);
    }

    /**
     * The same, of life after life.
     *
     * @param life which life it is now: it changes behind {@link #clear} and before the next name is given
     */
    TypeNames(UnsafeBuffer buffer, int base, LongSupplier life) {
        this.life = life;
        buffer.boundsCheck(base, TYPE_NAMES_LENGTH);
        this.buffer = buffer;
        this.base = base;
    }

    /** Whether a type may be called so. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /**
     * Names a type.
     *
     * @return 0, also if it has this name already; -EINVAL: this is no name; -EEXIST: it has another name; -ENOSPC:
     *     there is no room
     */
    public synchronized int name(int type, String name) {
        if (name == null || !isName(name)) {
            return -Errno.EINVAL;
        }
        int at = 0;
        for (int next = next(at); next > 0; next = next(at)) {
            if (buffer.getInt(base + at, ByteOrder.LITTLE_ENDIAN) == type) {
                TypeName given = read(at, next);
                return given != null && given.name().equals(name) ? 0 : -Errno.EEXIST;
            }
            at = next;
        }
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        if (at + TYPE_NAME_BYTES_OFFSET + bytes.length > TYPE_NAMES_LENGTH) {
            return -Errno.ENOSPC;
        }
        buffer.putInt(base + at, type, ByteOrder.LITTLE_ENDIAN);
        buffer.putBytes(base + at + TYPE_NAME_BYTES_OFFSET, bytes);
        buffer.putByteVolatile(base + at + TYPE_NAME_LENGTH_OFFSET, (byte) bytes.length);
        return 0;
    }

    /** Where the record behind the one that begins here begins; 0 if none begins here. */
    private int next(int at) {
        if (at + TYPE_NAME_BYTES_OFFSET >= TYPE_NAMES_LENGTH) {
            return 0;
        }
        int length = buffer.getByteVolatile(base + at + TYPE_NAME_LENGTH_OFFSET);
        int next = at + TYPE_NAME_BYTES_OFFSET + length;
        return length > 0 && next <= TYPE_NAMES_LENGTH ? next : 0;
    }

    /** The record between; null if it was cleared meanwhile. */
    private TypeName read(int at, int next) {
        byte[] bytes = new byte[next - at - TYPE_NAME_BYTES_OFFSET];
        buffer.getBytes(base + at + TYPE_NAME_BYTES_OFFSET, bytes);
        int type = buffer.getInt(base + at, ByteOrder.LITTLE_ENDIAN);
        VarHandle.acquireFence();
        return next(at) == next ? new TypeName(type, new String(bytes, StandardCharsets.US_ASCII)) : null;
    }

    /** How many there are. Allocates nothing. */
    public int count() {
        int count = 0;
        for (int at = next(0); at > 0; at = next(at)) {
            count++;
        }
        return count;
    }

    /** All of them, in the order they were given; what is no name is left out. */
    public List<TypeName> all() {
        for (int time = 0; time < TRIES; time++) {
            long before = life.getAsLong();
            List<TypeName> all = present();
            VarHandle.acquireFence();
            if (life.getAsLong() == before) {
                return all;
            }
        }
        return List.of();
    }

    private List<TypeName> present() {
        List<TypeName> all = new ArrayList<>();
        int at = 0;
        for (int next = next(at); next > 0; next = next(at)) {
            TypeName name = read(at, next);
            if (name == null) {
                break;
            }
            if (isName(name.name())) {
                all.add(name);
            }
            at = next;
        }
        return all;
    }

    /** A new life has none. */
    public synchronized void clear() {
        int at = 0;
        for (int next = next(at); next > 0; next = next(at)) {
            /* First, so that whoever reads a record now knows it. */
            buffer.putByteVolatile(base + at + TYPE_NAME_LENGTH_OFFSET, (byte) 0);
            at = next;
        }
        buffer.setMemory(base, TYPE_NAMES_LENGTH, (byte) 0);
    }
}
