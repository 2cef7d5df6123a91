// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.look;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.cli.type.MemorySize;
import io.mkemu.cli.type.VerbCommand;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mk snapshot}: saves a machine in a file. */
@Command(name = "snapshot", mixinStandardHelpOptions = true,
    header = "Saves a machine's RAM and tables in a file.", description = {
    "Saves a machine's RAM and tables in a file that mk inspect reads. All kernels stand still while the RAM is "
        + "copied, and those that ran go on then; those that mk pause has stopped stay stopped."},
    footer = {"", "Example: mk snapshot lab.mksnap"})
public final class SnapshotCommand extends VerbCommand {
    /* A pool of 126 GiB that is full, on a slow disk. */
    private static final long MOST_MILLIS = TimeUnit.HOURS.toMillis(1);

    @Parameters(paramLabel = "FILE", description = "The file; it holds what the kernels' memory holds, so only its "
        + "owner may read it.")
    private Path file;

    @Option(names = "--force", description = "Replace FILE if there is one.")
    private boolean force;

    @Override
    public ObjectNode request() {
        return object().put("file", file.toAbsolutePath().normalize().toString()).put("force", force);
    }

    @Override
    public long waitMillis() {
        return MOST_MILLIS;
    }

    @Override
    public void print(JsonNode result) {
        System.out.println(String.format(Locale.ROOT, "%s: %s of %s RAM, the kernels stood still for %.0f ms", file,
            MemorySize.text(result.path("bytes").asLong()), MemorySize.text(result.path("ram").asLong()),
            result.path("stoodMillis").asDouble()));
        result.path("notes").forEach(note -> System.out.println("note: " + note.asText()));
    }
}
