// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.control.ControlClient;
import io.mkemu.host.control.Protocol;
import io.mkemu.host.view.RunningMachines;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.Load;
import io.mkemu.os.OsFile;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The host of a machine that another process runs, as its clients see it. Every wait has an end, and every failure is a
 * line that says what to do.
 */
public final class RemoteHost implements AutoCloseable {
    /** How long a host may take for what it does at once. */
    public static final long ANSWER_MILLIS = 10_000;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long SOCKET_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final MachineDirectory directory;
    /** Held open: its lock is this very host's life, whatever becomes of the name. */
    private final OsFile life;

    private RemoteHost(MachineDirectory directory, OsFile life) {
        this.directory = directory;
        this.life = life;
    }

    /**
     * The host of a machine that runs.
     *
     * @param name of the machine; null: the only one that runs
     * @throws MachineException if it does not run, or without a name none or several do
     */
    public static RemoteHost find(String name) throws IOException {
        MachineDirectory directory = RunningMachines.find(name);
        try {
            return new RemoteHost(directory, OsFile.openReadOnly(directory.lifeLock(0)));
        } catch (NoSuchFileException endedMeanwhile) {
            throw RunningMachines.notRunning(directory);
        }
    }

    /**
     * The host of a machine that runs, or will soon.
     *
     * @param name       of the machine; null: the only one that runs
     * @param waitMillis how long to wait until it runs
     * @throws MachineException as {@link #find}
     */
    public static RemoteHost await(String name, long waitMillis) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis);
        while (System.nanoTime() - deadline < 0 && (name == null ? RunningMachines.names().isEmpty()
            : !RunningMachines.runs(MachineDirectory.of(name)))) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return find(name);
    }

    /** Where the machine lies. */
    public MachineDirectory directory() {
        return directory;
    }

    /**
     * Asks for something and waits until it is done.
     *
     * @param verb       what
     * @param fields     how; what {@link Protocol} wants of each request is added
     * @param waitMillis how long what is asked may wait for kernels; the host has {@link #ANSWER_MILLIS} more
     * @param say        told what the host says meanwhile
     * @return the result
     * @throws MachineException as the host refuses it, or if the host is dead or does not answer
     */
    public ObjectNode ask(String verb, ObjectNode fields, long waitMillis, Consumer<String> say) throws IOException {
        ObjectNode request = Protocol.request(verb);
        request.setAll(fields);
        long millis = waitMillis + ANSWER_MILLIS;
        try (ControlClient client = connect()) {
            return client.ask(request, millis, say);
        } catch (SocketTimeoutException late) {
            throw hostThat("does not answer within " + millis / 1000 + " s (" + Load.now() + "); if it hangs, kill -9 "
                + "it, and mk init --machine " + directory.machine() + " makes the machine anew", late);
        } catch (IOException gone) {
            if (!isGoneBy(System.nanoTime() + SOCKET_NANOS)) {
                throw hostThat("does not talk: " + gone.getMessage(), gone);
            }
            throw new MachineException(ExitCode.MACHINE, "the host ended before it had answered; "
                + RunningMachines.notRunning(directory).getMessage(), gone);
        }
    }

    /** A host that is just being made, or taken down, or whose socket was removed, has none for a moment. */
    private ControlClient connect() throws IOException {
        long deadline = System.nanoTime() + SOCKET_NANOS;
        while (true) {
            try {
                return ControlClient.connect(directory.control(), ANSWER_MILLIS);
            } catch (SocketTimeoutException late) {
                throw late;
            } catch (IOException nobodyListens) {
                if (isGone()) {
                    throw RunningMachines.notRunning(directory);
                }
                if (System.nanoTime() - deadline > 0 && isUp() && !Files.exists(directory.control())) {
                    throw new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine() + "\": its socket "
                        + directory.control() + " is gone, somebody has removed it; its host" + pid() + " runs on and "
                        + "can be asked nothing: SIGTERM ends the machine in order", nobodyListens);
                }
                if (System.nanoTime() - deadline > 0) {
                    throw hostThat("takes no requests (" + nobodyListens.getMessage()
                        + "): it is just beginning or ending, or runs mk hazards; try again", nobodyListens);
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
        }
    }

    private boolean isGone() throws IOException {
        return !life.isLockedByOther();
    }

    /**
     * Waits until the host's process has ended and its files are removed.
     *
     * @throws MachineException if it does not within the time, or dies and leaves them
     */
    public void awaitGone(long timeoutMillis) throws IOException {
        if (!isGoneBy(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis))) {
            throw hostThat("has ended its kernels, but is still there after " + timeoutMillis / 1000 + " s ("
                + Load.now() + "); kill -9 it, and mk init --machine " + directory.machine() + " clears what it leaves",
                null);
        }
        if (life.isStillNamed()) {
            throw RunningMachines.notRunning(directory);
        }
    }

    /** A dying process closes its socket a moment before it lets go of its lock. */
    private boolean isGoneBy(long deadlineNanos) throws IOException {
        while (!isGone()) {
            if (System.nanoTime() - deadlineNanos > 0) {
                return false;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return true;
    }

    private boolean isUp() {
        try (MappedMachine mapped = MappedMachine.openReadOnly(directory.ram())) {
            return mapped.instances().entry(0).state() == InstanceState.ACTIVE;
        } catch (IOException | MachineException unreadable) {
            return false;
        }
    }

    private MachineException hostThat(String does, IOException cause) {
        return new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine() + "\": its host" + pid() + " "
            + does, cause);
    }

    /** The host's process id for a message, if its RAM tells. */
    private String pid() {
        try (MappedMachine mapped = MappedMachine.openReadOnly(directory.ram())) {
            return " (pid " + mapped.instances().entry(0).pid() + ")";
        } catch (IOException | MachineException unreadable) {
            return "";
        }
    }

    @Override
    public void close() {
        life.close();
    }
}
