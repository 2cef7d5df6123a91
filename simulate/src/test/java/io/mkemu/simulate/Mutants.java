// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import java.util.List;
import java.util.stream.Stream;

/** Bugs that mkemu could have: each a change of one or two lines of its present code. */
final class Mutants {
    private static final String IPI = "common/src/main/java/io/mkemu/ipi/";
    private static final String APIC = "common/src/main/java/io/mkemu/cpu/LocalApic.java";
    private static final String MEMORY = "common/src/main/java/io/mkemu/memory/";
    private static final String KERNEL = "instance/src/main/java/io/mkemu/kernel/";
    private static final String LIFE = "host/src/main/java/io/mkemu/host/life/";

    private Mutants() {
    }

    /** The first of variants of a bug that can be planted: lanes have been written anew. */
    private static Mutant present(Mutant... variants) {
        for (Mutant variant : variants) {
            if (variant.isPresent()) {
                return variant;
            }
        }
        return variants[0];
    }

    /** In the lanes of the queued mailbox. */
    static List<Mutant> lanes() {
        return List.of(
            present(
                Mutant.of(1, "the ready word is stored before the payload", IPI + "QueuedSender.java",
                    "SendProbe.at(SendProbe.Step.SIZE);", """
                        UnsafeApi.putLongRelease(null, record + READY_OFFSET, ready(tail + 1, size, type));
                        SendProbe.at(SendProbe.Step.SIZE);""", "long record = ", "long record = "),
                Mutant.of(1, "the ready word is stored before the payload", IPI + "QueuedSender.java",
                    "SendProbe.at(SendProbe.Step.SIZE);", """
                        UnsafeApi.putLongRelease(null, slot + READY_OFFSET, ready(tail + 1, size));
                        SendProbe.at(SendProbe.Step.SIZE);""")),
            present(
                Mutant.of(1, "a lane takes one message more than it has room for", IPI + "QueuedSender.java",
                    "return tail - headSeen >= slots;", "return tail - headSeen > slots;"),
                Mutant.of(1, "a lane takes one message more than it has room for", IPI + "QueuedSender.java",
                    "return tail - headSeen >= capacity;", "return tail - headSeen > capacity;")),
            Mutant.of(53, "head is published before the callback has run", IPI + "QueuedReceiver.java",
                "delivered++;\n                messages.dispatch(data);",
                "delivered++;\n                lane.publishHead();\n                messages.dispatch(data);"),
            present(
                Mutant.of(1, "a new life of a sender begins where the receiver is, not behind what is under way",
                    IPI + "QueuedSender.java", "while (at <= recordsLength && tail - headSeen < slots) {",
                    "while (at <= recordsLength && tail - headSeen < slots) {\n"
                        + "            if (at == atOf(head)) {\n                tailAt = at;\n"
                        + "                return;\n            }"),
                Mutant.of(1, "a new life of a sender begins where the receiver is, not behind what is under way",
                    IPI + "QueuedSender.java", "        if (after > 0) {", "        if (after < 0) {")),
            Mutant.of(580, "a ring of a former life counts as one of this life", IPI + "QueuedSender.java",
                "return rungByMe && ", "return "),
            Mutant.of(1, "the rung bit is not cleared", IPI + "QueuedReceiver.java",
                "                work[word] |= area.getAndSetLong(offset, 0);",
                "                work[word] |= area.getLongVolatile(offset);"),
            Mutant.of(61, "the rung bits are cleared after they were read, not with it", IPI + "QueuedReceiver.java",
                "                work[word] |= area.getAndSetLong(offset, 0);", """
                    work[word] |= area.getLongVolatile(offset);
                    apic.platform().point();
                    area.putLongVolatile(offset, 0);"""));
    }

    /** In what wakes a CPU. */
    static List<Mutant> doorbells() {
        return List.of(
            Mutant.of(155, "a CPU looks for work before it announces that it sleeps, not after it", KERNEL + "Cpu.java",
                "if (receiver.announceHalted() && !hasWork()) {", "if (!hasWork() && receiver.announceHalted()) {"),
            Mutant.of(18, "a hot lane that makes room for another one is not polled on", IPI + "HotLanes.java",
                "            retire(announced[index]);\n", ""),
            Mutant.of(1, "a sender takes any CPU that runs for one that polls its lane", APIC,
                "return (idleWord >>> 16 & STATE_MASK) == lane ||",
                "return state(idleWord) == STATE_RUNNING || (idleWord >>> 16 & STATE_MASK) == lane ||"),
            Mutant.of(3, "the vector is raised before the lane is marked", IPI + "IpiSender.java",
                "        channel.ringing();\n", "", "        if (woken) {\n            apic.count(Counter.WOKEN);",
                "        channel.ringing();\n        if (woken) {\n            apic.count(Counter.WOKEN);"),
            Mutant.of(3, "a vector that is raised replaces those that are pending", APIC,
                "before, before | bit));\n        platform.point();", "before, bit));\n        platform.point();"),
            Mutant.of(85, "vectors are cleared after they were read, not with it", APIC,
                "return hasPending() ? UnsafeApi.getAndSetLong(null, address + PENDING_OFFSET, 0) : 0;", """
                    long pending = UnsafeApi.getLongVolatile(null, address + PENDING_OFFSET);
                    platform.point();
                    UnsafeApi.putLongVolatile(null, address + PENDING_OFFSET, 0);
                    return pending;"""),
            Mutant.of(8, "tasks that wait are not stepped after a message", KERNEL + "Cpu.java",
                "interrupted |= receiver.deliver() > 0;", "receiver.deliver();"));
    }

