// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.snapshot;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.cli.type.StatusText;
import io.mkemu.host.TestHost;
import io.mkemu.host.view.InstanceNames;
import io.mkemu.host.view.LogText;
import io.mkemu.json.Json;
import io.mkemu.log.KernelLog;
import io.mkemu.log.KernelLogReader;
import io.mkemu.machine.InterruptTable;
import io.mkemu.machine.Iomem;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.table.InstanceEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A machine without kernels, in which something is in all tables, and files that it is saved in. */
final class SavedBox implements AutoCloseable {
    static final String SHOW = """
        {"machine":{"name":"box","state":"active","ipi":"queued","cpus":[0,1],"freeCpus":[],"memory":4096,
        "freeMemory":0,
        "pid":1,"upMillis":1500,"unemulated":["pci0"]},"instances":[{"id":1,"name":"web","state":"failed","detail":"",
        "reason":"why","pid":12,"cpus":[1],"hostCpus":[0],"plannedHostCpus":[1],"memory":1048576,"life":3,
        "restart":"never","restarts":0,"kernel":"jvm","jvmOptions":[],"modules":["echo"],"cmdline":"idle=halt",
        "bootMillis":{"fork":1.5},"counters":{"sent":3}}]}""".replace("\n", "");

    private final TestHost box;
    private final Path ram;

    SavedBox() {
        box = TestHost.make();
        ram = box.machine().directory().ram();
        try (InstancePool pool = box.mapped().poolOf(box.entry(1))) {
            pool.alloc(3 * TestHost.PAGE, TestHost.PAGE);
            pool.alloc(TestHost.PAGE, 8 * TestHost.PAGE);
        }
        box.apic(1).count(Counter.HALTS, 4711);
        box.entry(1).typeNames().name(7, "echo.request");
        KernelLog log = new KernelLog(box.memory(), 1);
        for (int line = 0; line < 40; line++) {
            log.append(line % 8, 1, "line " + line + " of web");
        }
    }

    TestHost box() {
        return box;
    }

    Path ram() {
        return ram;
    }

    MappedMachine machine() {
        return box.mapped();
    }

    static SavedStatus said() throws IOException {
        ObjectNode said = Json.object().put("machine", "box").put("mkemu", "0.1.0").put("host", "lab")
            .put("unixMillis", 1_796_000_000_000L).put("tree", "/dts-v1/;");
        said.putArray("notes").add("db ran on");
        said.set("show", Json.read(SHOW.getBytes(StandardCharsets.UTF_8)));
        return SavedStatus.of(said);
    }

    static long write(Path ram, byte[] said, Path to) throws IOException {
        try (FileChannel channel = FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
            return SnapshotWriter.write(ram, said, channel);
        }
    }

    /** All that the commands print of a machine, but for what its host says. */
    static String text(MappedMachine machine) {
        StringBuilder text = new StringBuilder();
        Iomem map = Iomem.of(machine);
        text.append(map.tree()).append(map.problems()).append(InterruptTable.text(InterruptTable.read(machine)));
        for (InstanceEntry entry : InstanceNames.all(machine)) {
            KernelLogReader log = new KernelLogReader(machine.memory(), entry.id());
            for (KernelLogReader.Line line = log.poll(); line != null; line = log.poll()) {
                text.append(LogText.of(line.nanos(), line.text())).append('\n');
            }
            text.append(log.missedBytes());
        }
        return text.toString();
    }

    /** What mk show prints of it. */
    static String text(SavedStatus said) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StatusText.print(said.show(), true, new PrintStream(out, false, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8) + Json.text(said.json()) + List.of(said.notes());
    }

    @Override
    public void close() throws IOException {
        box.close();
    }
}
