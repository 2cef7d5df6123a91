// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemoTreeTest {
    private static final MachineSpec TREE = MachineSpec.parse("demo.dts", """
        /dts-v1/;
        / { compatible = "multikernel-v1";
          resources { cpus = <0 1 2>; memory-bytes = <0x800000>; };
          instances {
            web { id = <1>; resources { cpus = <1>; memory-bytes = <0x200000>; };
              mkemu,modules = "demo"; mkemu,jvm-options = "-Xmx64m", "-ea"; restart = "on-failure";
              chosen { bootargs = "demo.types=2"; };
            };
            db { id = <2>; resources { cpus = <2>; memory-bytes = <0x200000>; }; mkemu,modules = "demo"; };
          };
        };
        """, Path.of("/"));

    @Test
    void whatATreeGivesAnInstanceIsKept() {
        List<InstanceSpec> kernels = DemoTree.of(TREE, null, 10, "halt").instances();
        assertEquals(List.of(TREE.instances().getFirst().with(List.of("demo"),
            "demo.types=2 demo.messages=10 idle=halt", TREE.instances().getFirst().restart()),
            TREE.instances().getLast().with(List.of("demo"), "demo.messages=10 idle=halt",
                TREE.instances().getLast().restart())), kernels);
        assertEquals(List.of("-Xmx64m", "-ea"), kernels.getFirst().jvmOptions());
    }

    @Test
    void moreInstancesAreOfTheSameMake() {
        List<InstanceSpec> kernels = DemoTree.of(TREE, 3, 10, null).instances();
        assertEquals(List.of("web", "db", "web-3"), kernels.stream().map(InstanceSpec::name).toList());
        assertEquals(List.of(List.of("-Xmx64m", "-ea"), List.of(), List.of("-Xmx64m", "-ea")),
            kernels.stream().map(InstanceSpec::jvmOptions).toList());
        assertEquals(kernels.getFirst().restart(), kernels.getLast().restart());
        assertEquals(List.of(3), kernels.getLast().cpus());
    }
}
