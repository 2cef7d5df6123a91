// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static io.mkemu.abi.MkIpiDataDescriptor.*;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.table.InstanceTable;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A message as its receiver sees it: struct mk_ipi_data. A flyweight over shared memory that is valid during the
 * callback only; copy what you keep. Used on the CPU that runs the callback.
 *
 * <p>In single-slot mode it is the live slot: a sender may change it between any two calls, as in the RFC.
 */
public final class MkIpiData {
    private final UnsafeBuffer payload = new UnsafeBuffer(0L, 0);
    private int senderCpu;
    private int type;
    private int dataSize;
    private long number;
    /* Where the lane says who has sent; 0: there is no lane. */
    private long lives;
    private int sender;
    private long senderLife;
    private boolean isSenderKnown;
    private UnsafeBuffer slot;
    private int slotOffset;
    private final InstanceTable instances;

    /** Without a machine, senders are known by their lanes alone. */
    MkIpiData() {
        this(null);
    }

    /**
     * A flyweight over nothing.
     *
     * @param instances say who owns a CPU where the message does not; null: nobody does
     */
    MkIpiData(InstanceTable instances) {
        this.instances = instances;
    }

    /** As {@link #of(UnsafeBuffer, long, int, long)}, of a sender that nobody knows. */
    public static MkIpiData of(UnsafeBuffer message, long number) {
        return of(message, number, -1, 0);
    }

    /**
     * A message in memory of the caller's own, laid out as struct mk_ipi_data, for a kernel that runs without its
     * machine.
     *
     * @param message off the heap; its size must be 0..256
     * @param number  as {@link #number}
     * @param senderInstance as {@link #senderInstance}
     * @param senderLife     as {@link #senderLife}
     */
    public static MkIpiData of(UnsafeBuffer message, long number, int senderInstance, long senderLife) {
        MkIpiData data = new MkIpiData();
        long size = message.getLong(DATA_SIZE_OFFSET);
        if (size < 0 || size > MAX_DATA_SIZE) {
            throw new IllegalArgumentException("a message of " + size + " bytes");
        }
        data.wrap(message.addressOffset() + BUFFER_OFFSET, (int) size, message.getInt(SENDER_CPU_OFFSET),
            message.getInt(TYPE_OFFSET), number, 0);
        data.sender = senderInstance;
        data.senderLife = senderLife;
        data.isSenderKnown = true;
        return data;
    }

    /** Points this flyweight at a payload, of {@link MkIpiDataDescriptor#MAX_DATA_SIZE} bytes at the most. */
    void wrap(long address, int size, int itsSender, int itsType, long itsNumber, long itsLives) {
        senderCpu = itsSender;
        lives = itsLives;
        isSenderKnown = false;
        type = itsType;
        number = itsNumber;
        dataSize = Math.min(size, MAX_DATA_SIZE);
        payload.wrap(address, dataSize);
    }

    /** Its number in its lane, from 1; 0 in single-slot mode, where messages have no numbers. */
    public long number() {
        return number;
    }

    /** Points this flyweight at a slot for good: each call reads what is there by then. */
    void wrapLive(UnsafeBuffer buffer, int offset) {
        slot = buffer;
        slotOffset = offset;
    }

    /** Where the live slot lies in this process, laid out as struct mk_ipi_data; 0 in queued mode, which has none. */
    public long slotAddress() {
        return slot == null ? 0 : slot.addressOffset() + slotOffset;
    }

    /** Physical CPU id of the sender: mk_ipi_data.sender_cpu. */
    public int senderCpu() {
        return slot == null ? senderCpu : slot.getIntVolatile(slotOffset + SENDER_CPU_OFFSET);
    }

    /**
     * The instance that sent it. Allocates nothing. Not in the RFC, as {@link #senderLife} is not. In single-slot mode
     * it is the one that owns {@link #senderCpu} now, and its present life: a slot has no place for more.
     *
     * @return its id; -1 if nobody owns that CPU
     */
    public int senderInstance() {
        resolveSender();
        return sender;
    }

    /**
     * The life of the instance that sent it, see {@code Kernel.life}: an instance that has been started again since has
     * a later one. Allocates nothing.
     *
     * @return it, from 1; 0 if it is not known: the sender is none that says so, or four later lives of it have sent to
     *     this CPU since
     */
    public long senderLife() {
        resolveSender();
        return senderLife;
    }

    private void resolveSender() {
        if (isSenderKnown) {
            return;
        }
        long who = lives == 0 ? LaneLives.NOBODY : LaneLives.senderOf(lives, number);
        if (who == LaneLives.NOBODY) {
            sender = instances == null ? -1 : instances.ownerOf(senderCpu());
            senderLife = slot == null || sender < 0 ? 0 : instances.entry(sender).life();
        } else {
            sender = LaneLives.instanceOf(who);
            senderLife = LaneLives.lifeOf(who);
        }
        /* Who owns the CPU may change while the message is looked at; a slot may change too. */
        isSenderKnown = slot == null;
    }

    /** The type the sender gave: mk_ipi_data.type, 32 bits. */
    public int type() {
        return slot == null ? type : slot.getIntVolatile(slotOffset + TYPE_OFFSET);
    }

    /** Bytes of payload, 0..256: mk_ipi_data.data_size. */
    public int dataSize() {
        return slot == null ? dataSize
            : (int) Math.clamp(slot.getLongVolatile(slotOffset + DATA_SIZE_OFFSET), 0L, (long) MAX_DATA_SIZE);
    }

    /** The payload, {@link #dataSize} bytes, bounds-checked: mk_ipi_data.buffer. */
    public DirectBuffer buffer() {
        if (slot != null) {
            payload.wrap(slot.addressOffset() + slotOffset + BUFFER_OFFSET, dataSize());
        }
        return payload;
    }
}
