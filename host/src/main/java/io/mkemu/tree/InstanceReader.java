// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.Property;
import io.mkemu.dts.Text;
import io.mkemu.dts.Value;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads one instance node and checks each value by itself. */
final class InstanceReader {

    static final String ID = "id";
    static final String EXTERNAL = "mkemu,external";
    static final String JVM_OPTIONS = "mkemu,jvm-options";
    private static final Set<String> PROPERTIES = Set.of(ID, EXTERNAL, JVM_OPTIONS, KernelReader.MODULES,
            RestartReader.RESTART, RestartReader.LIMIT, RestartReader.DELAY);
    private static final String ID_EXAMPLE = "id = <1>;";

    private final KernelReader kernel;
    private final CellWidths widths;
    private final KeptReader kept;

    InstanceReader(KernelReader kernel, CellWidths widths, KeptReader kept) {
        this.kernel = kernel;
        this.widths = widths;
        this.kept = kept;
    }

    InstanceSpec read(NodeReader node) {
        checkName(node);
        node.allow(PROPERTIES, Set.of("resources", "chosen"), KeptReader.INSTANCE);
        kept.keep(node, KeptReader.INSTANCE);
        int id = id(node);
        ResourceReader.Resources resources = ResourceReader.read(node, false, widths, kept);
        String bootargs = kernel.bootargs(node);
        List<String> modules = kernel.modules(node);
        boolean external = external(node);
        RestartPolicy restart = RestartReader.read(node, external);
        return new InstanceSpec(id, node.node().name(), resources.cpus(), resources.memoryBytes(), bootargs, modules,
                external, restart, jvmOptions(node), node.places());
    }

    private static List<String> jvmOptions(NodeReader node) {
        Optional<Property> property = node.property(JVM_OPTIONS);
        if (property.isEmpty()) {
            return List.of();
        }
        List<Value.Str> strings = node.strings(property.get(), JVM_OPTIONS + " = \"-Xmx64m\", \"-ea\";");
        node.note(JVM_OPTIONS, strings.stream().map(Value.Str::position).toList());
        return strings.stream().map(Value.Str::text).toList();
    }

    private static void checkName(NodeReader node) {
        String problem = InstanceSpec.nameProblem(node.node().name());
        if (problem != null) {
            throw node.error(node.node().position(), problem);
        }
    }

    private static boolean external(NodeReader node) {
        Optional<Property> property = node.property(EXTERNAL);
        property.ifPresent(given -> {
            if (!given.values().isEmpty()) {
                throw node.error(given.position(), "'mkemu,external' has a value, expected none: mkemu,external; makes "
                        + "the instance external, without the property mkemu starts it");
            }
            node.note(EXTERNAL, List.of(given.position()));
        });
        return property.isPresent();
    }

    private static int id(NodeReader node) {
        Value.Cell cell = node.cell(node.require(ID, ID_EXAMPLE), ID_EXAMPLE);
        if (cell.value() == 0) {
            throw node.error(cell.position(), "'id' is 0, which is the host: expected 1.."
                    + MachineSpec.MAX_INSTANCE_ID);
        }
        if (Long.compareUnsigned(cell.value(), MachineSpec.MAX_INSTANCE_ID) > 0) {
            throw node.error(cell.position(), "'id' is " + Text.printable(cell.text()) + ", expected 1.."
                    + MachineSpec.MAX_INSTANCE_ID + " (0 is the host)");
        }
        node.note(ID, List.of(cell.position()));
        return (int) cell.value();
    }
}
