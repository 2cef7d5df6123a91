// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.abi.InstanceState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A machine of a test: a host and its instances, each a process of its own, as {@code mk} makes them. No two machines
 * meet, so tests may run in parallel; each is named test-PID-N, and mk shows it like any other. It ends when it is
 * closed, and at the latest when this JVM does, however that ends.
 *
 * <p>{@link MachineTest} gives one to a test. Without JUnit: {@code try (Machine machine = Machine.of(tree).start())}.
 * Any thread may call; calls wait up to the {@link Builder#timeout}.
 *
 * <p>{@link SimulatedMachine} runs the same test on a machine of the simulator. There only the test's own thread may
 * call; time is virtual and passes while a call waits, so a test awaits things, it does not sleep; and {@link #mk},
 * {@link #directory} and {@code @MachineTest}'s journal are not there.
 */
public interface Machine extends AutoCloseable {
    /** What a machine is made from. */
    final class Builder {
        final Path tree;
        Path journal;
        boolean exec = true;
        Duration timeout = Duration.ofSeconds(60);

        Builder(Path tree) {
            this.tree = tree;
        }

        /** Records all that happens into a journal in this directory, which is made. Without it nothing is recorded. */
        public Builder journal(Path directory) {
            journal = directory;
            return this;
        }

        /** Whether its instances are executed at once, those apart that others start; yes by default. */
        public Builder exec(boolean at) {
            exec = at;
            return this;
        }

        /** How long a boot, a verb and a wait may take; 60 s by default. */
        public Builder timeout(Duration most) {
            timeout = most;
            return this;
        }

        /**
         * Makes the machine; its host and its instances are active then.
         *
         * @throws MachineTestException with the line that mk says if the tree is wrong, a module cannot be loaded or an
         *                              instance does not come up; nothing is left then
         */
        public Machine start() {
            return new RealMachine(this);
        }
    }

    /**
     * A machine for a tree.
     *
     * @param tree device tree source; paths of modules in it are relative to it
     */
    static Builder of(Path tree) {
        return new Builder(tree);
    }

    /** Its name, for mk's option --machine. */
    String name();

    /** Whether it is one of the simulator's. */
    boolean isSimulated();

    /**
     * Where its RAM lies.
     *
     * @throws MachineTestException in the simulator
     */
    Path directory();

    /**
     * Boots instances that are loaded or failed, and waits until they are active: mk exec.
     *
     * @throws MachineTestException if one is in another state or does not come up
     */
    void exec(String... kernels);

    /**
     * Ends a kernel in order: mk kill. Its modules exit, and it is loaded then.
     *
     * @throws MachineTestException if it is not active
     */
    void kill(String kernel);

    /**
     * Ends a kernel as a crash does: SIGKILL for its process, in the midst of whatever it does. Returns when the
     * process is gone; {@link #awaitState} waits until the host has seen it. The restart policy of the tree applies.
     *
     * @param kernel its name; "host" ends the whole machine, and nothing but {@link #close} is possible then
     */
    void crash(String kernel);

    /** Stops the process of an active kernel where it is: mk pause. */
    void pause(String kernel);

    /** Lets a paused kernel go on: mk continue. */
    void resume(String kernel);

    /** All its kernels, by ascending id; the host is the first. */
    List<KernelStatus> kernels();

    /**
     * One of its kernels.
     *
     * @throws MachineTestException if there is none of that name; the message has the names
     */
    KernelStatus kernel(String kernel);

    /**
     * Waits until a kernel is in a state.
     *
     * @throws AssertionError if it is not in time
     */
    KernelStatus awaitState(String kernel, InstanceState state) throws InterruptedException;

    /**
     * Waits until the console of a kernel has a line in which a regular expression is found, and returns the first one;
     * it may have been there before. A console shows the levels below the kernel's loglevel=, 7 by default.
     *
     * @throws AssertionError if there is none in time, or the machine ends before
     */
    LogLine awaitLog(String kernel, String regex) throws InterruptedException;

    /** As {@link #awaitLog}, a line that was printed after another one: the next of several that are alike. */
    LogLine awaitLogAfter(LogLine line, String kernel, String regex) throws InterruptedException;

    /** What the console of a kernel has shown so far. */
    List<LogLine> log(String kernel);

    /** Its kernel log, lines of all levels: mk dmesg. */
    String dmesg(String kernel);

    /** Its physical memory, as /proc/iomem nests it: mk iomem. */
    String iomem();

    /** What went from kernel to kernel, each pair once. Empty for a single-slot machine, which does not count it. */
    List<Traffic> traffic();

    /** Messages that a kernel has taken of another one, in their present lives. */
    long delivered(String from, String to);

    /**
     * Carries out any verb on this machine: {@code machine.mk("interrupts", "n1")}.
     *
     * @return what it prints on stdout
     * @throws MachineTestException with what it says on stderr if it does not exit with 0; in the simulator
     */
    String mk(String verb, String... args);

    /** All that helps to see why a test failed: the states and the logs of all kernels, and where the journal is. */
    String report();

    /**
     * Ends the machine, the instances' kernels first, and leaves nothing but the journal. Again: nothing.
     *
     * @throws MachineTestException if it does not end in order, or had ended before, other than by {@link #crash}
     */
    @Override
    void close();
}
