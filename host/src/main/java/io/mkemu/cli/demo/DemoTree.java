// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.demo;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.tree.HostSpec;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** The demo's device tree: examples/demo.dts, or more instances of the same make. */
final class DemoTree {
    static final int MAX_INSTANCES = 64;
    static final int MAX_MESSAGES = 100_000_000;

    private DemoTree() {
    }

    /** The tree; its parameters are put behind those that are in it, so they win. */
    static MachineSpec of(Integer instances, int messages, String idle) {
        Path file = Path.of(System.getProperty("mkemu.home", "."), "examples", "demo.dts");
        if (!Files.isReadable(file)) {
            throw new MachineException(ExitCode.INTERNAL, file + " is missing; start mkemu with scripts/mk");
        }
        return of(MachineSpec.read(file), instances, messages, idle);
    }

    static MachineSpec of(MachineSpec tree, Integer instances, int messages, String idle) {
        String added = " demo.messages=" + messages + (idle == null ? "" : " idle=" + idle);
        List<InstanceSpec> kernels = instances == null ? tree.instances() : copies(tree, instances);
        List<InstanceSpec> told = kernels.stream().map(kernel -> kernel.with(kernel.modules(),
            (kernel.bootargs() + added).strip(), kernel.restart())).toList();
        List<Integer> cpus =
            instances == null ? tree.cpus() : IntStream.rangeClosed(0, instances).boxed().toList();
        return MachineSpec.of(cpus, told.stream().mapToLong(InstanceSpec::memoryBytes).sum(),
            new HostSpec((tree.host().bootargs() + added).strip(), tree.host().modules()), told, tree.ipiSlots(),
            tree.ipi());
    }

    private static List<InstanceSpec> copies(MachineSpec tree, int count) {
        List<InstanceSpec> makes = tree.instances();
        return IntStream.rangeClosed(1, count).mapToObj(id -> {
            InstanceSpec make = makes.get((id - 1) % makes.size());
            return new InstanceSpec(id, id <= makes.size() ? make.name() : make.name() + "-" + id, List.of(id),
                make.memoryBytes(), make.bootargs(), make.modules(), make.external(), make.restart(), make.jvmOptions(),
                make.places());
        }).toList();
    }
}
