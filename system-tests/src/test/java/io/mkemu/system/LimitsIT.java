// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the system lets mkemu have: system calls, processes and threads. */
class LimitsIT {
    private static final String THREADS = "no further (thread|process) can be started: ";

    /** Runs a command under a filter that refuses fallocate with an errno. */
    private static final String FILTER = """
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <stdlib.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(int count, char **args) {
            struct sock_filter steps[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fallocate, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | atoi(args[1])),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
            struct sock_fprog filter = {4, steps};
            if (count < 3 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
                return 99;
            execvp(args[2], args + 2);
            return 98;
        }
        """;

    @RegisterExtension
    final Mk mk = new Mk();

    private String filter() throws Exception {
        String cc = Objects.requireNonNullElse(System.getenv("CC"), "cc");
        assumeTrue(Procs.run("sh", "-c", "command -v " + cc + " >/dev/null"), "NO SYSTEM CALL FILTER IS TRIED: there "
            + "is no C compiler \"" + cc + "\"; install one (apt-get install gcc libc6-dev), or name it in CC");
        Path source = Files.writeString(mk.work().resolve("filter.c"), FILTER);
        Path binary = mk.work().resolve("filter");
        assertTrue(Procs.run(cc, "-o", binary.toString(), source.toString()), "the filter does not compile");
        return binary.toString();
    }

    @ParameterizedTest
    @CsvSource({"1, -EPERM", "95, -EOPNOTSUPP", "38, -ENOSYS"})
    void withoutFallocateRamIsFilledWithZerosAndTheDoctorSaysSo(String errno, String name) throws Exception {
        List<String> filtered = List.of(filter(), errno);
        MkProcess demo = mk.startWith(filtered, "demo", "--instances", 1, "--messages", 10, "--json").ends(0);
        assertTrue(demo.out().getFirst().startsWith("{\"ok\":true,"), demo::describe);
        assertEquals(List.of(), demo.err(), demo::describe);
        MkProcess doctor = mk.startWith(filtered, "doctor").ends(0);
        assertEquals(1, doctor.out("^warning +fallocate +refused with " + name + ": RAM is filled with zeros").size(),
            doctor::describe);
    }

    @Test
    void aRefusalOfFallocateThatSaysNothingOfRoomIsToldAsItIs() throws Exception {
        mk.startWith(List.of(filter(), "22"), "demo", "--json").refuses(4, "/ram: cannot allocate \\d+ bytes: -EINVAL");
        assertEquals(List.of(), mk.files());
        mk.startWith(List.of(filter(), "28"), "demo", "--json").refuses(5,
            "the machine's RAM needs \\d+ MiB and the file system \\(tmpfs\\) has \\d+ MiB free");
        assertEquals(List.of(), mk.files());
    }

