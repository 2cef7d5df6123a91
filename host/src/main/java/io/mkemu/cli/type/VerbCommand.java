// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.host.client.RemoteHost;
import io.mkemu.host.snapshot.SavedMachine;
import io.mkemu.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A verb that the host of a machine that runs is asked for. */
public abstract class VerbCommand implements Callable<Integer> {
    /** How long a change of several instances may wait for kernels that run: each has 10 s for each request. */
    public static final long KERNELS_MILLIS = 60_000;

    @Mixin
    private MachineOption machine;

    @Option(names = "--json", description = "Print one JSON object and nothing else on stdout: memory in bytes, "
        + "times in ms.")
    private boolean json;

    @Spec
    private CommandSpec command;

    /** What is asked: checked, filled in. */
    public abstract ObjectNode request();

    /** What the host calls it. */
    public String verb() {
        return command.name();
    }

    /** How long what is asked may wait for kernels. */
    public long waitMillis() {
        return 0;
    }

    /** Prints what came of it, for people: the states of the instances. */
    public void print(JsonNode result) {
        StatusText.states(result, System.out);
    }

    @Override
    public Integer call() throws IOException {
        ObjectNode request = request();
        try (SavedMachine saved = machine.saved()) {
            if (saved != null) {
                return tell(saved(saved));
            }
        }
        try (RemoteHost host = RemoteHost.find(machine.name())) {
            ObjectNode result = ask(host, request);
            finish(host);
            return tell(result);
        }
    }

    private int tell(ObjectNode result) {
        if (json) {
            System.out.println(Json.text(json(result)));
        } else {
            print(result);
        }
        return exitCode(result).code();
    }

    /** What a host has answered when it saved its machine; only of what {@code mk inspect} has for a subcommand. */
    public ObjectNode saved(SavedMachine saved) {
        throw new IllegalStateException(verb() + " is nothing that a snapshot knows");
    }

    /** What is to be waited for after the answer. */
    public void finish(RemoteHost host) throws IOException {
    }

    /** What --json prints. */
    public JsonNode json(ObjectNode result) {
        return result;
    }

    public ExitCode exitCode(JsonNode result) {
        return ExitCode.OK;
    }

    /**
     * The user has interrupted this command while the host is at work, which does not stop the host.
     *
     * @return what the user is told
     */
    public String interrupted(RemoteHost host) {
        return "the host of machine \"" + host.directory().machine() + "\" goes on with " + verb()
            + ": mk show tells what comes of it";
    }

    private ObjectNode ask(RemoteHost host, ObjectNode request) throws IOException {
        try (InterruptNote note = new InterruptNote(() -> interrupted(host))) {
            try {
                return host.ask(verb(), request, waitMillis(), line -> {
                    (json ? System.err : System.out).println(line);
                    System.out.flush();
                });
            } finally {
                note.endIfInterrupted();
            }
        }
    }

    /** Name of the machine that was asked for, or null. */
    public final String machineName() {
        return machine.name();
    }

    /** Whether --json was given. */
    public final boolean isJson() {
        return json;
    }

    /** How many words stand behind --; -1 if there is none. */
    public final int wordsBehindDashes() {
        List<String> words = command.commandLine().getParseResult().originalArgs();
        int dashes = words.indexOf("--");
        return dashes < 0 ? -1 : words.size() - dashes - 1;
    }

    /** Refuses a command line. */
    public final void require(boolean good, String message) {
        if (!good) {
            throw new ParameterException(command.commandLine(), message);
        }
    }

    public static ObjectNode object() {
        return Json.object();
    }
}
