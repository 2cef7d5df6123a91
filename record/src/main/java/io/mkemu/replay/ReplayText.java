// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.Errno;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.TraceRecordDescriptor;
import io.mkemu.abi.WorkKind;
import io.mkemu.module.Instance;
import io.mkemu.module.PageRange;
import io.mkemu.record.InstanceList;
import io.mkemu.table.TypeNames;
import io.mkemu.table.TypeNames.TypeName;
import io.mkemu.trace.MessageId;
import io.mkemu.trace.TraceRecord;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongFunction;
import org.agrona.concurrent.UnsafeBuffer;

/** Records in the words of a report. */
final class ReplayText {
    /** Bytes of a payload that are shown. */
    private static final int SHOWN = 32;
    /** How many of them come before the first that differs. */
    private static final int BEFORE = 8;

    private static final List<String> NOT_A_MODULE = List.of("java.", "jdk.", "sun.", "org.agrona.",
        ReplayKernel.class.getName(), ReplayAnswers.class.getName(), ReplayCpu.class.getName());

    private ReplayText() {
    }

    static String hex(int type) {
        return "0x" + Integer.toHexString(type);
    }

    /** A text with the names of the types in it. */
    static String named(String text, TypeNames names) {
        String named = text;
        for (TypeName each : names.all()) {
            String type = "type " + hex(each.type());
            named = named.replaceAll(type + "\\b", type + "(" + each.name() + ")");
        }
        return named;
    }

    /**
     * What a step is.
     *
     * @param modules their names
     * @param tasks   names of tasks of its CPU by their numbers, null for one that is not known
     */
    static String step(TraceRecord step, List<String> modules, LongFunction<String> tasks) {
        return switch (step.event()) {
            case CALLBACK -> "callback of " + message(step);
            case UNHANDLED -> message(step) + " without a handler";
            case TASK -> "step of " + task(step.id(), tasks.apply(step.id()));
            case WORK -> work(step, modules);
            default -> step.event().toString();
        };
    }

    /** A task: its name, if that is known, and its number. */
    static String task(long number, String name) {
        return "task " + (name == null ? "" : "\"" + name + "\", number ") + number;
    }

    private static String message(TraceRecord step) {
        return "message " + MessageId.text(step.id()) + " (type " + hex(step.type()) + ", " + step.size() + " bytes)";
    }

    private static String work(TraceRecord step, List<String> modules) {
        WorkKind kind = WorkKind.of(step.type());
        if (kind == null || kind == WorkKind.RUN_ON_CPU) {
            return "work " + step.id() + " from CPU " + (step.arg1() - 1);
        }
        if (kind == WorkKind.MEMORY) {
            return "a change of memory for listener " + step.id();
        }
        if (kind == WorkKind.CONSOLE) {
            return "the handler of console " + step.id();
        }
        if (kind == WorkKind.TIMER || kind == WorkKind.NOTICE) {
            return (kind == WorkKind.TIMER ? "timer " : "a change of an instance for listener ") + step.id();
        }
        String module = step.id() >= 0 && step.id() < modules.size() ? " (" + modules.get((int) step.id()) + ")" : "";
        return (kind == WorkKind.INIT ? "init" : "exit") + " of module " + step.id() + module;
    }

    /** A send, with its result. */
    static String send(int instanceId, int type, int size, byte[] payload, int differs, int result) {
        return send(instanceId, type, size, payload, differs) + " = " + (result == 0 ? "0" : Errno.name(result));
    }

    /** A send. */
    static String send(int instanceId, int type, int size, byte[] payload, int differs) {
        return "send to instance " + instanceId + ", type " + hex(type) + ", " + size + " bytes"
            + (payload == null || payload.length == 0 ? "" : ": " + bytes(payload, differs));
    }

