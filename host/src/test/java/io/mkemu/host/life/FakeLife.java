// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.host.TestHost;
import io.mkemu.os.Affinity;
import java.util.BitSet;
import java.util.function.BiConsumer;

/** A life without a process: the test says what becomes of it. */
final class FakeLife extends InstanceLife {
    public FakeLife(TestHost box, String name) {
        this(box, name, (life, how) -> { });
    }

    public FakeLife(TestHost box, String name, BiConsumer<InstanceLife, String> over) {
        super(box.machine(), box.instance(name).spec(), over);
    }

    /** Begins the next life of an instance. */
    public static void begin(TestHost box, String name) {
        box.instance(name).begin(new FakeLife(box, name));
    }

    @Override
    public void launch() {
        throw new AssertionError("no test starts a process");
    }

    @Override
    public BitSet hostCpus() {
        return Affinity.allowed();
    }

    @Override
    public long pid() {
        return 0;
    }

    @Override
    public boolean destroy() {
        return false;
    }

    @Override
    public boolean pause(boolean stops) {
        return false;
    }

    @Override
    public boolean isPaused() {
        return false;
    }

    @Override
    public String waitsFor() {
        return "a test";
    }

    @Override
    public void takeOutput(boolean ended, BiConsumer<Boolean, String> line) {
        throw new AssertionError("it says nothing");
    }

    @Override
    public boolean hasOutput() {
        return false;
    }
}
