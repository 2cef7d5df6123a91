// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static io.mkemu.replay.ScriptDescriptor.*;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Whose life a script holds.
 *
 * @param instanceId   0..255
 * @param name         of the instance
 * @param life         which of its lives
 * @param ipiMode      of its machine
 * @param createdNanos CLOCK_MONOTONIC when the machine was made
 * @param cmdline      boot parameters of that life
 * @param modules      names or paths, in the order of loading
 * @param cpus         physical id of each logical CPU
 * @param steps        how many steps follow; of a script that is written, not known before its end
 */
public record ScriptHeader(int instanceId, String name, int life, IpiMode ipiMode, long createdNanos, String cmdline,
    List<String> modules, List<Integer> cpus, long steps) {
    /** The header's bytes. */
    byte[] encode() {
        ExpandableArrayBuffer to = new ExpandableArrayBuffer();
        to.putInt(MAGIC_OFFSET, MAGIC, ByteOrder.LITTLE_ENDIAN);
        to.putInt(VERSION_OFFSET, VERSION, ByteOrder.LITTLE_ENDIAN);
        to.putInt(INSTANCE_OFFSET, instanceId, ByteOrder.LITTLE_ENDIAN);
        to.putInt(LIFE_OFFSET, life, ByteOrder.LITTLE_ENDIAN);
        to.putInt(IPI_MODE_OFFSET, ipiMode.ordinal(), ByteOrder.LITTLE_ENDIAN);
        to.putLong(STEPS_OFFSET, steps, ByteOrder.LITTLE_ENDIAN);
        to.putLong(CREATED_OFFSET, createdNanos, ByteOrder.LITTLE_ENDIAN);
        int at = put(to, put(to, STRINGS_OFFSET, name), cmdline);
        at = put(to, at, modules.size());
        for (String module : modules) {
            at = put(to, at, module);
        }
        at = put(to, at, cpus.size());
        for (int cpu : cpus) {
            at = put(to, at, cpu);
        }
        to.putInt(HEADER_BYTES_OFFSET, at, ByteOrder.LITTLE_ENDIAN);
        byte[] bytes = new byte[at];
        to.getBytes(0, bytes);
        return bytes;
    }

    private static int put(ExpandableArrayBuffer to, int at, int value) {
        to.putInt(at, value, ByteOrder.LITTLE_ENDIAN);
        return at + Integer.BYTES;
    }

    private static int put(ExpandableArrayBuffer to, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        to.putBytes(put(to, at, bytes.length), bytes);
        return at + Integer.BYTES + bytes.length;
    }

    /**
     * The header in some bytes.
     *
     * @throws MachineException if they are none
     */
    static ScriptHeader decode(byte[] bytes) {
        UnsafeBuffer from = new UnsafeBuffer(bytes);
        try {
            if (from.getInt(MAGIC_OFFSET, ByteOrder.LITTLE_ENDIAN) == MAGIC
                && from.getInt(VERSION_OFFSET, ByteOrder.LITTLE_ENDIAN) == VERSION) {
                return decode(from);
            }
        } catch (IndexOutOfBoundsException cut) {
            throw new MachineException(ExitCode.MACHINE, "the script of this replay is cut short", cut);
        }
        throw new MachineException(ExitCode.MACHINE, "this is no script of a replay, or one of another version");
    }

    private static ScriptHeader decode(UnsafeBuffer from) {
        int[] at = {STRINGS_OFFSET};
        String name = text(from, at);
        String cmdline = text(from, at);
        List<String> modules = new ArrayList<>();
        for (int left = number(from, at); left > 0; left--) {
            modules.add(text(from, at));
        }
        List<Integer> cpus = new ArrayList<>();
        for (int left = number(from, at); left > 0; left--) {
            cpus.add(number(from, at));
        }
        return new ScriptHeader(from.getInt(INSTANCE_OFFSET, ByteOrder.LITTLE_ENDIAN), name,
            from.getInt(LIFE_OFFSET, ByteOrder.LITTLE_ENDIAN),
            IpiMode.values()[from.getInt(IPI_MODE_OFFSET, ByteOrder.LITTLE_ENDIAN)],
            from.getLong(CREATED_OFFSET, ByteOrder.LITTLE_ENDIAN), cmdline, List.copyOf(modules), List.copyOf(cpus),
            from.getLong(STEPS_OFFSET, ByteOrder.LITTLE_ENDIAN));
    }

    private static int number(UnsafeBuffer from, int[] at) {
        int value = from.getInt(at[0], ByteOrder.LITTLE_ENDIAN);
        at[0] += Integer.BYTES;
        return value;
    }

    private static String text(UnsafeBuffer from, int[] at) {
        int length = number(from, at);
        from.boundsCheck(at[0], length);
        byte[] bytes = new byte[length];
        from.getBytes(at[0], bytes);
        at[0] += length;
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
