// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;

/** The module that both kernels of a benchmark machine load: the host's pings and counts, an instance's answers. */
public final class BenchModule implements KernelModule {
    private final PingSide ping = new PingSide();
    private final AnswerSide answer = new AnswerSide();
    private final LoopSide loop = new LoopSide();
    private final MessageSide message = new MessageSide();
    private final PagesSide pages = new PagesSide();

    @Override
    public String name() {
        return "bench";
    }

    @Override
    public void init(Kernel kernel) {
        loop.init(kernel);
        message.init(kernel);
        pages.init(kernel);
        if (kernel.instanceId() == 0) {
            ping.init(kernel);
        } else {
            answer.init(kernel);
        }
    }

    /** The host's side. */
    PingSide ping() {
        return ping;
    }

    /** Either side of calls and answers. */
    MessageSide message() {
        return message;
    }

    /** Either side of transfers of pages. */
    PagesSide pages() {
        return pages;
    }

    /** Either side of the loop. */
    LoopSide loop() {
        return loop;
    }
}