    /** In what a send asks, and in whom it waits for. */
    static List<Mutant> senders() {
        return List.of(
            Mutant.of(1, "the life that a sender is connected to is not compared", IPI + "IpiPeer.java",
                "return entry.lifeWord() == lifeWord && entry.ipiArea() == area;", "return entry.ipiArea() == area;"),
            Mutant.of(16, "a send that waits for room goes on when it has sent", IPI + "IpiSender.java",
                "} while (result == -Errno.ENOSPC && waited < timeoutNanos);", "} while (waited < timeoutNanos);"),
            Mutant.of(133, "an area is freed before its senders have let go", IPI + "IpiAreas.java",
                "return !interconnect.mailbox().waitsForSenders() || awaitLetGo(instanceId);", "return true;"),
            Mutant.of(4, "an area is not zeroed for the next life", IPI + "Interconnect.java",
                "            window.buffer().setMemory(0, window.buffer().capacity(), (byte) 0);\n", ""));
    }

    /** In shared pages and pools. */
    static List<Mutant> pages() {
        return List.of(
            Mutant.of(1, "a mapping is not taken back when its window is closed", KERNEL + "PageSharing.java",
                "                shares.noteUnmapped(pfn, kernel.instanceId());\n", ""),
            Mutant.of(9, "a mapping is taken back with the first of two windows", KERNEL + "PageSharing.java",
                "if (windows.decrementAndGet(pfn) == 0) {", "if (windows.decrementAndGet(pfn) >= 0) {"),
            Mutant.of(26, "a page is mapped without a second look at its share", KERNEL + "PageSharing.java",
                "                if (refusal(sender, life, range) == null) {\n",
                "                if (range != null) {\n"),
            Mutant.of(46, "a share is looked at before the mapping is noted, not after it", KERNEL + "PageSharing.java",
                "            Window window = null;\n",
                "            boolean refused = refusal(sender, life, range) != null;\n"
                    + "            memory.platform().point();\n"
                    + "            Window window = null;\n",
                "                if (refusal(sender, life, range) == null) {\n", "                if (!refused) {\n"),
            Mutant.of(3, "pages that are freed stay shared", MEMORY + "PageTable.java",
                "        clearGrants(address, size);\n        return firstHeld", "        return firstHeld"),
            Mutant.of(3, "pages that are mapped are freed", MEMORY + "InstancePool.java",
                "            && memory.pageTable().endShares(address, Pages.align(size))) {",
                "            && memory.pageTable().endShares(address, Pages.align(size)) && size < 0) {"),
            Mutant.of(1, "a page that is freed stays taken in its pool", MEMORY + "GranuleMap.java",
                "        release(from, end);\n        return 0;", "        return 0;"));
    }

    /** In how kernels end. */
    static List<Mutant> lives() {
        return List.of(
            Mutant.of(1, "what others shared with a kernel that died is shared with its next life",
                LIFE + "InstanceMemory.java", "        pages.clearGrantsTo(entry.id());\n", ""),
            Mutant.of(1, "what a kernel that died had mapped stays mapped", LIFE + "InstanceMemory.java",
                "        pages.clearMappingsOf(entry.id());\n", ""),
            Mutant.of(1, "a life begins in the memory of the one before", LIFE + "HostedInstance.java",
                "        memory.renew();\n", ""));
    }

    /** In handlers. */
    static List<Mutant> handlers() {
        return List.of(
            Mutant.of(1, "a handler runs without a mark", KERNEL + "HandlerRegistry.java",
                "            running.set(logicalCpu, handler);\n        }\n        return handler.registered;",
                "            running.set(logicalCpu, null);\n        }\n        return handler.registered;"),
            Mutant.of(1, "unregister does not wait", KERNEL + "HandlerRegistry.java",
                "while (handler.isWorkPending(cpu) || running.get(cpu) == handler) {",
                "while (handler.isWorkPending(cpu)) {"),
            Mutant.of(3, "a handler that was taken back while a message went to another one still runs",
                KERNEL + "HandlerRegistry.java", "        return handler.registered;\n    }\n\n    /** What a CPU runs",
                "        return true;\n    }\n\n    /** What a CPU runs"));
    }

    /** All of them. */
    static List<Mutant> all() {
        return Stream.of(lanes(), doorbells(), senders(), pages(), lives(), handlers())
            .flatMap(List::stream).toList();
    }
}
