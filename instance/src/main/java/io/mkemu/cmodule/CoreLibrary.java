// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Linux's part for modules in C: the shared object of {@code mkemu_core.h}, which is loaded once for each process when
 * it is first used. Its functions, with what they need of a thread, are explained there.
 *
 * <p>All calls into it have one signature and all calls out of it another, of longs alone: a JVM that starts pays 10 to
 * 20 ms for each signature. On x86-64 and aarch64 an argument of 32 bits, a pointer and a long take a register each,
 * one that the function does not have is not looked at, and of a result of 32 bits the lower half is the result.
 */
final class CoreLibrary {
    private static final int MAX_TEXT = 4096;
    private static final long CONTEXTS_ARE_THREADS = 1;

    private static final FunctionDescriptor DOWN =
        FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final FunctionDescriptor UP =
        FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private static final MethodHandle CALL = handle();
    private static final SymbolLookup LOOKUP = open();
    private static final MemorySegment NEW = function("mkemu_core_new");
    private static final MemorySegment FREE = function("mkemu_core_free");
    private static final MemorySegment ABANDON = function("mkemu_core_abandon");
    private static final MemorySegment LOAD = function("mkemu_core_load");
    private static final MemorySegment MODULE_NAME = function("mkemu_core_module_name");
    private static final MemorySegment MODULE_PARAMETER = function("mkemu_core_module_parameter");
    private static final MemorySegment INIT = function("mkemu_core_init");
    private static final MemorySegment EXIT = function("mkemu_core_exit");
    private static final MemorySegment MODULE_RESULT = function("mkemu_core_module_result");
    private static final MemorySegment UNLOAD = function("mkemu_core_unload");
    private static final MemorySegment DELIVER = function("mkemu_core_deliver");
    private static final MemorySegment RUN = function("mkemu_core_run");
    private static final MemorySegment CPU = function("mkemu_core_cpu");
    private static final MemorySegment WATCH = function("mkemu_core_watch");
    private static final MemorySegment CONTEXT = function("mkemu_core_context");
    /* struct mkemu_host, but for self. */
    private static final MemorySegment[] CALLS = calls();

    private CoreLibrary() {
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
        return Linker.nativeLinker().downcallHandle(DOWN);
    }

    @SuppressWarnings("restricted")
    private static SymbolLookup open() {
        SymbolLookup library = SymbolLookup.libraryLookup(CModuleFile.core(), Arena.global());
        long abi = call(library.findOrThrow("mkemu_core_abi"), 0, 0, 0, 0);
        if ((int) abi != CoreDescriptor.CORE_ABI) {
            throw new MachineException(ExitCode.INTERNAL, CModuleFile.core() + " is of another version of mkemu ("
                + (int) abi + ", must be " + CoreDescriptor.CORE_ABI + "); build mkemu anew: scripts/mk");
        }
        call(library.findOrThrow("mkemu_core_catch_faults"), 0, 0, 0, 0);
        return library;
    }

    private static MemorySegment function(String name) {
        return LOOKUP.findOrThrow(name);
    }

    @SuppressWarnings("restricted")
    private static MemorySegment[] calls() {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            MemorySegment[] calls = new MemorySegment[HostCalls.NAMES.size()];
            for (int index = 0; index < calls.length; index++) {
                MethodHandle call = lookup.findStatic(HostCalls.class, HostCalls.NAMES.get(index), UP.toMethodType());
                calls[index] = Linker.nativeLinker().upcallStub(call, UP, Arena.global());
            }
            return calls;
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static long call(MemorySegment function, long first, long second, long third, long fourth) {
        try {
            return (long) CALL.invokeExact(function, first, second, third, fourth);
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * A core for a kernel.
     *
     * @param self what the core hands to each of {@link HostCalls}
     * @return its address, 0 if there is no memory
     */
    static long newCore(long self, int cpus, int instanceId) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate((1 + CALLS.length) * ADDRESS.byteSize(), Long.BYTES);
            host.set(JAVA_LONG, 0, self);
            for (int index = 0; index < CALLS.length; index++) {
                host.set(JAVA_LONG, (1 + index) * ADDRESS.byteSize(), CALLS[index].address());
            }
            return call(NEW, host.address(), cpus, instanceId, CONTEXTS_ARE_THREADS);
        }
    }

    static void free(long core) {
        call(FREE, core, 0, 0, 0);
    }

    /** Frees all of a kernel that has died. */
    static void abandon(long core) {
        call(ABANDON, core, 0, 0, 0);
    }

    /**
     * Loads a module.
     *
     * @return its address
     * @throws ElfFile.Refused with what the core says is wrong
     */
    static long load(long core, Path file) throws ElfFile.Refused {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment error = arena.allocate(MAX_TEXT);
            long module =
                call(LOAD, core, arena.allocateFrom(file.toString()).address(), error.address(), MAX_TEXT);
            if (module == 0) {
                throw new ElfFile.Refused(text(error.address()));
            }
            return module;
        }
    }

    static String name(long module) {
        return text(call(MODULE_NAME, module, 0, 0, 0));
    }

    /** A parameter's name, null behind the last. */
    static String parameter(long module, int index) {
        long name = call(MODULE_PARAMETER, module, index, 0, 0);
        return name == 0 ? null : text(name);
    }

    static void init(long core, long module) {
        call(INIT, core, module, 0, 0);
    }

    static void exit(long core, long module) {
        call(EXIT, core, module, 0, 0);
    }

    static int result(long module) {
        return (int) call(MODULE_RESULT, module, 0, 0, 0);
    }

    static void unload(long core, long module) {
        call(UNLOAD, core, module, 0, 0);
    }

    static void deliver(long core, int logicalCpu, long token, long message) {
        call(DELIVER, core, logicalCpu, token, message);
    }

    static long run(long core, int logicalCpu) {
        return call(RUN, core, logicalCpu, 0, 0);
    }

    /** Address of what core and kernel tell each other of a CPU; it is there as long as the core. */
    static long cpu(long core, int logicalCpu) {
        return call(CPU, core, logicalCpu, 0, 0);
    }

    /** Looks at its CPUs from outside, once a second. */
    static void watch(long core) {
        call(WATCH, core, 0, 0, 0);
    }

    static void context(long context) {
        call(CONTEXT, context, 0, 0, 0);
    }

    /** A text that C has closed by NUL; what is behind {@link #MAX_TEXT} bytes is cut. */
    @SuppressWarnings("restricted")
    static String text(long address) {
        MemorySegment bytes = MemorySegment.ofAddress(address).reinterpret(MAX_TEXT);
        int length = 0;
        while (length < MAX_TEXT && bytes.get(JAVA_BYTE, length) != 0) {
            length++;
        }
        return text(address, length);
    }

    /** A text of so many bytes. */
    @SuppressWarnings("restricted")
    static String text(long address, int length) {
        byte[] bytes = new byte[Math.clamp(length, 0, MAX_TEXT)];
        MemorySegment.copy(MemorySegment.ofAddress(address).reinterpret(bytes.length), 0,
            MemorySegment.ofArray(bytes), 0, bytes.length);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
