// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import static io.mkemu.abi.InstanceListDescriptor.*;

import io.mkemu.abi.InstanceState;
import io.mkemu.module.Instance;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Instances as a trace record holds them, see {@link io.mkemu.abi.InstanceListDescriptor}. */
public final class InstanceList {
    private static final int U8 = 0xff;
    private static final int U16 = 0xffff;

    private InstanceList() {
    }

    /** The bytes of a list; at most 64 KiB, whatever a machine holds. */
    public static DirectBuffer encode(List<Instance> instances) {
        int bytes = 0;
        for (Instance instance : instances) {
            bytes += NAME_OFFSET + instance.name().getBytes(StandardCharsets.UTF_8).length
                + instance.cpus().size() * CPU_LENGTH;
        }
        UnsafeBuffer to = new UnsafeBuffer(new byte[bytes]);
        int at = 0;
        for (Instance instance : instances) {
            byte[] name = instance.name().getBytes(StandardCharsets.UTF_8);
            to.putByte(at + ID_OFFSET, (byte) instance.id());
            to.putByte(at + STATE_OFFSET, (byte) instance.state().ordinal());
            to.putShort(at + NAME_BYTES_OFFSET, (short) name.length, ByteOrder.LITTLE_ENDIAN);
            to.putInt(at + CPUS_OFFSET, instance.cpus().size(), ByteOrder.LITTLE_ENDIAN);
            to.putLong(at + LIFE_OFFSET, instance.life(), ByteOrder.LITTLE_ENDIAN);
            to.putBytes(at + NAME_OFFSET, name);
            at += NAME_OFFSET + name.length;
            for (int cpu : instance.cpus()) {
                to.putShort(at, (short) cpu, ByteOrder.LITTLE_ENDIAN);
                at += CPU_LENGTH;
            }
        }
        return to;
    }

    /**
     * The list in a record.
     *
     * @throws IndexOutOfBoundsException if the bytes are not a list
     */
    public static List<Instance> decode(DirectBuffer from) {
        List<Instance> instances = new ArrayList<>();
        InstanceState[] states = InstanceState.values();
        int at = 0;
        while (at < from.capacity()) {
            int id = from.getByte(at + ID_OFFSET) & U8;
            InstanceState state = states[from.getByte(at + STATE_OFFSET) & U8];
            int nameBytes = from.getShort(at + NAME_BYTES_OFFSET, ByteOrder.LITTLE_ENDIAN) & U16;
            int cpuCount = from.getInt(at + CPUS_OFFSET, ByteOrder.LITTLE_ENDIAN);
            long life = from.getLong(at + LIFE_OFFSET, ByteOrder.LITTLE_ENDIAN);
            byte[] name = new byte[nameBytes];
            from.getBytes(at + NAME_OFFSET, name);
            at += NAME_OFFSET + nameBytes;
            from.boundsCheck(at, Math.multiplyExact(cpuCount, CPU_LENGTH));
            List<Integer> cpus = new ArrayList<>(cpuCount);
            for (int index = 0; index < cpuCount; index++) {
                cpus.add(from.getShort(at, ByteOrder.LITTLE_ENDIAN) & U16);
                at += CPU_LENGTH;
            }
            instances.add(new Instance(id, new String(name, StandardCharsets.UTF_8), life, state, List.copyOf(cpus)));
        }
        return List.copyOf(instances);
    }
}
