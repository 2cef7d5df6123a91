// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.bench.contender.Commands;
import io.mkemu.boot.dt.MachineSpec;
import io.mkemu.ipi.IpiMode;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** The machine that is measured: a host that pings and receives on CPU 0, and instances on the CPUs after it. */
final class BenchTree {
    private static final String ROOT = """
        /dts-v1/;
        / { compatible = "multikernel-v1"; ipi = "%s";
          resources { cpus = <0 1 2 3 4>; memory-bytes = <0x1000000>; };
          mkemu,modules = "%s"; chosen { bootargs = "idle=%s"; };
          instances {
        %s  };
        };
        """;
    private static final String INSTANCE = """
            s%1$d { id = <%1$d>; resources { cpus = <%1$d>; memory-bytes = <0x400000>; };
              mkemu,modules = "%2$s"; chosen { bootargs = "idle=%3$s"; };
            };
        """;

    private BenchTree() {
    }

    /** Name of an instance, 1..4. */
    static String instance(int id) {
        return "s" + id;
    }

    static MachineSpec of(IpiMode mode, String idle) {
        Path jar = jar();
        StringBuilder instances = new StringBuilder();
        for (int id = 1; id <= Commands.MOST_SENDERS; id++) {
            instances.append(INSTANCE.formatted(id, jar, idle));
        }
        return MachineSpec.parse("bench.dts", ROOT.formatted(mode, jar, idle, instances), Path.of("/"));
    }

    /** The benchmark's own jar, which is also a module's. */
    private static Path jar() {
        try {
            return Path.of(BenchModule.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException wrong) {
            throw new IllegalStateException(wrong);
        }
    }
}
