// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.os.Affinity;
import java.util.BitSet;
import java.util.function.BiConsumer;

/** A life without a process: the test says what becomes of it. */
final class FakeLife extends InstanceLife {
    FakeLife(TestHost box, String name) {
        this(box, name, (life, how) -> { });
    }

    FakeLife(TestHost box, String name, BiConsumer<InstanceLife, String> over) {
        super(box.machine(), box.instance(name).spec(), over);
    }

    /** Begins the next life of an instance. */
    static void begin(TestHost box, String name) {
        box.instance(name).begin(new FakeLife(box, name));
    }

    @Override
    void launch() {
        throw new AssertionError("no test starts a process");
    }

    @Override
    BitSet hostCpus() {
        return Affinity.allowed();
    }

    @Override
    long pid() {
        return 0;
    }

    @Override
    boolean destroy() {
        return false;
    }

    @Override
    String waitsFor() {
        return "a test";
    }

    @Override
    void takeOutput(boolean ended, BiConsumer<Boolean, String> line) {
        throw new AssertionError("it says nothing");
    }

    @Override
    boolean hasOutput() {
        return false;
    }
}
