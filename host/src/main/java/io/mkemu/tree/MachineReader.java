// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.abi.IpiMode;
import io.mkemu.dts.Node;
import io.mkemu.dts.Property;
import io.mkemu.dts.Text;
import io.mkemu.dts.Tree;
import io.mkemu.dts.Value;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** Turns a tree of the "multikernel-v1" binding into a checked machine. */
final class MachineReader {

    static final String COMPATIBLE = "multikernel-v1";
    /** What kerf and the first kernels write in its place. */
    static final String LINUX_HOST = "linux,multikernel-host";
    private static final String KERF = "read as kerf's dialect, which begins with /multikernel-v1/; and has wide cells";
    static final String SLOTS = "mkemu,ipi-slots";
    static final String NR_CPUS = "nr-cpus";
    static final String HOST_CPU = "mkemu,host-cpu";
    static final String IPI = "ipi";
    static final String IPI_LOG = "ipi-log";
    private static final String COMPATIBLE_EXAMPLE = "compatible = \"" + COMPATIBLE + "\";";
    private static final String IPI_EXAMPLE = "ipi = \"single-slot\";";
    private static final String IPI_LOG_EXAMPLE = "ipi-log = \"rfc\";";
    private static final String NR_CPUS_EXAMPLE = "nr-cpus = <64>;";
    private static final String SLOTS_EXAMPLE = "mkemu,ipi-slots = <64>;";

    private final String file;
    private final KernelReader kernel;
    private final KeptReader kept = new KeptReader();

    MachineReader(String file, Path baseDir) {
        this.file = file;
        this.kernel = new KernelReader(baseDir);
    }

    MachineSpec read(Tree tree) {
        NodeReader root = new NodeReader(file, "/", tree.root());
        boolean linux = checkCompatible(root).equals(LINUX_HOST);
        root.allow(Set.of("compatible", KernelReader.MODULES, HOST_CPU, SLOTS, NR_CPUS, IPI, IPI_LOG),
            Set.of("resources", "chosen", "instances"), KeptReader.ROOT);
        kept.keep(root, KeptReader.ROOT);
        CellWidths widths = CellWidths.read(root, isOfKernel(root, tree, linux));
        ResourceReader.Resources pool = ResourceReader.read(root, true, widths, kept);
        HostSpec host = new HostSpec(kernel.bootargs(root), kernel.modules(root),
                linux ? outside(hostCpu(root), pool) : hostCpu(root));
        OptionalInt slots = slots(root);
        OptionalInt nrCpus = nrCpus(root);
        boolean ipiLog = ipiLog(root);
        List<InstanceSpec> instances = instances(root, widths);
        MachineSpec machine = new MachineSpec(file, pool.cpus(), pool.apicIds(), pool.memoryBytes(),
                pool.memoryBase(), host, instances, slots, nrCpus, ipi(root), ipiLog,
                kept.kept(tree.dialect() == Tree.Dialect.KERF ? KERF : ""), root.places());
        new PartitionCheck(machine).run();
        return machine;
    }

    /** The first of the names that the binding has. */
    private static String checkCompatible(NodeReader root) {
        Property property = root.require("compatible", COMPATIBLE_EXAMPLE);
        List<Value.Str> strings = root.strings(property, COMPATIBLE_EXAMPLE);
        return strings.stream().map(Value.Str::text).filter(Set.of(COMPATIBLE, LINUX_HOST)::contains).findFirst()
                .orElseThrow(() -> root.error(strings.getFirst().position(), "'compatible' is \""
                        + Text.printable(strings.getFirst().text()) + "\", expected \"" + COMPATIBLE + "\" or \""
                        + LINUX_HOST + "\""));
    }

    /** Whether two cells can be one CPU: so it is in what the kernel writes and in what kerf compiles. */
    private static boolean isOfKernel(NodeReader root, Tree tree, boolean linux) {
        boolean hasChunks = root.child("resources")
                .filter(resources -> !resources.children(ResourceReader.CHUNK).isEmpty()).isPresent();
        return switch (tree.dialect()) {
            case SOURCE -> hasChunks;
            case COMPILED -> hasChunks || linux;
            case KERF -> false;
        };
    }

