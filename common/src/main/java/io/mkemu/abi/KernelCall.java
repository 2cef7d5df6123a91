// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/**
 * What a {@link TraceEvent#CALL} record tells: a call of a module whose answer does not follow from what the module was
 * told before. Its ordinal is the record's type. id and args hold what is said with each; what is not said is 0.
 *
 * <p>Sends have no answer of their own here: {@link TraceEvent#SEND}, {@link TraceEvent#FULL} and
 * {@link TraceEvent#REFUSED} tell it.
 */
public enum KernelCall {
    /** No call: a record that says this is damaged. */
    NONE,
    /**
     * Not a call: whose callback begins. Low 32 bits of id the handler's number among those of its type, from 0, high
     * 32 bits the life that sent the message; arg0 the type, arg1 the instance that sent it + 1.
     */
    HANDLER,
    /** A thread that is no CPU of the kernel asked for something; told once per module. A replay is inexact then. */
    FOREIGN_THREAD,
    /** Not a call: there is no memory to watch all shared pages for changes; told once. A replay is inexact then. */
    PAGES_UNWATCHED,
    /**
     * Not a call: a page that others can write has changed since a module of this kernel ran last, whoever changed it.
     * id the physical address of the first byte, payload the bytes; at the begin of the callback, step or work, or
     * behind {@link #RECEIVE_MAP_PAGES}.
     */
    PAGE_CHANGED,
    /** nanoTime: id the answer. */
    NANO_TIME,
    /** randomLong: id the answer. */
    RANDOM_LONG,
    /** isActive: id 1 or 0; arg0 the instance. */
    IS_ACTIVE,
    /** instanceOfCpu: id the answer; arg0 the CPU. */
    INSTANCE_OF_CPU,
    /** findInstance: id how many were found, 0 or 1; arg0 the instance; payload as {@link #INSTANCES}. */
    FIND_INSTANCE,
    /** instances: id how many; payload them, see {@link InstanceListDescriptor}. */
    INSTANCES,
    /** sendIpiDataToCpu, right before the record of the send: arg0 the instance, arg1 the CPU. */
    SEND_TO_CPU,
    /** sendIpiDataLongType, right before the record of the send: id the type, arg0 the instance. */
    SEND_LONG_TYPE,
    /** sendPfn, right after the record of the send, if one was made: id the PFN; arg0 the instance, arg1 the errno. */
    SEND_PFN,
    /** revokePfn: id the PFN; arg0 the instance, arg1 the errno, positive. */
    REVOKE_PFN,
    /** receiveMapPage: id what receivePfn says; arg0 1 if it was mapped. Payload: the page as it was then. */
    RECEIVE_MAP_PAGE,
    /** instanceAlloc: id the address; arg0 the pages, arg1 the lowest bit of the alignment that is set, 0..64. */
    INSTANCE_ALLOC,
    /** instanceFree: id the address; arg0 the pages, arg1 the errno, positive. */
    INSTANCE_FREE,
    /** unregisterHandler: id the handler's number among those of its type; arg0 the type, arg1 the errno, positive. */
    UNREGISTER_HANDLER,
    /** life: id the answer; arg0 the instance. */
    LIFE,
    /** Not a call: what a listener is told. id the life; arg0 the instance, arg1 the ordinal of InstanceChange. */
    INSTANCE_CHANGE,
    /**
     * startTask, startDaemonTask: id the number that {@link TraceEvent#TASK} has on this CPU; payload the task's name,
     * UTF-8, the first {@link #MAX_TASK_NAME} bytes of it.
     */
    START_TASK,
    /** allocPages: id the answer, a PFN or the errno, negative; arg0 the pages, as far as 31 bits can tell. */
    ALLOC_PAGES,
    /**
     * sendPages, right after the record of the send, if one was made: id the PFN; arg0 the instance, arg1 the errno.
     * Payload: that of such a message.
     */
    SEND_PAGES,
    /** revokePages: as SEND_PAGES, tag 0. */
    REVOKE_PAGES,
    /**
     * receiveMapPages: id the PFN of the first, -22 where receivePages says null; arg0 how many, arg1 1 if they were
     * mapped. {@link #PAGE_CHANGED} records follow then: what of the pages was not 0.
     */
    RECEIVE_MAP_PAGES,
    /** openConsole: id 1 if it was opened, 0 if not. */
    OPEN_CONSOLE,
    /** Console.session: id its number, 0 for none; arg0 the ordinal of ConsoleKind. */
    CONSOLE_SESSION,
    /** Console.read: id the answer; arg0 how many bytes were asked for. Payload: what was typed, if anything was. */
    CONSOLE_READ,
    /** Console.write: id the answer; arg0 how many bytes. Payload: the bytes that were given, unless there are none. */
    CONSOLE_WRITE,
    /** Console.finish: id the exit code; arg1 the errno, positive. */
    CONSOLE_FINISH,
    /**
     * proc: id the bytes of the text, -1 if there is no such file. Payload: the file's name. The text follows in as
     * many records as it takes: arg0 the number of the piece, from 1; payload the piece, {@link #PROC_PIECE} bytes but
     * for the last.
     */
    PROC,
    /** readMemory: id the address; arg0 the length, arg1 the errno, positive. Payload: the bytes, if it is 0. */
    READ_MEMORY,
    /**
     * Not a call: what a listener is told of this kernel's memory. id the region's address; arg0 its pages, arg1 the
     * ordinal of MemoryChange.
     */
    MEMORY_CHANGE;

    /** Bytes of a piece of a text of /proc. */
    public static final int PROC_PIECE = 4096;
    /** Bytes of a task's name that are recorded. */
    public static final int MAX_TASK_NAME = 64;

    private static final KernelCall[] ALL = values();

    /** The call of a record; {@link #NONE} for a number that is none. */
    public static KernelCall of(int number) {
        return number >= 0 && number < ALL.length ? ALL[number] : NONE;
    }
}
