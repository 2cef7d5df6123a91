// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.boot.ModulePath;
import io.mkemu.os.Affinity;
import io.mkemu.os.OsProcess;
import io.mkemu.tree.InstanceSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The container that an instance runs in, as {@code docker run} makes it. In it the machine lies at the same path as
 * for the host, and the user is the host's.
 *
 * @param image  of mkemu
 * @param volume that the machine lies on: a volume's name, or the absolute path of a directory of the Docker host
 */
public record ContainerRun(String image, String volume) {
    /** Of the JVM; the pages of the machine's RAM were charged to the host when that made them. */
    private static final String MEMORY = "256m";
    private static final int MAX_PIDS = 128;
    /** What an instance's name may have and a container's may not. */
    private static final Pattern NO_NAME = Pattern.compile("[^A-Za-z0-9_.-]");

    /** Whether the volume is a directory, and paths here may be paths of the Docker host too. */
    private boolean isBind() {
        return volume.startsWith("/");
    }

    /** The command that runs an instance, as a shell takes it. */
    String command(Machine machine, InstanceSpec spec, KernelKind kernel, String cmdline) {
        Path directory = machine.directory().path();
        BitSet hostCpus = new BitSet();
        machine.physical(spec.cpus()).forEach(cpu -> hostCpus.set(machine.cpus().hostCpu(cpu)));
        List<String> words = new ArrayList<>(List.of("docker", "run", "--rm", "--name",
            "mkemu-" + machine.directory().machine() + "-" + NO_NAME.matcher(spec.name()).replaceAll("-"),
            "--network", "none", "--cpuset-cpus",
            Affinity.list(hostCpus), "--memory", MEMORY, "--pids-limit", Integer.toString(MAX_PIDS), "--read-only",
            "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--no-healthcheck", "--user",
            OsProcess.uid() + ":" + OsProcess.gid(), "--mount",
            "type=" + (isBind() ? "bind" : "volume") + ",src=" + volume + ",dst=" + directory.getParent()));
        if (isBind()) {
            spec.modules().stream().filter(ModulePath::isPath).forEach(file -> words.addAll(List.of("--mount",
                "type=bind,src=" + file + ",dst=" + file + ",readonly")));
        }
        words.addAll(List.of(image, kernel == KernelKind.NATIVE ? "native" : "instance", directory.toString(),
            Integer.toString(spec.id()), cmdline));
        words.addAll(spec.modules());
        return ExternalProcess.quote(words);
    }
}
