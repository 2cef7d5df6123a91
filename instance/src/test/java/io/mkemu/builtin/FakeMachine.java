// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.module.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Kernels in one thread with a clock of their own: every run is the same. A message is an event on its way. */
final class FakeMachine {
    /** A message between two kernels. */
    record Message(int from, int to, int type, byte[] payload) {
        boolean isData() {
            return type >= DemoDescriptor.DATA && type < DemoDescriptor.DATA + DemoDescriptor.DATA_TYPES;
        }
    }

    /** What happens to messages on their way. */
    @FunctionalInterface
    interface Way {
        /** Puts what arrives of a message, in order, into the lane; a lane never refuses that. */
        void travel(Message message, List<Message> lane);
    }

    final List<FakeKernel> kernels = new ArrayList<>();
    final Map<Long, MemorySegment> pages = new HashMap<>();
    final Map<Long, Integer> mapped = new HashMap<>();
    final int slots;
    Way way = (message, lane) -> lane.add(message);
    Runnable everyRound = () -> { };
    long now = 1_000_000;
    int busy;
    long nextAddress = Pages.PAGE_SIZE;

    FakeMachine(int kernelCount, int slots, String parameters) {
        this.slots = slots;
        for (int id = 0; id < kernelCount; id++) {
            kernels.add(new FakeKernel(this, id, id == 0 ? parameters : ""));
        }
    }

    long allocate(long size) {
        long address = nextAddress;
        nextAddress += size;
        pages.put(address, Arena.ofAuto().allocate(size, Pages.PAGE_SIZE));
        return address;
    }

    /** Runs until all tasks of living kernels have ended; a machine that would hang fails. */
    void run() {
        for (int round = 0; round < 10_000_000; round++) {
            everyRound.run();
            long wait = Long.MAX_VALUE;
            for (FakeKernel kernel : kernels) {
                if (kernel.state == InstanceState.ACTIVE) {
                    wait = Math.min(wait, kernel.round());
                }
            }
            if (kernels.stream().allMatch(k -> k.state != InstanceState.ACTIVE || k.tasks.isEmpty())) {
                return;
            }
            if (wait == Task.WAIT) {
                throw new AssertionError("everybody waits for ever; host: " + kernels.getFirst().log);
            }
            now += Math.max(wait, 1);
        }
        throw new AssertionError("no end after 10,000,000 rounds; host: " + kernels.getFirst().log);
    }
}
