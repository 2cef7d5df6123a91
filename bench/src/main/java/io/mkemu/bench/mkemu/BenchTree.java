// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

import io.mkemu.abi.IpiMode;
import io.mkemu.tree.MachineSpec;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The machine that is measured: a host that pings and receives on CPU 0, and instances on the CPUs after it, each on
 * one.
 */
public final class BenchTree {
    /**
     * A module in C.
     *
     * @param file   the shared object
     * @param kernel that runs it: native or jvm
     */
    record FarModule(Path file, String kernel) {
    }

    private static final String ROOT = """
        /dts-v1/;
        / { compatible = "multikernel-v1"; ipi = "%s"; %s
          resources { cpus = <%s>; memory-bytes = <0x%x>; };
          mkemu,modules = "%s"; chosen { bootargs = "idle=%s"; };
          instances {
        %s  };
        };
        """;
    private static final String INSTANCE = """
            s%1$d { id = <%1$d>; resources { cpus = <%1$d>; memory-bytes = <0x%4$x>; };
              mkemu,modules = "%2$s"; chosen { bootargs = "idle=%3$s%5$s"; };
            };
        """;

    /* Holds the IPI area of a machine with more than 200 CPUs. */
    private static final long INSTANCE_BYTES = 0x200000;
    /* A small machine has lanes as deep as the rings of the others, about: a sender that shares a core fills a lane
       each time it runs. */
    private static final int FEW_CPUS = 8;
    private static final long DEEP_BYTES = 0x1800000;
    private static final String DEEP = "mkemu,ipi-slots = <8192>;";

    private BenchTree() {
    }

    /** Name of an instance, from 1. */
    static String instance(int id) {
        return "s" + id;
    }

    /**
     * The tree.
     *
     * @param cpus      of the machine, more than it has instances
     * @param instances that it is made with; none runs
     * @param far       what they load in the place of the benchmark's own module; null for that
     */
    static MachineSpec of(IpiMode mode, String idle, int cpus, int instances, FarModule far) {
        String own = jar().toString();
        return far == null ? of(mode, own, own, "", idle, cpus, instances)
            : of(mode, own, far.file().toString(), " kernel=" + far.kernel(), idle, cpus, instances);
    }

    /** One whose kernels run built-in modules. */
    public static MachineSpec of(IpiMode mode, String module, String idle, int cpus, int instances) {
        return of(mode, module, module, "", idle, cpus, instances);
    }

    private static MachineSpec of(IpiMode mode, String module, String theirs, String more, String idle, int cpus,
        int instances) {
        boolean deep = mode == IpiMode.QUEUED && cpus <= FEW_CPUS;
        long bytes = deep ? DEEP_BYTES : INSTANCE_BYTES;
        StringBuilder all = new StringBuilder();
        for (int id = 1; id <= instances; id++) {
            all.append(String.format(Locale.ROOT, INSTANCE, id, theirs, idle, bytes, more));
        }
        String numbers = IntStream.range(0, cpus).mapToObj(String::valueOf).collect(Collectors.joining(" "));
        return MachineSpec.parse("bench.dts", String.format(Locale.ROOT, ROOT, mode,
            deep ? DEEP : "", numbers, instances * bytes, module, idle, all), Path.of("/"));
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
