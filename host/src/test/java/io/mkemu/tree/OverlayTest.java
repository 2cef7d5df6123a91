// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.DeviceTreeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverlayTest {
    private static final String OVERLAY = """
        /dts-v1/;
        /plugin/;
        / {
            compatible = "linux,multikernel-overlay";
            fragment@a {
                target-path = "/instances";
                __overlay__ {
                    instance-remove { instance-name = "old"; };
                    instance-create {
                        instance-name = "new";
                        id = <9>;
                        resources { cpus = <0x0 0x4  0x0 0x5>; memory-bytes = <0x0 0x200000>; numa-nodes = <0>; };
                    };
                };
            };
            fragment@2 {
                __overlay__ { instance-create {
                    instance-name = "first"; resources { cpus = <7>; memory-bytes = <4096>; };
                }; };
            };
        };
        """;
    private static final List<Overlay.Change> CHANGES = List.of(
            new Overlay.Create(new InstanceSpec(0, "first", List.of(7), 4096, "", List.of())),
            new Overlay.Create(new InstanceSpec(9, "new", List.of(4, 5), 0x200000, "", List.of())),
            new Overlay.Remove("old"));

    /** Fragments in order of their addresses; in one, what is made before what is removed. */
    @Test
    void changesAreInTheKernelsOrder() {
        Overlay overlay = Overlay.parse("o.dtso", OVERLAY);
        assertEquals(CHANGES, overlay.changes());
        assertEquals(List.of("/fragment@a/__overlay__/instance-create/resources/numa-nodes"), overlay.unused());
        assertTrue(overlay.source().chars().noneMatch(Character::isISOControl), overlay.source());
        assertEquals(CHANGES, Overlay.parse("again", overlay.source()).changes());
    }

    @Test
    @ExtendWith(Dtc.class)
    void aCompiledOverlayIsTheSame(@TempDir Path directory) throws Exception {
        Path file = Files.write(directory.resolve("o.dtbo"), Dtc.compile(OVERLAY, "-@"));
        assertEquals(CHANGES, Overlay.read(file).changes());
        Path labelled = Files.write(directory.resolve("l.dtbo"),
                Dtc.compile("/dts-v1/; /plugin/; &pool { x; };", "-@"));
        String message = assertThrows(DeviceTreeException.class, () -> Overlay.read(labelled)).getMessage();
        assertTrue(message.contains("refers to labels of another tree (__fixups__)"), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        "linux,multikernel-overlay" | §"multikernel-v1" | 'compatible' is "multikernel-v1", expected "linux,multi
        fragment@2                  | §fragment@x       | the address of 'fragment@x' is no hexadecimal number
        fragment@2                  | §part@2           | unknown node 'part@2'
        "/instances"                | §"/memory"        | 'target-path' is '/memory', expected "/instances"
        target-path                 | §target           | 'target' is the label of a node of another tree
        "/instances";               | "/instances/old"; | instances are made and removed in /instances
        instance-remove             | §device-remove    | 'device-remove' moves a device, and mkemu emulates none
        instance-remove             | §instance-rename  | unknown node 'instance-rename'
        instance-name = "old";      | ``                | lacks the property 'instance-name'
        "old"                       | §"o/d"            | instance name 'o/d' is not legal
        id = <9>;                   | id = <§0>;        | 'id' is 0, which is the host
        id = <9>;                   | §di = <9>;        | unknown property 'di'
        <4096>                      | <§4095>           | 'memory-bytes' is 4095, expected a multiple of 4096
        """)
    void refuses(String right, String wrong, String words) {
        assertTrue(OVERLAY.contains(right), right);
        String marked = OVERLAY.replace(right, wrong);
        String message = assertThrows(DeviceTreeException.class,
                () -> Overlay.parse("o.dtso", marked.replace("§", ""))).getMessage();
        assertTrue(message.contains(words), message);
        int mark = marked.indexOf('§');
        if (mark >= 0) {
            String before = marked.substring(0, mark);
            assertTrue(message.startsWith("o.dtso:" + (1 + before.chars().filter(c -> c == '\n').count()) + ":"
                    + (mark - before.lastIndexOf('\n')) + ": "), message);
        }
    }

    private static final String MOVES = """
        /dts-v1/;
        /plugin/;
        / {
            fragment@0 { target-path = "/instances/web"; __overlay__ {
                cpu-add { mk,instance = "web"; cpu@4 { reg = <0x0 4>; numa-node = <0>; }; cpu@5 { reg = <5>; }; };
                cpu-remove { cpu@1 { reg = <1>; }; };
                memory-add { mk,instance = "web"; region@0 { reg = <0x0 0x40000000 0x0 0x200000>; }; };
                memory-remove { region@0 { size = <0x100000>; }; region@1 { reg = <0x1000 0x2000>; }; };
            }; };
            fragment@1 { target-path = "/resources"; __overlay__ {
                cpu-remove { mk,instance = "db"; cpu@2 { reg = /bits/ 64 <2>; }; };
                memory-add { mk,instance = "web"; region@0 { size = <0x1000>; }; };
            }; };
        };
        """;
    private static final List<Overlay.Change> UPDATES = List.of(
            new Overlay.Update("web", List.of(4, 5), List.of(1), 0x200000, 0x102000),
            new Overlay.Update("web", List.of(), List.of(), 0x1000, 0),
            new Overlay.Update("db", List.of(), List.of(2), 0, 0));

    /** All of one instance in a fragment are one change, in whatever order and of whatever width they are written. */
    @Test
    @ExtendWith(Dtc.class)
    void cpusAndMemoryMove(@TempDir Path directory) throws Exception {
        assertEquals(UPDATES, Overlay.parse("o.dtso", MOVES).changes());
        assertEquals(UPDATES, Overlay.read(Files.write(directory.resolve("o.dtbo"), Dtc.compile(MOVES, "-@")))
                .changes());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        mk,instance = "db"; | ``                  | lacks the property 'mk,instance'
        mk,instance = "web"; cpu@4 | mk,instance = "db"; cpu@4 | but the fragment's target is instance 'web'
        cpu@5 { reg = <5>   | cpu@5 { reg = <4>   | CPU 4 is named twice in 'cpu-add'
        cpu@1 { reg = <1>   | cpu@1 { reg = <1024> | 'reg' is no CPU, expected one in 0..1023
        cpu@1 { reg = <1>   | cpu@1 { reg = <1 2> | 'reg' is no CPU, expected one in 0..1023
        cpu@1 { reg = <1>; }; | ``                | 'cpu-remove' names nothing: add cpu@4 { reg = <4>; };
        <0x1000 0x2000>     | <0x1000 0x2001>     | the size of 'region@1' is 0x2001, expected a multiple of 4096
        size = <0x1000>     | length = <0x1000>   | unknown property 'length'
        """)
    void refusesMoves(String right, String wrong, String words) {
        assertTrue(MOVES.contains(right), right);
        String message = assertThrows(DeviceTreeException.class,
                () -> Overlay.parse("o.dtso", MOVES.replace(right, wrong))).getMessage();
        assertTrue(message.contains(words), message);
    }

    @Test
    void anOverlayIsNoMachineAndAMachineNoOverlay() {
        String message = assertThrows(DeviceTreeException.class,
                () -> MachineSpec.parse("o.dtso", OVERLAY, Marked.BASE)).getMessage();
        assertTrue(message.startsWith("o.dtso:5:5: this is an overlay"), message);
        assertThrows(DeviceTreeException.class, () -> Overlay.parse("m.dts", Trees.GOOD));
        message = assertThrows(DeviceTreeException.class,
                () -> Overlay.parse("e.dtso", "/dts-v1/; /plugin/; / { };")).getMessage();
        assertTrue(message.contains("the overlay has no fragment"), message);
    }
}
