// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.machine.MachineDirectory;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How whoever is to join an external instance is told to. */
public final class JoinFormat {
    /** Set in mkemu's image: the name it was built under. */
    static final String IMAGE_VARIABLE = "MKEMU_IMAGE";
    /** Only whoever starts the host's container knows it; no process in there can find it out. */
    static final String VOLUME_VARIABLE = "MKEMU_VOLUME";

    @Option(names = "--format", paramLabel = "FORMAT", description = "How to say what joins an external instance: "
        + "text (the default), or docker: the docker run line of a container that does.")
    private String name = "text";

    @Option(names = "--image", paramLabel = "IMAGE", description = "mkemu's image, for --format docker; default "
        + "$MKEMU_IMAGE, which the image itself sets, or mkemu:latest.")
    private String image;

    @Option(names = "--volume", paramLabel = "VOLUME", description = "The volume that the machine lies on, or the "
        + "absolute path of a directory of the Docker host, for --format docker; default $MKEMU_VOLUME, or for a host "
        + "in no container the directory itself.")
    private String volume;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Adds it to a request. */
    public void putInto(ObjectNode request) {
        if (name.equals("text")) {
            require(image == null && volume == null, "--image and --volume are for --format docker");
            return;
        }
        require(name.equals("docker"), "--format " + name + " is not text or docker");
        Map<String, String> environment = System.getenv();
        String inImage = environment.get(IMAGE_VARIABLE);
        String from = volume != null ? volume : environment.getOrDefault(VOLUME_VARIABLE,
            inImage == null ? MachineDirectory.base().toString() : "");
        require(!from.isEmpty(), "--format docker: which volume does the machine lie on? Name it with --volume, or set "
            + VOLUME_VARIABLE + " in the host's container");
        require(from.matches("/[^,\"\\p{Cntrl}]*|[A-Za-z0-9][A-Za-z0-9_.-]+"), "--volume " + from
            + " is neither the name of a volume nor an absolute path (without commas and quotes)");
        request.put("image", image != null ? image : inImage != null ? inImage : "mkemu:latest").put("volume", from);
    }

    private void require(boolean good, String message) {
        if (!good) {
            throw new ParameterException(command.commandLine(), message);
        }
    }
}
