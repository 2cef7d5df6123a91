// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import java.util.HashMap;
import java.util.Map;
import org.agrona.MutableDirectBuffer;

/** What a fake kernel has besides CPU, lanes and pool: its console and its /proc. One thread. */
abstract class FakePeripherals implements Kernel {
    /** A handler that a module registered. */
    record FakeHandler(IpiCallback callback, Object context, int type) implements IpiHandler {
        /* A callback may be registered twice: each is a handler of its own. */
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    private final FakeConsole console = new FakeConsole();
    private final Map<String, String> proc = new HashMap<>();

    /** What lies in the pool of this kernel, and in what it has mapped. */
    abstract FakePages memory();

    /** Its console: the test is the user. */
    public final FakeConsole console() {
        return console;
    }

    /** Gives a file of /proc a text, which is what the module reads there; without one there is no such file. */
    public final void proc(String file, String text) {
        proc.put(file, text);
    }

    @Override
    public final Console openConsole(ConsoleHandler handler) {
        return console.open(handler) ? console : null;
    }

    @Override
    public final String proc(String file) {
        return proc.get(file);
    }

    @Override
    public final int readMemory(long address, MutableDirectBuffer to, int index, int length) {
        if (length < 1 || length > Pages.PAGE_SIZE) {
            return -Errno.EINVAL;
        }
        return memory().read(address, to, index, length) ? 0 : -Errno.EPERM;
    }
}
