// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.KernelLogReader;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Two kernels of two CPUs that exchange messages and pages, stepped by the calling thread from boot to end. */
public final class SteppedConversation {
    private static final int PING = 7;
    private static final int PONG = 8;
    private static final int MESSAGES = 12;
    private static final int MOST_STEPS = 20_000;

    private SteppedConversation() {
    }

    /** Sends messages and a page from each CPU to the other kernel, and answers what comes from there. */
    private static final class Talker implements KernelModule {
        private final SteppedMachine machine;
        private final int peer;
        private Kernel kernel;
        private int sent;
        private int answered;
        private int pages;
        private int ended;

        Talker(SteppedMachine machine, int peer) {
            this.machine = machine;
            this.peer = peer;
        }

        @Override
        public String name() {
            return "talker";
        }

        @Override
        public void init(Kernel given) {
            kernel = given;
            kernel.registerHandler(this::answer, null, PING);
            kernel.registerHandler((data, context) -> count(data), null, PONG);
            kernel.registerHandler((data, context) -> map(data), null, MkIpiDataDescriptor.PFN_IPI_TYPE);
            kernel.startTask("talk", this::talk);
            kernel.runOnCpu(1, () -> kernel.startTask("tick", this::tick));
        }

        private void count(MkIpiData data) {
            answered++;
            machine.note(kernel.instanceId() + " has an answer of " + data.buffer().getLong(0));
        }

        private void answer(MkIpiData data, Object context) {
            int result = kernel.sendIpiData(kernel.instanceOfCpu(data.senderCpu()), data.buffer(), 0, data.dataSize(),
                PONG);
            machine.note(kernel.instanceId() + " answers on CPU " + kernel.smpProcessorId() + ": " + result);
        }

        private void map(MkIpiData data) {
            try (Window page = kernel.receiveMapPage(data)) {
                page.buffer().putLong(0, page.buffer().getLong(0) + 1);
                pages++;
            }
        }

        private long talk() {
            if (sent == MESSAGES) {
                long page = kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
                kernel.printk("shares a page: " + kernel.sendPfn(peer, Pages.pfn(page)));
                ended++;
                return Task.DONE;
            }
            UnsafeBuffer data = new UnsafeBuffer(new byte[8 + (int) (kernel.randomLong() & 63)]);
            data.putLong(0, kernel.randomLong());
            int result = kernel.sendIpiData(peer, data, 0, data.capacity(), PING);
            machine.note(kernel.instanceId() + " sends: " + result);
            if (result == 0) {
                sent++;
            }
            return kernel.randomLong() & 0xffff;
        }

        /* Sends from the other CPU, to the other CPU. */
        private long tick() {
            int[] cpus = kernel.findInstance(peer).cpus().stream().mapToInt(Integer::intValue).toArray();
            kernel.sendIpiDataToCpu(peer, cpus[1], new UnsafeBuffer(new byte[8]), 0, 8, PING);
            ended += sent == MESSAGES ? 1 : 0;
            return sent == MESSAGES ? Task.DONE : 1 + (kernel.randomLong() & 0xfffff);
        }
    }

    /** As below, with kernels that have no hook. */
    public static String run(ByteBuffer ram, IpiMode mode, long seed) {
        return run(ram, mode, seed, KernelHook::none);
    }

    /** Runs a machine from its boot to its end; what happened. */
    public static String run(ByteBuffer ram, IpiMode mode, long seed, KernelHook.Maker hooks) {
        SteppedMachine machine = new SteppedMachine(ram, mode, seed, hooks);
        Talker[] talkers = {new Talker(machine, 2), new Talker(machine, 1)};
        machine.boot(1, new int[] {0, 1}, talkers[0]);
        machine.boot(2, new int[] {2, 3}, talkers[1]);
        int step = 0;
        while (talkers[0].ended + talkers[1].ended < 4 || talkers[0].pages + talkers[1].pages < 2 && step < 2_000) {
            assertTrue(step++ < MOST_STEPS, "they talk for ever");
            machine.step();
        }
        for (int index = 0; index < 2; index++) {
            assertEquals(InstanceState.ACTIVE, machine.kernel(index).entry().state());
            assertTrue(talkers[index].answered > 0);
        }
        if (mode == IpiMode.QUEUED) {
            assertEquals(2, talkers[0].pages + talkers[1].pages);
        }
        assertTrue(machine.wakes() > 0, "CPUs sleep and are woken");
        machine.shutDown(MOST_STEPS);
        KernelLogReader reader = new KernelLogReader(machine.memory(), 1);
        List<String> log = new ArrayList<>();
        for (var line = reader.poll(); line != null; line = reader.poll()) {
            log.add(line.text());
        }
        assertTrue(log.contains("talker: shares a page: 0"), log::toString);
        return machine.record();
    }
}