    /** The pool of a Linux host does not hold the CPU that the host itself runs on. */
    private static OptionalInt outside(OptionalInt said, ResourceReader.Resources pool) {
        return said.isPresent() ? said : IntStream.range(0, MachineSpec.MAX_CPUS)
                .filter(cpu -> !pool.cpus().contains(cpu) && !pool.apicIds().contains(cpu)).findFirst();
    }

    private OptionalInt slots(NodeReader root) {
        Optional<Property> property = root.property(SLOTS);
        if (property.isEmpty()) {
            return OptionalInt.empty();
        }
        Value.Cell cell = root.cell(property.get(), SLOTS_EXAMPLE);
        long slots = cell.value();
        if (!MachineSpec.isSlots(slots)) {
            throw root.error(cell.position(), "'mkemu,ipi-slots' is " + Text.printable(cell.text())
                    + ", expected " + MachineSpec.SLOTS);
        }
        root.note(SLOTS, List.of(cell.position()));
        return OptionalInt.of((int) slots);
    }

    private OptionalInt nrCpus(NodeReader root) {
        Optional<Property> property = root.property(NR_CPUS);
        if (property.isEmpty()) {
            return OptionalInt.empty();
        }
        Value.Cell cell = root.cell(property.get(), NR_CPUS_EXAMPLE);
        if (cell.value() < 1 || cell.value() > MachineSpec.MAX_CPUS) {
            throw root.error(cell.position(), "'nr-cpus' is " + Text.printable(cell.text()) + ", expected 1.."
                    + MachineSpec.MAX_CPUS + ", above every physical id");
        }
        root.note(NR_CPUS, List.of(cell.position()));
        return OptionalInt.of((int) cell.value());
    }

    private static OptionalInt hostCpu(NodeReader root) {
        Optional<Property> property = root.property(HOST_CPU);
        if (property.isEmpty()) {
            return OptionalInt.empty();
        }
        Value.Cell cell = root.cell(property.get(), HOST_CPU + " = <0>;");
        if (Long.compareUnsigned(cell.value(), MachineSpec.MAX_CPUS) >= 0) {
            throw root.error(cell.position(), "'" + HOST_CPU + "' is " + Text.printable(cell.text())
                    + ", expected a CPU in 0.." + (MachineSpec.MAX_CPUS - 1));
        }
        root.note(HOST_CPU, List.of(cell.position()));
        return OptionalInt.of((int) cell.value());
    }

    private static boolean ipiLog(NodeReader root) {
        Optional<Property> property = root.property(IPI_LOG);
        if (property.isEmpty()) {
            return false;
        }
        Value.Str log = root.string(property.get(), IPI_LOG_EXAMPLE);
        if (!"rfc".equals(log.text())) {
            throw root.error(log.position(), "'ipi-log' is " + Text.quote(log.text())
                    + ", expected \"rfc\"; without it the kernel logs have mkemu's lines only");
        }
        root.note(IPI_LOG, List.of(log.position()));
        return true;
    }

    private static IpiMode ipi(NodeReader root) {
        Optional<Property> property = root.property(IPI);
        if (property.isEmpty()) {
            return IpiMode.QUEUED;
        }
        Value.Str mode = root.string(property.get(), IPI_EXAMPLE);
        try {
            return IpiMode.of(mode.text());
        } catch (IllegalArgumentException wrong) {
            throw root.error(mode.position(), "'ipi' is " + Text.quote(mode.text())
                    + ", expected \"queued\" or \"single-slot\"");
        }
    }

    private List<InstanceSpec> instances(NodeReader root, CellWidths widths) {
        List<InstanceSpec> instances = new ArrayList<>();
        Optional<NodeReader> parent = root.child("instances");
        if (parent.isEmpty()) {
            return instances;
        }
        for (Property property : parent.get().node().properties()) {
            throw parent.get().error(property.position(), "unknown property " + Text.quote(property.name())
                    + " in /instances: it holds only nodes, one per instance, as web-server { id = <1>; ... };");
        }
        InstanceReader reader = new InstanceReader(kernel, widths, kept);
        for (Node child : parent.get().node().children()) {
            instances.add(reader.read(new NodeReader(file, "/instances/" + child.name(), child)));
        }
        return instances;
    }
}
