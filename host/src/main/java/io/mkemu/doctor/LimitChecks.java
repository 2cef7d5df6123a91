// SPDX-License-Identifier: Apache-2.0
package io.mkemu.doctor;

import io.mkemu.os.Cgroups;
import io.mkemu.os.ResourceLimit;
import java.util.List;

/** Checks of the limits of this process and of its control groups. Stateless; any thread; throws nothing. */
final class LimitChecks {
    private static final long MIB = 1L << 20;
    /** A JVM opens its jars and a file and a socket for each instance. */
    private static final long LEAST_FILES = 60;
    private static final long GOOD_FILES = 512;
    /** A host and two instances ran with 60 threads on two CPUs, and not with 40. */
    private static final long LEAST_TASKS = 60;
    private static final long GOOD_TASKS = 500;
    private static final long LEAST_MEMORY = 256 * MIB;
    private static final long GOOD_MEMORY = 512 * MIB;
    private static final long LEAST_FILE_SIZE = 64 * MIB;

    private LimitChecks() {
    }

    static List<Finding> own() {
        Cgroups groups = Cgroups.own();
        return List.of(openFiles(ResourceLimit.OPEN_FILES.value()), fileSize(ResourceLimit.FILE_SIZE.value()),
            processes(ResourceLimit.PROCESSES.value()), addressSpace(ResourceLimit.ADDRESS_SPACE.value()),
            Finding.ok("cgroup", groups.version()), memory(groups.memory()), pids(groups.pids()));
    }

    static Finding openFiles(long limit) {
        return judge("nofile", limit, "open files", LEAST_FILES, GOOD_FILES, ResourceLimit.OPEN_FILES);
    }

    static Finding processes(long limit) {
        return judge("nproc", limit, "processes and threads of this user", LEAST_TASKS, GOOD_TASKS,
            ResourceLimit.PROCESSES);
    }

    private static Finding judge(String check, long limit, String what, long least, long good, ResourceLimit kind) {
        if (limit == ResourceLimit.UNLIMITED) {
            return Finding.ok(check, "no limit");
        }
        String found = limit + " " + what;
        String remedy = "raise it: " + kind.command() + " " + good + " or more";
        return limit < least ? Finding.problem(check, found, remedy)
            : limit < good ? Finding.warning(check, found + ": enough for small machines", remedy)
            : Finding.ok(check, found);
    }

    static Finding fileSize(long limit) {
        if (limit == ResourceLimit.UNLIMITED) {
            return Finding.ok("fsize", "no limit");
        }
        String found = "files of at most " + limit / MIB + " MiB, and a machine's RAM is one file";
        String remedy = "raise it: " + ResourceLimit.FILE_SIZE.command() + " unlimited";
        return limit < LEAST_FILE_SIZE ? Finding.problem("fsize", found, remedy)
            : Finding.warning("fsize", found, remedy);
    }

    private static Finding addressSpace(long limit) {
        return limit == ResourceLimit.UNLIMITED ? Finding.ok("addressspace", "no limit")
            : Finding.warning("addressspace", limit / MIB + " MiB: JVMs reserve gigabytes that they do not use",
            "lift it: " + ResourceLimit.ADDRESS_SPACE.command() + " unlimited");
    }

    static Finding memory(Cgroups.Limit limit) {
        if (!limit.isSet()) {
            return Finding.ok("memory", "no limit of a control group");
        }
        long used = Math.max(0, limit.used());
        long left = limit.value() - used;
        /* What is used holds caches too, that the kernel takes back. */
        String found = limit.value() / MIB + " MiB, " + used / MIB + " used (" + limit.file() + ")";
        String remedy = "raise the limit (docker run --memory, systemd-run -p MemoryMax=), or make small machines";
        return limit.value() < LEAST_MEMORY ? Finding.problem("memory", found + ": a host and two instances need "
            + LEAST_MEMORY / MIB, remedy) : left < GOOD_MEMORY ? Finding.warning("memory", found, remedy)
            : Finding.ok("memory", found);
    }

    static Finding pids(Cgroups.Limit limit) {
        if (!limit.isSet()) {
            return Finding.ok("pids", "no limit of a control group");
        }
        long left = limit.value() - Math.max(0, limit.used());
        String found = left + " more processes and threads of " + limit.value() + " (" + limit.file() + ")";
        String remedy = "raise the limit (docker run --pids-limit, systemd-run -p TasksMax=)";
        return left < LEAST_TASKS ? Finding.problem("pids", found, remedy)
            : left < GOOD_TASKS ? Finding.warning("pids", found + ": enough for small machines", remedy)
            : Finding.ok("pids", found);
    }
}
