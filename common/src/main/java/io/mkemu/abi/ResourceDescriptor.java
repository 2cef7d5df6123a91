// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * What the host asks of a kernel that runs about its CPUs and its memory, in the instance's entry. One request at a
 * time; the decision is one word, so that exactly one of both ends it.
 *
 * <pre>
 *   0                8            12         16          24           32           36          40         64
 *  +----------------+------------+----------+-----------+------------+------------+-----------+----------+
 *  | decision       | operation  | about    | first     | second     | result     | supported | 0        |
 *  | number * 256   | u32        | u32      | argument  | argument   | i32        | u32       |          |
 *  | + state        |            |          | u64       | u64        |            |           |          |
 *  +----------------+------------+----------+-----------+------------+------------+-----------+----------+
 *  64
 *  +-------------------------------+
 *  | text, 128 bytes UTF-8         |
 *  +-------------------------------+
 *
 *   who      from                 to
 *   host     what is over         ASKED
 *   kernel   ASKED                TAKEN
 *   kernel   TAKEN                DONE or REFUSED
 *   host     ASKED                LET_GO       it waits no longer, the kernel has not begun
 *   host     TAKEN                GIVEN_UP     it waits no longer, the kernel is at it
 *   kernel   GIVEN_UP             LET_GO       it has undone what it had begun
 *   host     any                  NONE         the life is over
 * </pre>
 */
public final class ResourceDescriptor {
    /** The number of the request, times 256, plus its state. */
    public static final int DECISION_OFFSET = 0;
    /** Bits of the state in the decision. */
    public static final int STATE_BITS = 8;
    /** Nothing was asked in this life. */
    public static final int STATE_NONE = 0;
    /** The host has asked; the kernel has not begun. */
    public static final int STATE_ASKED = 1;
    /** The kernel is at it. */
    public static final int STATE_TAKEN = 2;
    /** The kernel has done it. */
    public static final int STATE_DONE = 3;
    /** The kernel has not done it: result and text say why. */
    public static final int STATE_REFUSED = 4;
    /** The host waits no longer, and the kernel may be at it still: what it is about is nobody else's yet. */
    public static final int STATE_GIVEN_UP = 5;
    /** It was not done, and the kernel has nothing to do with it any more. */
    public static final int STATE_LET_GO = 6;
    /** What is asked for. */
    public static final int OPERATION_OFFSET = 8;
    /** A CPU comes: first its physical id. */
    public static final int CPU_ADD = 1;
    /** A CPU goes: first its physical id. */
    public static final int CPU_REMOVE = 2;
    /** A region comes, with an empty bitmap in its head: first its address, second its bytes. */
    public static final int MEMORY_ADD = 3;
    /** A region goes: as MEMORY_ADD. */
    public static final int MEMORY_REMOVE = 4;
    /** Whether the operation in ABOUT would be done with these arguments; nothing is changed. */
    public static final int QUERY = 5;
    /** Of a query: the operation that it is about. */
    public static final int ABOUT_OFFSET = 12;
    /** First argument. */
    public static final int FIRST_OFFSET = 16;
    /** Second argument. */
    public static final int SECOND_OFFSET = 24;
    /** What came of it, before the state says so: 0 or a negative errno. */
    public static final int RESULT_OFFSET = 32;
    /** Bit n: this life's kernel knows operation n; 0 until it has booted, and of a kernel that knows none. */
    public static final int SUPPORTED_OFFSET = 36;
    /** Why it was refused, for people: a module's name, what holds the memory. */
    public static final int TEXT_OFFSET = 64;
    /** Bytes of the text, the closing NUL too. */
    public static final int TEXT_LENGTH = 128;
    /** Bytes of all of it. */
    public static final int LENGTH = 192;
    /** A kernel has so long for an answer, ms. */
    public static final int ANSWER_MILLIS = 10_000;

    private ResourceDescriptor() {
    }
}
