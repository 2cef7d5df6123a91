// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.os.OsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * This user's machines that run now: those whose host holds its lock. A link, or a directory that is somebody else's or
 * open to others, is nobody's machine, whatever lies in it. Stateless; any thread. All calls throw MachineException if
 * such a thing is in the place of the directory that machines lie in, or of the one that is asked for.
 */
public final class RunningMachines {
    private RunningMachines() {
    }

    /** Their names, in alphabetical order. */
    public static List<String> names() throws IOException {
        return namesOf(machine -> refusal(machine) == null && hasLiveHost(machine));
    }

    /** Names of those whose host was killed: it left its directory. In alphabetical order. */
    public static List<String> deadNames() throws IOException {
        return namesOf(machine -> refusal(machine) == null && hasDeadHost(machine));
    }

    /** Names of what looks like a machine and is not this user's, or open to others. In alphabetical order. */
    static List<String> refusedNames() throws IOException {
        /* Somebody else's directory may not be looked into: it counts. */
        return namesOf(machine -> !Files.notExists(machine.lifeLock(0), LinkOption.NOFOLLOW_LINKS)
            && refusal(machine) != null);
    }

    /** Why a directory that is there is nobody's machine, in a line, or null. */
    static String refusal(MachineDirectory directory) {
        try {
            directory.isThere();
            return null;
        } catch (MachineException unsafe) {
            return unsafe.getMessage();
        } catch (IOException hidden) {
            return directory.path() + ": " + hidden.getMessage();
        }
    }

    /** Names of the machines whose directory is of some kind, in alphabetical order. */
    static List<String> namesOf(Predicate<MachineDirectory> kind) throws IOException {
        if (!MachineDirectory.hasBase()) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(MachineDirectory.base())) {
            return directories.filter(Files::isDirectory).map(MachineDirectory::new).filter(kind)
                .map(MachineDirectory::machine).sorted().toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    /**
     * The directory of a machine that runs.
     *
     * @param name of the machine; null: the only one that runs
     * @throws MachineException if it does not run, or without a name none or several do; the message lists those that
     *     run
     */
    public static MachineDirectory find(String name) throws IOException {
        MachineDirectory directory = name == null ? only() : MachineDirectory.of(name);
        if (!runs(directory)) {
            throw notRunning(directory);
        }
        return directory;
    }

    /** Why a machine cannot be asked anything, and what to do about it. */
    public static MachineException notRunning(MachineDirectory directory) throws IOException {
        String machine = "machine \"" + directory.machine() + "\" ";
        boolean dead = directory.isThere() && hasDeadHost(directory);
        long lost = dead ? 0 : LostHosts.of(directory);
        if (lost != 0) {
            return new MachineException(ExitCode.MACHINE,
                machine + "cannot be asked anything: " + LostHosts.describe(lost));
        }
        return new MachineException(ExitCode.MACHINE, dead ? machine + "is dead, its host was killed: "
            + "mk init --machine " + directory.machine() + " clears what it left and makes it anew"
            : machine + "does not run; " + list(names()));
    }

    /**
     * Maps the RAM of a machine that runs, for reading.
     *
     * @param name of the machine; null: the only one that runs
     * @throws MachineException as {@link #find}
     */
    public static MappedMachine open(String name) throws IOException {
        MachineDirectory directory = find(name);
        try {
            return MappedMachine.openReadOnly(directory.ram());
        } catch (NoSuchFileException beginningOrEnding) {
            throw new MachineException(ExitCode.MACHINE, "machine \"" + directory.machine()
                + "\" has no RAM: it is just being made or ending; try again", beginningOrEnding);
        }
    }

    static MachineDirectory only() throws IOException {
        List<String> names = names();
        if (names.size() != 1) {
            throw new MachineException(ExitCode.MACHINE, names.isEmpty() ? list(names) + dead(deadNames())
                : list(names) + "; say which with --machine NAME");
        }
        return MachineDirectory.of(names.getFirst());
    }

    static String list(List<String> names) {
        return names.isEmpty() ? "no machine runs; start one with: mk run FILE.dts, or mk init"
            : "running: " + String.join(", ", names);
    }

    private static String dead(List<String> names) {
        return names.isEmpty() ? "" : "; what killed hosts left, mk init clears: " + String.join(", ", names);
    }

    /** Whether there is a lock of a host, and no host that holds it. */
    private static boolean hasDeadHost(MachineDirectory directory) {
        return Files.isRegularFile(directory.lifeLock(0), LinkOption.NOFOLLOW_LINKS) && !hasLiveHost(directory);
    }

    /** Whether a machine runs. */
    public static boolean runs(MachineDirectory directory) throws IOException {
        return directory.isThere() && hasLiveHost(directory);
    }

    /** Whether a host holds the lock in a directory, whosever it is. */
    public static boolean hasLiveHost(MachineDirectory directory) {
        try (OsFile lock = OsFile.openReadOnly(directory.lifeLock(0))) {
            return lock.isLockedByOther();
        } catch (IOException notAMachine) {
            return false;
        }
    }
}
