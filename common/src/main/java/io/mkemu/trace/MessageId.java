// SPDX-License-Identifier: Apache-2.0
package io.mkemu.trace;

/**
 * Names a message in traces: who sent it, to whom, and its number in its lane. Costs nothing, since both sides know all
 * of it: it is the message's place in its lane. Written {@code SENDER.TARGET.LIFE.NUMBER}.
 *
 * <pre>
 *   63     53        43         32            0
 *  +---------+---------+----------+------------+
 *  | sender  | target  | life of  | number,    |
 *  | CPU     | CPU     | target   | from 1     |
 *  +---------+---------+----------+------------+
 * </pre>
 *
 * The life is cut to 11 bits and the number to 32. A single-slot mailbox has no places: number 0.
 */
public final class MessageId {
    private static final int SENDER_SHIFT = 53;
    private static final int TARGET_SHIFT = 43;
    private static final int LIFE_SHIFT = 32;
    private static final int CPU_MASK = 0x3ff;
    private static final int LIFE_MASK = 0x7ff;
    private static final long NUMBER_MASK = 0xffff_ffffL;

    private MessageId() {
    }

    /**
     * The id of a message.
     *
     * @param senderCpu physical CPU, 0..1023
     * @param targetCpu physical CPU, 0..1023
     * @param life      life of the receiving instance
     * @param number    position in its lane + 1, or 0 where there are none
     */
    public static long of(int senderCpu, int targetCpu, long life, long number) {
        return (long) (senderCpu & CPU_MASK) << SENDER_SHIFT | (long) (targetCpu & CPU_MASK) << TARGET_SHIFT
            | (life & LIFE_MASK) << LIFE_SHIFT | number & NUMBER_MASK;
    }

    /** Physical CPU that sent it. */
    public static int senderCpu(long id) {
        return (int) (id >>> SENDER_SHIFT) & CPU_MASK;
    }

    /** Physical CPU it was sent to. */
    public static int targetCpu(long id) {
        return (int) (id >>> TARGET_SHIFT) & CPU_MASK;
    }

    /** The life of the receiving instance, modulo 2048. */
    public static int life(long id) {
        return (int) (id >>> LIFE_SHIFT) & LIFE_MASK;
    }

    /** Its number in its lane, modulo 2^32, from 1; 0 if the mailbox has no places. */
    public static long number(long id) {
        return id & NUMBER_MASK;
    }

    /** As users read it. */
    public static String text(long id) {
        return senderCpu(id) + "." + targetCpu(id) + "." + life(id) + "." + number(id);
    }

    /**
     * The id that a user wrote.
     *
     * @throws IllegalArgumentException if it is none, in one line
     */
    public static long parse(String text) {
        String[] parts = text.split("\\.", -1);
        if (!text.matches("[0-9]{1,4}\\.[0-9]{1,4}\\.[0-9]{1,4}\\.[0-9]{1,10}")
            || Integer.parseInt(parts[0]) > CPU_MASK || Integer.parseInt(parts[1]) > CPU_MASK
            || Integer.parseInt(parts[2]) > LIFE_MASK || Long.parseLong(parts[3]) > NUMBER_MASK) {
            throw new IllegalArgumentException(
                "\"" + text + "\" is not the id of a message: SENDER.TARGET.LIFE.NUMBER, as mk trace prints it");
        }
        return of(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]),
            Long.parseLong(parts[3]));
    }
}
