// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

import io.mkemu.Errno;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What the core calls of its kernel: the functions of struct mkemu_host. Each takes the number of a module's object and
 * passes the call on to that. Nothing that the kernel throws leaves them, for it would end the process: the object
 * takes note of it, and C is told an errno.
 */
final class HostCalls {
    /** The functions in the order of struct mkemu_host. */
    static final List<String> NAMES = List.of("logicalCpu", "physicalCpu", "send", "sendTimeout", "sendPfn",
        "revokePfn", "mapPage", "unmapPage", "poolAlloc", "poolFree", "poolMap", "handlerRegister",
        "handlerUnregister", "log", "parameter", "nanos", "random", "instanceOfCpu", "instance", "taskStarted",
        "taskEnded", "reschedule", "contextStart", "panic", "life", "sender");

    /* A process has few modules in C, but a simulation many kernels. */
    private static final int MOST = 1 << 16;
    private static final AtomicReferenceArray<CModule> MODULES = new AtomicReferenceArray<>(MOST);
    private static int next;

    private HostCalls() {
    }

    /**
     * Gives a module's object a number, which no other has.
     *
     * @return 1 or more
     */
    static synchronized int register(CModule module) {
        for (int tries = 1; tries < MOST; tries++) {
            next = next % (MOST - 1) + 1;
            if (MODULES.compareAndSet(next, null, module)) {
                return next;
            }
        }
        throw new IllegalStateException("no more than " + MOST + " modules in C can be loaded by one process");
    }

    /** The number is free. */
    static void unregister(int number) {
        MODULES.set(number, null);
    }

    private static CModule module(long self) {
        return MODULES.getPlain((int) self);
    }

    /* What they are told beyond their arguments is whatever lay in the registers. */

    static long logicalCpu(long self, long a, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.kernel().smpProcessorId();
        } catch (Throwable fault) {
            return module.failed(fault, -1);
        }
    }

    static long physicalCpu(long self, long a, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.kernel().physicalCpuId();
        } catch (Throwable fault) {
            return module.failed(fault, -1);
        }
    }

    static long send(long self, long instance, long cpu, long type, long data, long size) {
        CModule module = module(self);
        try {
            return module.send((int) instance, (int) cpu, type, data, size);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.EINVAL);
        }
    }

    static long sendTimeout(long self, long instance, long type, long data, long size, long timeout) {
        CModule module = module(self);
        try {
            return module.sendTimeout((int) instance, type, data, size, timeout);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.EINVAL);
        }
    }

    static long sendPfn(long self, long instance, long pfn, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.kernel().sendPfn((int) instance, pfn);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.EINVAL);
        }
    }

    static long revokePfn(long self, long instance, long pfn, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.kernel().revokePfn((int) instance, pfn);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.EINVAL);
        }
    }

    static long mapPage(long self, long message, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.memory().mapPage(message);
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long unmapPage(long self, long page, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.memory().unmapPage(page);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.ENOENT);
        }
    }

    static long poolAlloc(long self, long size, long align, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.kernel().instanceAlloc(size, align);
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long poolFree(long self, long address, long size, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.memory().poolFree(address, size);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.EINVAL);
        }
    }

    static long poolMap(long self, long address, long size, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.memory().poolMap(address, size);
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long handlerRegister(long self, long type, long token, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.register((int) type, token);
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long handlerUnregister(long self, long handler, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.unregister(handler);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.ENOENT);
        }
    }

    static long log(long self, long level, long text, long length, long d, long e) {
        CModule module = module(self);
        try {
            module.log((int) level, text, length);
            return 0;
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long parameter(long self, long name, long text, long size, long d, long e) {
        CModule module = module(self);
        try {
            return module.parameter(name, text, size);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.ENOENT);
        }
    }

    static long nanos(long self, long a, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.nanos();
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long random(long self, long a, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.kernel().randomLong();
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long instanceOfCpu(long self, long physicalCpu, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.kernel().instanceOfCpu((int) physicalCpu);
        } catch (Throwable fault) {
            return module.failed(fault, -1);
        }
    }

    static long instance(long self, long id, long instance, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.instance((int) id, instance);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.ENOENT);
        }
    }

    static long taskStarted(long self, long a, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            module.taskStarted();
            return 0;
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long taskEnded(long self, long failed, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            module.taskEnded((int) failed != 0);
            return 0;
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long reschedule(long self, long logicalCpu, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            module.reschedule((int) logicalCpu);
            return 0;
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long contextStart(long self, long logicalCpu, long context, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.startContext((int) logicalCpu, context);
        } catch (Throwable fault) {
            return module.failed(fault, -Errno.ENOMEM);
        }
    }

    static long panic(long self, long text, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            module.panic(CoreLibrary.text(text));
            return 0;
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long life(long self, long instance, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.life((int) instance);
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }

    static long sender(long self, long senderCpu, long b, long c, long d, long e) {
        CModule module = module(self);
        try {
            return module.sender();
        } catch (Throwable fault) {
            return module.failed(fault, 0);
        }
    }
}
