// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.abi.IpiMode;
import io.mkemu.dts.CompiledTree;
import io.mkemu.dts.DeviceTree;
import io.mkemu.dts.SourceText;
import io.mkemu.dts.Text;
import io.mkemu.fdt.FdtWriter;
import java.util.List;
import java.util.stream.Collectors;

/** Writes a machine as device tree source that parses back to an equal machine. */
public final class DeviceTreeWriter {

    private final StringBuilder out = new StringBuilder();
    private int depth;
    private Kept kept = Kept.NONE;

    private DeviceTreeWriter() {
    }

    /**
     * Writes a machine; whether it is a legal one shows when the text is parsed. A relative jar path is written as it
     * is, so it parses back resolved.
     *
     * @return the text of a .dts file
     * @throws IllegalArgumentException if a module's name or path holds a comma, or a string a NUL: a tree cannot
     *                                  express them
     */
    public static String write(MachineSpec machine) {
        DeviceTreeWriter writer = new DeviceTreeWriter();
        writer.machine(machine);
        return writer.out.toString();
    }

    /**
     * Writes a machine as a compiled tree.
     *
     * @return the bytes of a .dtb file
     * @throws IllegalArgumentException as for the source
     */
    public static byte[] compile(MachineSpec machine) {
        return FdtWriter.write(CompiledTree.flatten(DeviceTree.parse(machine.file(), write(machine))));
    }

    private void machine(MachineSpec machine) {
        line("/dts-v1/;");
        out.append('\n');
        open("/");
        line("compatible = " + SourceText.quote(MachineReader.COMPATIBLE) + ";");
        modules(machine.host().modules());
        machine.host().cpu().ifPresent(cpu -> line(MachineReader.HOST_CPU + " = <" + cpu + ">;"));
        if (machine.ipi() != IpiMode.QUEUED) {
            line(MachineReader.IPI + " = \"" + machine.ipi() + "\";");
        }
        if (machine.ipiLog()) {
            line(MachineReader.IPI_LOG + " = \"rfc\";");
        }
        machine.ipiSlots().ifPresent(slots -> line(MachineReader.SLOTS + " = <" + slots + ">;"));
        machine.nrCpus().ifPresent(nrCpus -> line(MachineReader.NR_CPUS + " = <" + nrCpus + ">;"));
        kept = machine.kept();
        keptProperties("/");
        open("resources");
        cpus(machine.cpus());
        if (!machine.apicIds().isEmpty()) {
            line(ResourceReader.APIC_IDS + " = " + cells(machine.apicIds()) + ";");
        }
        machine.memoryBase().ifPresent(base -> line(ResourceReader.BASE + " = " + quantity(base) + ";"));
        line(ResourceReader.MEMORY + " = " + quantity(machine.memoryBytes()) + ";");
        keptProperties("/resources");
        keptNodes("/resources");
        close();
        bootargs(machine.host().bootargs());
        if (!machine.instances().isEmpty()) {
            open("instances");
            machine.instances().forEach(this::instance);
            close();
        }
        keptNodes("/");
        close();
    }

    private void instance(InstanceSpec instance) {
        open(instance.name());
        line(InstanceReader.ID + " = <" + instance.id() + ">;");
        if (instance.external()) {
            line(InstanceReader.EXTERNAL + ";");
        }
        if (instance.restart().onFailure()) {
            line(RestartReader.RESTART + " = " + SourceText.quote(RestartPolicy.ON_FAILURE_TEXT) + ";");
            line(RestartReader.LIMIT + " = <" + instance.restart().limit() + ">;");
            line(RestartReader.DELAY + " = <" + instance.restart().delayMillis() + ">;");
        }
        modules(instance.modules());
        strings(InstanceReader.JVM_OPTIONS, instance.jvmOptions());
        String path = "/instances/" + instance.name();
        keptProperties(path);
        open("resources");
        cpus(instance.cpus());
        line(ResourceReader.MEMORY + " = " + quantity(instance.memoryBytes()) + ";");
        keptProperties(path + "/resources");
        keptNodes(path + "/resources");
        close();
        bootargs(instance.bootargs());
        keptNodes(path);
        close();
    }

    private void keptProperties(String path) {
        kept.items().stream().filter(item -> item.path().equals(path) && !item.isNode())
                .forEach(item -> line(item.text()));
    }

    private void keptNodes(String path) {
        kept.items().stream().filter(item -> item.path().equals(path) && item.isNode())
                .forEach(item -> item.text().lines().forEach(this::line));
    }

    private void cpus(List<Integer> cpus) {
        line(ResourceReader.CPUS + " = " + cells(cpus) + ";");
    }

    private static String cells(List<Integer> values) {
        return "<" + values.stream().map(String::valueOf).collect(Collectors.joining(" ")) + ">";
    }

    private void modules(List<String> modules) {
        for (String module : modules) {
            if (module.indexOf(',') >= 0) {
                throw new IllegalArgumentException("module " + Text.quote(module)
                        + " holds a comma, which separates modules in a device tree: rename it");
            }
        }
        strings(KernelReader.MODULES, modules);
    }

    private void strings(String property, List<String> values) {
        if (!values.isEmpty()) {
            line(property + " = "
                    + values.stream().map(SourceText::quote).collect(Collectors.joining(", ")) + ";");
        }
    }

    private void bootargs(String bootargs) {
        if (!bootargs.isEmpty()) {
            open("chosen");
            line(KernelReader.BOOTARGS + " = " + SourceText.quote(bootargs) + ";");
            close();
        }
    }

    private static String quantity(long value) {
        String hex = "<0x" + Long.toHexString(value) + ">";
        return Long.compareUnsigned(value, 0xffffffffL) > 0 ? "/bits/ 64 " + hex : hex;
    }

    private void open(String name) {
        line(name + " {");
        depth++;
    }

    private void close() {
        depth--;
        line("};");
    }

    private void line(String text) {
        out.append("\t".repeat(depth)).append(text).append('\n');
    }
}
