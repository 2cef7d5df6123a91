// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.host.snapshot.SavedMachine;
import io.mkemu.host.view.MachineView;
import java.io.IOException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The machine that a command is for, among those that are there; or the saved one that its parent names. */
public final class MachineOption {
    @Option(names = "--machine", paramLabel = "NAME",
        description = "Name of the machine; may be left out while only one runs.")
    private String name;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Its name, or null if it is left out. */
    public String name() {
        return name;
    }

    /** The machine that was saved, if the command is for one; else null. The caller closes it. */
    public SavedMachine saved() throws IOException {
        if (command == null || command.parent() == null
            || !(command.parent().userObject() instanceof SavedSource source)) {
            return null;
        }
        if (name != null) {
            throw new ParameterException(command.commandLine(), "--machine is for machines that are there: FILE names "
                + "this one");
        }
        return source.saved();
    }

    /** A view of the machine; of one whose host was killed too. */
    public MachineView view() throws IOException {
        SavedMachine saved = saved();
        return saved != null ? saved.view() : MachineView.open(name);
    }

    /** A view of the machine, which runs or was saved. */
    public MachineView running() throws IOException {
        SavedMachine saved = saved();
        return saved != null ? saved.view() : MachineView.running(name);
    }
}
