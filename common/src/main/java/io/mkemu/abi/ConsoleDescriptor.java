// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * An instance's console: two rings of bytes behind its kernel log, one for what is typed and one for what is shown. At
 * one end is the kernel, at the other the one client that holds the console's lock. Positions only grow; a position's
 * place is its value modulo the ring's bytes. Each side writes its own part and reads the other's.
 *
 * <pre>
 *          0           8          16         24          28         32           40          48
 *         +-----------+----------+----------+-----------+----------+------------+-----------+------------+
 *  +0     | open life | seen     | over     | exit code | client's | typed read | shown put | shown from |  kernel's
 *         |           |          |          |           | doorbell |            |           |            |
 *         +-----------+----------+----------+-----+-----+----------+------------+-----------+------------+
 *  +128   | session   | ended    | kind     | pid | typed from     | typed put  | shown read| kernel's   |  client's
 *         |           |          | u32      | u32 |                |            |           | doorbell   |
 *         +-----------+----------+----------+-----+----------------+------------+-----------+------------+
 *          128         136        144        148   152              160          168         176
 *  +256   typed: 1024 bytes
 *  +1280  shown: 2048 bytes
 * </pre>
 */
public final class ConsoleDescriptor {
    /** Where a console lies behind the begin of its instance's kernel log. */
    public static final int AT_OFFSET = 32896;

    /** The life of the kernel that reads this console, 0 for none; stored last when it opens. */
    public static final int OPEN_LIFE_OFFSET = 0;
    /** The session that the kernel knows of; stored behind SHOWN_FROM. */
    public static final int SEEN_OFFSET = 8;
    /** The session that the kernel has ended; stored behind EXIT_CODE. */
    public static final int OVER_OFFSET = 16;
    /** What the kernel ended that session with, 0..255. */
    public static final int EXIT_CODE_OFFSET = 24;
    /** Of the client; a futex: bumped when the kernel has written to its part. */
    public static final int CLIENT_DOORBELL_OFFSET = 28;
    /** What is typed is read up to here. */
    public static final int TYPED_READ_OFFSET = 32;
    /** What is shown goes up to here. */
    public static final int SHOWN_PUT_OFFSET = 40;
    /** Where what is shown to the session SEEN begins. */
    public static final int SHOWN_FROM_OFFSET = 48;

    /** Number of the session: odd while a client is attached; each begin and end adds 1. */
    public static final int SESSION_OFFSET = 128;
    /** The session in which no more will be typed. */
    public static final int ENDED_OFFSET = 136;
    /** What the session is: the ordinal of ConsoleKind. */
    public static final int KIND_OFFSET = 144;
    /** Process id of the client, as it sees it. */
    public static final int PID_OFFSET = 148;
    /** Where what is typed in this session begins. */
    public static final int TYPED_FROM_OFFSET = 152;
    /** What is typed goes up to here. */
    public static final int TYPED_PUT_OFFSET = 160;
    /** What is shown is read up to here. */
    public static final int SHOWN_READ_OFFSET = 168;
    /** Of the kernel; a futex: bumped when the client has written to its part. */
    public static final int KERNEL_DOORBELL_OFFSET = 176;

    /** Ring of what is typed. */
    public static final int TYPED_OFFSET = 256;
    /** Its bytes. */
    public static final int TYPED_LENGTH = 1024;
    /** Ring of what is shown. */
    public static final int SHOWN_OFFSET = 1280;
    /** Its bytes. */
    public static final int SHOWN_LENGTH = 2048;
    /** Bytes of a console. */
    public static final int LENGTH = 3328;

    private ConsoleDescriptor() {
    }
}
