// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.OsFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.util.List;

/**
 * A machine as a tool that only looks sees it, without asking its host: its RAM, and whether the host lives. What a
 * killed host left behind can be looked at too. Not thread-safe.
 */
public final class MachineView implements AutoCloseable {
    private final String name;
    private final MappedMachine mapped;
    /** Null of a copy. */
    private final OsFile hostLife;
    private final Closeable copy;

    private MachineView(String name, MappedMachine mapped, Closeable copy) {
        this.name = name;
        this.mapped = mapped;
        this.hostLife = null;
        this.copy = copy;
    }

    private MachineView(MachineDirectory directory) throws IOException {
        this.name = directory.machine();
        this.copy = () -> { };
        directory.check();
        this.hostLife = OsFile.openReadOnly(directory.lifeLock(0));
        try {
            this.mapped = MappedMachine.openReadOnly(directory.ram());
        } catch (IOException | RuntimeException | Error fault) {
            hostLife.close();
            throw fault;
        }
    }

    /**
     * Opens a machine that runs, or else what is left of one.
     *
     * @param name of the machine; null: the only one that runs, or if none does the only one that is left
     * @throws MachineException if there is no such machine, or without a name several; the message lists them
     */
    public static MachineView open(String name) throws IOException {
        MachineDirectory directory = name == null ? only() : MachineDirectory.of(name);
        try {
            return new MachineView(directory);
        } catch (NoSuchFileException neither) {
            if (RunningMachines.runs(directory)) {
                throw new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine()
                    + "\" has no RAM: it is just being made or ending; try again", neither);
            }
            throw new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine() + "\" does not run; "
                + RunningMachines.list(RunningMachines.names()), neither);
        }
    }

    /**
     * Opens a machine that runs.
     *
     * @param name of the machine; null: the only one that runs
     * @throws MachineException as {@link RunningMachines#open}
     */
    public static MachineView running(String name) throws IOException {
        return open(RunningMachines.find(name).machine());
    }

    /**
     * A view of a machine that was saved.
     *
     * @param name   of the machine
     * @param mapped its RAM
     * @param copy   closed with this view, instead of the RAM
     */
    public static MachineView saved(String name, MappedMachine mapped, Closeable copy) {
        return new MachineView(name, mapped, copy);
    }

    private static MachineDirectory only() throws IOException {
        List<String> running = RunningMachines.names();
        List<String> remains = running.isEmpty() ? remains() : List.of();
        if (running.isEmpty() && remains.size() > 1) {
            throw new MachineException(ExitCode.MACHINE, "no machine runs; killed hosts left "
                + String.join(", ", remains) + "; say which with --machine NAME");
        }
        return remains.size() == 1 ? MachineDirectory.of(remains.getFirst()) : RunningMachines.only();
    }

    /** Machines whose host is dead and whose RAM is still there, in alphabetical order. */
    private static List<String> remains() throws IOException {
        return RunningMachines.namesOf(machine -> RunningMachines.refusal(machine) == null
            && Files.isRegularFile(machine.ram(), LinkOption.NOFOLLOW_LINKS));
    }

    /** The machine's name. */
    public String name() {
        return name;
    }

    /** Its RAM: writing to it is a fault of this process. */
    public MappedMachine mapped() {
        return mapped;
    }

    /** Whether this is a machine that was saved: nothing changes in it any more. */
    public boolean isSaved() {
        return hostLife == null;
    }

    /** Whether its host lives now. */
    public boolean runs() throws IOException {
        return !isSaved() && hostLife.isLockedByOther();
    }

    /** Whether its files are there, as a killed host leaves them; one that ends in order removes them first. */
    public boolean isStillThere() throws IOException {
        return !isSaved() && hostLife.isStillNamed();
    }

    @Override
    public void close() throws IOException {
        if (isSaved()) {
            copy.close();
            return;
        }
        hostLife.close();
        mapped.close();
    }
}
