// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.replay.ReplayResult.Verdict;

/** What the tests of replays share: modules made of a lambda, and what is said of a result. */
abstract class ReplayFixture {
    static final int TYPE = 0x77;
    static final byte[] HELLO = {1, 2, 3, 4};

    /** What a test's module does when it is set up. */
    interface Init {
        void init(Kernel kernel) throws Exception;
    }

    static KernelModule module(Init init) {
        return new KernelModule() {
            @Override
            public String name() {
                return "m";
            }

            @Override
            public void init(Kernel kernel) throws Exception {
                init.init(kernel);
            }
        };
    }

    /** A module whose callback does something with its kernel. */
    static KernelModule onMessage(java.util.function.Consumer<Kernel> what) {
        return module(kernel -> kernel.registerHandler((data, context) -> what.accept(kernel), null, TYPE));
    }

    static void equal(ReplayResult result) {
        assertEquals(Verdict.EQUAL, result.verdict(), result::toString);
    }

    static void differs(ReplayResult result, long step, String then, String now) {
        assertEquals(Verdict.DIFFERENT, result.verdict(), result::toString);
        assertEquals(step, result.number(), result::toString);
        assertTrue(result.then().contains(then), result::toString);
        assertTrue(result.now().contains(now), result::toString);
    }

    /** A recording in which the callback of one message sent something. */
    static Scripted sendsHello() {
        return new Scripted(4).init().sent(2, 0x10, HELLO).callback(0, TYPE, (byte) 9);
    }
}
