// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.replay.ReplayResult.Verdict;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Modules that hang, catch what is not theirs, or have threads of their own; and what they log. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class ReplayConductTest extends ReplayFixture {
    @Test
    void aModuleThatCatchesEverythingIsStoppedAllTheSame() throws Exception {
        differs(sendsHello().replay(onMessage(kernel -> {
            while (true) {
                try {
                    kernel.nanoTime();
                } catch (Throwable ignored) {
                    Thread.onSpinWait();
                }
            }
        })), 2, "send", "nanoTime()");
    }

    @Test
    void aModuleThatHangs() throws Exception {
        ReplayResult hung = sendsHello().stepNanos(TimeUnit.MILLISECONDS.toNanos(300)).replay(onMessage(kernel -> {
            while (true) {
                Thread.onSpinWait();
            }
        }));
        assertEquals(Verdict.HUNG, hung.verdict());
        assertEquals(2, hung.number());
        assertTrue(hung.now().contains("not ended within 300 ms") && hung.now().contains("ReplayConductTest"),
            hung::toString);
    }

    @Test
    void aThreadOfTheModulesOwnIsTold() throws Exception {
        Scripted script = new Scripted(4).init();
        equal(script.replay(module(kernel -> {
            Thread own = new Thread(() -> assertThrows(IllegalStateException.class, kernel::nanoTime), "own");
            own.start();
            own.join();
        })));
        assertEquals(1, script.warnings.size());
        assertTrue(script.warnings.getFirst().contains("\"own\""), script.warnings::toString);
    }

    @Test
    void whatItLogsIsHandedOn() throws Exception {
        Scripted script = new Scripted(4).init();
        equal(script.replay(module(kernel -> kernel.printk("hello"))));
        assertEquals(List.of("m: hello"), script.log);
    }
}