    /**
     * Bytes, the interesting part of them.
     *
     * @param differs the first that is not as it was, or -1
     */
    private static String bytes(byte[] payload, int differs) {
        int from = differs < SHOWN - BEFORE || payload.length <= SHOWN ? 0
            : Math.clamp(differs - BEFORE, 0, payload.length - SHOWN);
        int to = Math.min(payload.length, from + SHOWN);
        return (from > 0 ? "... " : "") + HexFormat.ofDelimiter(" ").formatHex(payload, from, to)
            + (to < payload.length ? " ..." : "") + (differs >= 0 ? " (from byte " + differs + " on)" : "");
    }

    /** What a module did, as a record tells it. */
    static String record(TraceRecord record, int differs) {
        return switch (record.event()) {
            case SEND -> send(record.arg0(), record.type(), record.size(), record.payload(), differs, 0);
            case FULL, REFUSED -> send(record.arg0(), record.type(), record.size(),
                record.has(TraceRecordDescriptor.PAYLOAD) ? record.payload() : null, differs, -record.arg1());
            case CALL -> call(record);
            default -> record.event().toString();
        };
    }

    private static String call(TraceRecord record) {
        long id = record.id();
        int arg0 = record.arg0();
        int arg1 = record.arg1();
        return switch (KernelCall.of(record.type())) {
            case NANO_TIME -> "nanoTime() = " + id;
            case RANDOM_LONG -> "randomLong() = " + id;
            case IS_ACTIVE -> isActive(arg0) + " = " + (id != 0);
            case INSTANCE_OF_CPU -> instanceOfCpu(arg0) + " = " + id;
            case FIND_INSTANCE -> findInstance(arg0) + " = " + (id == 0 ? "null" : list(record).getFirst());
            case INSTANCES -> "instances() = " + list(record);
            case SEND_TO_CPU -> sendToCpu(arg0, arg1);
            case SEND_LONG_TYPE -> sendLongType(arg0, id);
            case SEND_PFN -> sendPfn(arg0, id) + " = " + Errno.name(arg1);
            case REVOKE_PFN -> revokePfn(arg0, id) + " = " + Errno.name(arg1);
            case RECEIVE_MAP_PAGE -> receiveMapPage(id) + (arg0 == 0 ? " = null" : " = a page");
            case SEND_PAGES -> sendPages(arg0, range(record)) + " = " + Errno.name(arg1);
            case REVOKE_PAGES -> revokePages(arg0, range(record)) + " = " + Errno.name(arg1);
            case RECEIVE_MAP_PAGES -> receiveMapPages(id, arg0) + (arg1 == 0 ? " = null" : " = a window");
            case ALLOC_PAGES -> allocPages(arg0) + " = "
                + (id < 0 ? Errno.name((int) id) : "0x" + Long.toHexString(id));
            case INSTANCE_ALLOC -> instanceAlloc(arg0, arg1) + " = 0x" + Long.toHexString(id);
            case INSTANCE_FREE -> instanceFree(id, arg0) + " = " + Errno.name(arg1);
            case UNREGISTER_HANDLER -> unregister(arg0, id) + " = " + Errno.name(arg1);
            case LIFE -> life(arg0) + " = " + id;
            case START_TASK -> startTask(record.text());
            case OPEN_CONSOLE -> "openConsole() = " + (id == 0 ? "null" : "a console");
            case CONSOLE_SESSION -> "session() of the console = " + (id == 0 ? "null" : "number " + id);
            case CONSOLE_READ -> consoleRead(arg0) + " = " + (id < 0 ? Errno.name((int) id) : id);
            case CONSOLE_WRITE -> consoleWrite(arg0 == 0 ? new byte[0] : record.payload()) + " = "
                + (id < 0 ? Errno.name((int) id) : id);
            case CONSOLE_FINISH -> consoleFinish((int) id) + " = " + Errno.name(arg1);
            case PROC -> arg0 == 0 ? proc(record.text()) + (id < 0 ? " = null" : " = " + id + " bytes")
                : "piece " + arg0 + " of a text of " + id + " bytes";
            case READ_MEMORY -> readMemory(id, arg0) + " = " + Errno.name(arg1);
            case NONE, HANDLER, FOREIGN_THREAD, PAGES_UNWATCHED, PAGE_CHANGED, INSTANCE_CHANGE, MEMORY_CHANGE ->
                KernelCall.of(record.type()).toString();
        };
    }

