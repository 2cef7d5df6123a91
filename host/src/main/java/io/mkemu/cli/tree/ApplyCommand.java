// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.tree;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.StatusText;
import io.mkemu.cli.type.VerbCommand;
import io.mkemu.tree.Overlay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk apply}: an overlay. */
@Command(name = "apply", mixinStandardHelpOptions = true, header = "Applies a device tree overlay.", description = {
    "Makes and removes the instances that an overlay names, and moves their CPUs and memory, all or nothing, as one "
        + "transaction; those that are made are ready then. Devices are not emulated."},
    footer = {"", "Example: mk apply web.dtso --machine lab"})
public final class ApplyCommand extends VerbCommand {
    @Parameters(paramLabel = "FILE", description = "Overlay, .dtso or .dtbo, or - for stdin.")
    private String file;

    @Option(names = "--dry-run", description = "Check all of it, show what it would do, change nothing.")
    private boolean dryRun;

    @Override
    public ObjectNode request() {
        try {
            Overlay overlay = file.equals("-") ? Overlay.read("stdin", System.in) : Overlay.read(Path.of(file));
            if (!overlay.unused().isEmpty()) {
                System.err.println("mk: " + file + ": note: not emulated: " + String.join(", ", overlay.unused()));
            }
            return object().put("overlay", overlay.source()).put("file", file).put("dryRun", dryRun);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("stdin cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }

    @Override
    public long waitMillis() {
        return KERNELS_MILLIS;
    }

    @Override
    public void print(JsonNode result) {
        result.path("removed").forEach(name -> System.out.println(name.asText() + ": removed"));
        result.path("instances").forEach(one -> System.out.println(StatusText.resources(one)));
        System.out.println(dryRun ? "dry run, nothing is changed" : result.path("tx").asText() + ": applied");
    }
}