    /** The mounted hierarchy that counts processes and threads. */
    private static Path pidsGroups() throws IOException {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/mounts"))) {
            return mounts.map(line -> line.split(" ")).filter(mount -> mount[2].equals("cgroup")
                && List.of(mount[3].split(",")).contains("pids") || mount[2].equals("cgroup2")
                && controls(Path.of(mount[1]))).map(mount -> Path.of(mount[1])).findFirst().orElse(null);
        }
    }

    private static boolean controls(Path group) {
        try {
            return List.of(Files.readString(group.resolve("cgroup.subtree_control")).strip().split(" "))
                .contains("pids");
        } catch (IOException notThere) {
            return false;
        }
    }

    /** Sets a limit to a host that runs: so many more processes and threads than it has, or none. */
    @FunctionalInterface
    private interface Limit {
        void set(int more) throws Exception;
    }

    /**
     * Whatever fails first, one line names the limit, no process and no half-begun life is left, and the instance boots
     * once the limit is lifted.
     */
    private static void execIsRefusedUnder(Limit limit, MkStarter starter, String names) throws Exception {
        starter.start("create", "web", "--cpus", "1", "--memory", "8M").ends(0);
        starter.start("load", "web", "--modules", "echo").ends(0);
        for (int more : new int[] {0, 5, 9}) {
            limit.set(more);
            MkProcess exec = starter.start("exec", "web");
            int code = exec.end();
            limit.set(-1);
            assertEquals(5, code, exec::describe);
            /* No process could be started; or one was, and found no room for its threads. */
            exec.refuses(5, THREADS + ".*" + names + ".*raise the limit"
                + "|instance web is failed: .*(JVM cannot go on: |" + THREADS + ")");
            MkProcess show = starter.start("show", "web").ends(0);
            assertEquals(1, show.out("^ +1 +web +(loaded|failed) +- ").size(), show::describe);
            assertEquals(List.of(), show.out("booting"), show::describe);
        }
        starter.start("exec", "web").ends(0);
        starter.start("shutdown").ends(0);
    }

    private static long hostPid(MkProcess show) throws Exception {
        return new ObjectMapper().readTree(show.ends(0).out().getFirst()).get("machine").get("pid").asLong();
    }

    @Test
    void theControlGroupsLimitOfProcessesIsNamedAndOutlived() throws Exception {
        Path groups = pidsGroups();
        boolean allowed = groups != null && Files.isWritable(groups);
        assumeTrue(allowed, "NO LIMIT OF PROCESSES IS TRIED: no control group for pids can be made; run as root");
        mk.start("init", "--machine", "m", "--cpus", "0-1", "--memory", "16M").ends(0);
        long host = hostPid(mk.start("show", "--json"));
        Path group = Files.createDirectory(groups.resolve("mkemu-it-" + host));
        Path most = group.resolve("pids.max");
        Files.writeString(group.resolve("cgroup.procs"), Long.toString(host));
        execIsRefusedUnder(more -> Files.writeString(most, more < 0 ? "max"
            : Long.toString(Long.parseLong(Files.readString(group.resolve("pids.current")).strip()) + more)),
            mk::start, "the control group may have \\d+ processes and threads and has \\d+ \\(" + most + "\\)");
        Files.delete(group);
    }

    /** The JVM of mk would not come up, and say so by a stack trace. */
    @Test
    void aControlGroupWithoutRoomForAJvmIsNamed() throws Exception {
        Path groups = pidsGroups();
        boolean allowed = groups != null && Files.isWritable(groups);
        assumeTrue(allowed, "NO LIMIT OF PROCESSES IS TRIED: no control group for pids can be made; run as root");
        Path group = Files.createDirectory(groups.resolve("mkemu-it-jvm-" + ProcessHandle.current().pid()));
        Path most = group.resolve("pids.max");
        Files.writeString(most, "12");
        MkProcess list = new MkProcess(new ProcessBuilder("sh", "-c", "echo $$ >" + group + "/cgroup.procs && exec "
            + Mk.root().resolve("scripts/mk") + " list").start(), "list");
        list.refuses(5, "the control group may have 12 processes and threads and has \\d+ \\(" + most
            + "\\); a JVM needs \\d+: raise the limit");
        Files.delete(group);
    }

    private static String maxProcesses(String pid) throws IOException {
        try (Stream<String> limits = Files.lines(Path.of("/proc", pid, "limits"))) {
            return limits.filter(line -> line.startsWith("Max processes")).map(line -> line.split(" +")[2]).findFirst()
                .orElseThrow();
        }
    }

    @Test
    void theUsersLimitOfProcessesIsNamedAndOutlived() throws Exception {
        try (OtherUser user = new OtherUser(mk)) {
            user.start("init", "--machine", "m", "--cpus", "0-1", "--memory", "16M").ends(0);
            String host = Long.toString(hostPid(user.start("show", "--json")));
            String was = maxProcesses(host);
            /* All threads that this user has are the host's. Only the soft limit is set. */
            execIsRefusedUnder(more -> assertTrue(user.run("prlimit", "--pid", host, "--nproc="
                + (more < 0 ? was : Procs.threadCount(Long.parseLong(host)) + more) + ":")), user::start,
                "the user \\d+ \\(ulimit -u\\)");
        }
    }

    /** Starts mk as some user. */
    @FunctionalInterface
    private interface MkStarter {
        MkProcess start(Object... args) throws Exception;
    }
}
