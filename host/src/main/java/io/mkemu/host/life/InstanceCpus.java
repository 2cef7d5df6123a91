// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.cpu.LocalApic;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * The CPUs of one instance while its kernel runs, as its host gave them away. Under the host's lock, but for the waits.
 * CPUs are named by the numbers that users give them.
 */
final class InstanceCpus {
    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long LOOK_MILLIS = 1;

    private final HostedMachine machine;
    private final InstanceEntry entry;
    private final String name;
    /* By number: the logical one. */
    private final Map<Integer, Integer> logical = new HashMap<>();
    private int possible;

    InstanceCpus(HostedMachine machine, InstanceEntry entry, String name) {
        this.machine = machine;
        this.entry = entry;
        this.name = name;
    }

    /** A life begins with these, and with the IPI area that it has now. */
    void begin(List<Integer> numbers) {
        logical.clear();
        List<Integer> ascending = machine.physical(numbers).stream().sorted().toList();
        numbers.forEach(number -> logical.put(number, ascending.indexOf(physical(number))));
        possible = entry.possibleCpus();
    }

    private int physical(int number) {
        return machine.physical(List.of(number)).getFirst();
    }

    /**
     * Refuses what no kernel could do.
     *
     * @param further CPUs that are to come
     * @param going   how many go before
     */
    void requireRoom(List<Integer> further, int going) {
        if (logical.size() - going + further.size() > possible) {
            throw new MachineException(ExitCode.RESOURCES, "instance " + name + " has " + logical.size()
                + " CPUs and may have " + possible + " at once in this life, for so many its IPI area has room: give "
                + "it more memory (mk kill " + name + ", mk update " + name + " --memory), or its CPUs before mk exec");
        }
        for (int number : further) {
            if (physical(number) < entry.bootCpu()) {
                throw new MachineException(ExitCode.RESOURCES, "CPU " + number + " is below the boot CPU of instance "
                    + name + ", to which messages go that name no CPU: mk kill " + name + ", then mk update --cpus");
            }
        }
    }

    /** Refuses the boot CPU. */
    void requireMayGo(List<Integer> going) {
        for (int number : going) {
            if (logical.getOrDefault(number, 0) == 0) {
                throw new MachineException(ExitCode.STATE, "CPU " + number + " is the boot CPU of instance " + name
                    + ", which cannot go while its kernel runs: mk kill " + name + ", then mk update --cpus");
            }
        }
    }

    /** Sets a CPU up for the kernel that runs; nobody finds it in the CPU set yet. */
    void prepare(int number, BitSet hostCpus) {
        int free = IntStream.range(0, possible).filter(at -> !logical.containsValue(at)).findFirst().orElseThrow();
        machine.assignFurther(entry, number, free, hostCpus);
        machine.recorder().cpuChanges(entry.id(), entry.life(), physical(number), true);
        logical.put(number, free);
    }

    /** Senders find a CPU, or no longer. */
    void publish(int number, boolean isThere) {
        entry.cpu(physical(number), isThere);
    }

    /** A CPU is none of this instance's any more; no thread runs it. */
    void gone(int number) {
        logical.remove(number);
        machine.recorder().cpuChanges(entry.id(), entry.life(), physical(number), false);
        machine.unassign(List.of(number));
    }

    /**
     * Waits until nobody sends to a CPU that has been taken out of the CPU set. Not under the lock.
     *
     * @throws MachineException that names the CPU of a sender that does not answer
     */
    void awaitSenders(int number) {
        int sender = machine.ipiAreas().awaitSenders(entry.id(), ANSWER_NANOS);
        if (sender >= 0) {
            int owner = machine.mapped().instances().ownerOf(sender);
            throw new MachineException(ExitCode.STATE, "CPU " + number + " of instance " + name + " cannot go now: CPU "
                + sender + (owner < 0 ? "" : " of instance " + machine.mapped().instances().entry(owner).name())
                + " may be sending to it and does not answer, because its process is stopped or a module hangs; "
                + "nothing is changed: continue that one (mk continue, kill -CONT), or mk kill it, and try again");
        }
    }

    /** Waits until the thread of a CPU that the kernel has given back has ended; whether it has. Not under the lock. */
    boolean awaitOffline(int number, BooleanSupplier lives) throws InterruptedException {
        LocalApic apic = machine.mapped().apic(physical(number));
        long begun = System.nanoTime();
        while (apic.idleWord() != LocalApicDescriptor.STATE_OFFLINE && lives.getAsBoolean()) {
            if (System.nanoTime() - begun > ANSWER_NANOS) {
                return false;
            }
            Thread.sleep(LOOK_MILLIS);
        }
        return true;
    }

    /** What is in the CPU set again, whatever was under way when a life ended. */
    void restore(List<Integer> numbers) {
        List<Integer> physical = new ArrayList<>(machine.physical(numbers));
        entry.cpus(physical.stream().mapToInt(Integer::intValue).toArray());
    }
}