    private static PageRange range(TraceRecord record) {
        return PageRange.decode(new UnsafeBuffer(record.payload()));
    }

    private static List<Instance> list(TraceRecord record) {
        return InstanceList.decode(new UnsafeBuffer(record.payload()));
    }

    static String isActive(int instanceId) {
        return "isActive(" + instanceId + ")";
    }

    static String life(int instanceId) {
        return "life(" + instanceId + ")";
    }

    static String instanceOfCpu(int cpu) {
        return "instanceOfCpu(" + cpu + ")";
    }

    static String findInstance(int instanceId) {
        return "findInstance(" + instanceId + ")";
    }

    static String sendToCpu(int instanceId, int cpu) {
        return "sendIpiDataToCpu, to CPU " + cpu + " of instance " + instanceId;
    }

    static String sendLongType(int instanceId, long type) {
        return "sendIpiDataLongType, to instance " + instanceId + ", type 0x" + Long.toHexString(type);
    }

    static String sendPfn(int instanceId, long pfn) {
        return "sendPfn(" + instanceId + ", 0x" + Long.toHexString(pfn) + ")";
    }

    static String revokePfn(int instanceId, long pfn) {
        return "revokePfn(" + instanceId + ", 0x" + Long.toHexString(pfn) + ")";
    }

    static String receiveMapPage(long pfn) {
        return "receiveMapPage(" + (pfn < 0 ? "no PFN" : "PFN 0x" + Long.toHexString(pfn)) + ")";
    }

    static String sendPages(int instanceId, PageRange range) {
        return "sendPages(" + instanceId + ", " + text(range) + ", tag 0x" + Long.toHexString(range.tag()) + ")";
    }

    static String revokePages(int instanceId, PageRange range) {
        return "revokePages(" + instanceId + ", " + text(range) + ")";
    }

    private static String text(PageRange range) {
        return range.pages() + " pages from 0x" + Long.toHexString(range.pfn());
    }

    static String receiveMapPages(long pfn, int pages) {
        return "receiveMapPages(" + (pfn < 0 ? "no pages" : pages + " pages from 0x" + Long.toHexString(pfn)) + ")";
    }

    static String allocPages(int pages) {
        return "allocPages(" + pages + ")";
    }

    static String instanceAlloc(int pages, int alignShift) {
        return "instanceAlloc(" + pages + " pages, alignment 2^" + alignShift + ")";
    }

    static String instanceFree(long address, int pages) {
        return "instanceFree(0x" + Long.toHexString(address) + ", " + pages + " pages)";
    }

    static String unregister(int type, long number) {
        return "unregisterHandler(handler " + number + " of type " + hex(type) + ")";
    }

    static String consoleRead(int count) {
        return "read of " + count + " bytes from the console";
    }

    static String consoleWrite(byte[] shown) {
        return "write of " + shown.length + " bytes to the console: " + bytes(shown, -1);
    }

    static String consoleFinish(int exitCode) {
        return "finish(" + exitCode + ") of the console";
    }

    static String proc(String file) {
        return "proc(\"" + file + "\")";
    }

    static String readMemory(long address, int length) {
        return "readMemory(0x" + Long.toHexString(address) + ", " + length + " bytes)";
    }

    static String startTask(String name) {
        return "startTask(\"" + name + "\")";
    }

    /** What was thrown, and where in the module. */
    static String thrown(Throwable fault) {
        StackTraceElement[] trace = fault.getStackTrace();
        return "throws " + fault + (trace.length == 0 ? "" : " at " + place(trace));
    }

    /** The innermost frame that is a module's own, as far as can be told. */
    static String place(StackTraceElement[] trace) {
        for (StackTraceElement frame : trace) {
            if (NOT_A_MODULE.stream().noneMatch(frame.getClassName()::startsWith)) {
                return frame.toString();
            }
        }
        return trace.length == 0 ? "nowhere" : trace[0].toString();
    }
}
