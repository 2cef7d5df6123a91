// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernel modules in C, compiled by mk cc, in both kernels and with both mailboxes. */
class CModuleIT {
    static final String CRASHES = """
        #include <linux/module.h>
        #include <linux/kthread.h>
        static int *nowhere;
        static noinline int step(int depth)
        {
            return *nowhere + depth;
        }
        static int run(void *unused)
        {
            return step(1) + 1;
        }
        static int __init crashes_init(void)
        {
            kthread_run(run, NULL, "crasher");
            return 0;
        }
        module_init(crashes_init);
        MODULE_LICENSE("GPL");
        """;

    private static final String WANTS = """
        #include <linux/module.h>
        %s
        int register_netdev(void *device);
        static int __init wants_init(void)
        {
            return register_netdev(NULL);
        }
        module_init(wants_init);
        MODULE_LICENSE("GPL");
        """;

    @RegisterExtension
    final Mk mk = new Mk();

    /** The host and instances, each with its own command line. */
    private Path tree(String host, String... instances) throws IOException {
        StringBuilder nodes = new StringBuilder();
        for (int id = 1; id <= instances.length; id++) {
            nodes.append("""
                k%d {
                    id = <%d>;
                    resources { cpus = <%d>; memory-bytes = <0x400000>; };
                    %s
                };
                """.formatted(id, id, id, instances[id - 1]));
        }
        return Files.writeString(mk.work().resolve("c.dts"), """
            /dts-v1/;
            / {
                compatible = "multikernel-v1";
                resources { cpus = <%s>; memory-bytes = <0x%x>; };
                %s
                instances {
                %s
                };
            };
            """.formatted(IntStream.rangeClosed(0, instances.length).mapToObj(Integer::toString)
            .collect(Collectors.joining(" ")), 0x400000 * instances.length, host, nodes));
    }

    private static String runs(Path module, String bootargs) {
        return "mkemu,modules = \"" + module + "\"; chosen { bootargs = \"" + bootargs + "\"; };";
    }

    private static void allGood(MkProcess run, String kernel, long messages) {
        assertEquals(1, run.out(kernel + ": exchange: all good: " + messages + " sent, " + messages
            + " received, 0 mismatches, 0 bad words, error 0$").size(), run::describe);
    }

    @ParameterizedTest
    @CsvSource({"native, queued, 1000000", "native, single-slot, 20000", "jvm, queued, 1000000",
        "jvm, single-slot, 20000"})
    void withAKernelInJava(String kernel, String ipi, long messages) throws Exception {
        Path module = CModule.of(mk, "exchange");
        MkProcess run = mk.start("run", "--ipi", ipi, tree("mkemu,modules = \"peer\";", runs(module, "kernel=" + kernel
            + " exchange.partner=0 exchange.messages=" + messages
            + (ipi.equals("queued") ? "" : " exchange.lockstep=1"))));
        run.ends(0);
        allGood(run, "k1", messages);
        assertEquals(1, run.out("host: peer: instance 1: " + messages + " sent, " + messages
            + " received, 0 mismatches here, 0 there$").size(), run::describe);
    }

    @ParameterizedTest
    @CsvSource({"native, native, queued, 1000000", "native, jvm, queued, 200000", "jvm, native, single-slot, 5000",
        "native, native, single-slot, 20000"})
    void withEachOther(String begins, String answers, String ipi, long messages) throws Exception {
        Path module = CModule.of(mk, "exchange");
        MkProcess run = mk.start("run", "--ipi", ipi, tree("",
            runs(module, "kernel=" + begins + " exchange.partner=2 exchange.messages=" + messages
                + (ipi.equals("queued") ? "" : " exchange.lockstep=1")),
            runs(module, "kernel=" + answers)));
        run.ends(0);
        allGood(run, "k1", messages);
        allGood(run, "k2", messages);
    }

    @ParameterizedTest
    @ValueSource(strings = {"queued", "single-slot"})
    void aNativeKernelIsKilledInMidSend(String ipi) throws Exception {
        Path module = CModule.of(mk, "exchange");
        MkProcess run = mk.start("run", "--ipi", ipi, tree("mkemu,modules = \"peer\";",
            runs(module, "kernel=native mkemu.stop_in_send=payload:500 exchange.partner=0 exchange.messages=1000000000"
                + (ipi.equals("queued") ? "" : " exchange.lockstep=1"))));
        run.awaitOut(1, "k1: exchange: pages have gone both ways");
        long pid = mk.processes().stream()
            .filter(each -> String.join(" ", Procs.commandLine(each)).contains("mkemu-kernel")).findFirst()
            .orElseThrow();
        Procs.awaitStopped(pid);
        Procs.signal("KILL", pid);
        run.ends(1);
        assertEquals(1, run.out("^k1 failed: killed by signal 9").size(), run::describe);
        assertEquals(1, run.out("host: peer: task peer failed: exchange with instance 1 broke off").size(),
            run::describe);
    }

    /** Calls of a module in C: the kernel that answers is killed in their midst; its next life answers for itself. */
    @ParameterizedTest
    @CsvSource({"native, jvm, queued", "jvm, native, single-slot"})
    void callsEndWithTheLifeThatWasAsked(String asks, String answers, String ipi) throws Exception {
        Path module = CModule.of(mk, "calls",
            Files.readString(Mk.root().resolve("instance/src/test/c/calls.c")));
        Path tree = tree("", runs(module, "kernel=" + asks + " calls.partner=2 calls.rounds=1000000000"),
            runs(module, "kernel=" + answers));
        mk.start("init", "--machine", "calls", "--ipi", ipi, tree).ends(0);
        mk.start("exec", "--machine", "calls", "k2", "k1").ends(0);
        MkProcess console = mk.start("console", "--machine", "calls", "k1");
        console.awaitOut(1, "calls: the first is answered");
        long pid = mk.json("show", "--machine", "calls").get("instances").valueStream()
            .filter(each -> each.get("name").asText().equals("k2")).findFirst().orElseThrow().get("pid").asLong();
        Procs.signal("KILL", pid);
        console.awaitOut(1, "calls: [0-9]+ answered, 0 wrong, -108$");
        mk.start("kill", "--machine", "calls", "k1").ends(0);
        mk.start("exec", "--machine", "calls", "k2", "k1").ends(0);
        console.awaitOut(2, "calls: the first is answered");
        mk.start("shutdown", "--machine", "calls").ends(0);
        console.ends(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "jvm"})
    void anErrorInTheModuleTellsWhere(String kernel) throws Exception {
        Path module = CModule.of(mk, "crashes", CRASHES);
        MkProcess run = mk.start("run", tree("", runs(module, "kernel=" + kernel),
            "mkemu,modules = \"echo\";"));
        run.ends(1);
        String reason = "killed by signal 11.* in crashes\\.so\\+0x[0-9a-f]+ \\(step[.a-z0-9]*, crashes\\.c:6\\)";
        assertEquals(1, run.out("^k1 failed: .*" + reason).size(), run::describe);
        assertTrue(run.out("^ +2 +k2 +active").size() == 1, run::describe);
        if (kernel.equals("native")) {
            assertEquals(1, run.out("BUG: kernel NULL pointer dereference, address: 0x0+$").size(), run::describe);
            assertEquals(1, run.out("Comm: kthread crasher: run \\[crashes\\]$").size(), run::describe);
            assertEquals(1, run.out("RIP: step[.a-z0-9]*\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[crashes\\]$").size(),
                run::describe);
            assertTrue(run.out(" run\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[crashes\\]$").size() >= 1, run::describe);
        }
    }

    /** As kernel 0 takes the machine with it; Mk sees to it that no process and no file is left. */
    @Test
    void anErrorInTheHostsKernelEndsTheMachine() throws Exception {
        Path module = CModule.of(mk, "crashes", CRASHES);
        MkProcess run = mk.start("run", "--machine", "c", tree("mkemu,modules = \"" + module + "\";",
            "mkemu,modules = \"echo\";")).ends(4);
        assertEquals(1, run.out("host:  step[.a-z0-9]*\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[crashes\\]$").size(),
            run::describe);
        String reason = "mk: machine \"c\" was ended: the host's kernel: panic: crashes: killed by signal 11 in "
            + "crashes\\.so\\+0x[0-9a-f]+ \\(step[.a-z0-9]*, crashes\\.c:6\\)";
        assertTrue(Pattern.matches(reason, run.err().getFirst()), run::describe);
        assertEquals(List.of(), Trees.below(mk.work()).stream().filter(file -> file.toString().contains("hs_err"))
            .toList(), "reports of a JVM");
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "jvm"})
    void anInitThatRefuses(String kernel) throws Exception {
        Path module = CModule.of(mk, "refuses", """
            #include <linux/module.h>
            static int __init refuses_init(void)
            {
                return -ENODEV;
            }
            module_init(refuses_init);
            MODULE_LICENSE("GPL");
            """);
        MkProcess run = mk.start("run", tree("", runs(module, "kernel=" + kernel)));
        run.ends(1);
        assertEquals(1, run.out("k1: refuses: init failed: .*ENODEV").size(), run::describe);
    }

    /** A kthread's error, a parameter's, and a death when all was done already: both kernels tell the same. */
    @Test
    void whatEndsBadlyIsTold() throws Exception {
        Path module = CModule.of(mk, "ends", """
            #include <linux/module.h>
            #include <linux/kthread.h>
            static int number;
            module_param(number, int, 0444);
            static int reads(void *unused)
            {
                return number ? number : -EIO;
            }
            static int __init ends_init(void)
            {
                kthread_run(reads, NULL, "reader");
                return 0;
            }
            static void __exit ends_exit(void)
            {
                if (number)
                    *(volatile int *)NULL = number;
            }
            module_init(ends_init);
            module_exit(ends_exit);
            MODULE_LICENSE("GPL");
            """);
        MkProcess run = mk.start("run", tree("", runs(module, "kernel=native ends.numbr=1"),
            runs(module, "kernel=jvm ends.numbr=1"), runs(module, "kernel=native ends.number=x"),
            runs(module, "kernel=native ends.number=1"), runs(module, "kernel=jvm ends.number=1")));
        run.ends(1);
        for (String kernel : List.of("k1", "k2")) {
            assertEquals(1, run.out(kernel + ": ends: kthread reader returned -5, -EIO: it counts as failed").size(),
                run::describe);
            assertEquals(1, run.out(kernel + ": Unknown kernel command line parameters \"ends.numbr=1\", nobody takes "
                + "them; did you mean ends.number\\?").size(), run::describe);
        }
        assertEquals(1, run.out("k3: .*ends.so: init failed: parameter ends.number=x: is not an int").size(),
            run::describe);
        assertEquals(List.of("active", "active", "active", "failed", "failed"),
            run.out("^ +[1-5] +k[1-5] ").stream().map(line -> line.strip().split(" +")[2]).toList(), run::describe);
    }

    @ParameterizedTest
    @CsvSource({"native, ' of kthread diver'", "jvm, ''"})
    void aStackThatIsUsedUpIsTold(String kernel, String whose) throws Exception {
        Path module = CModule.of(mk, "deep", """
            #include <linux/module.h>
            #include <linux/kthread.h>
            static int limit = 1 << 30;
            module_param(limit, int, 0444);
            static noinline int deeper(int n)
            {
                volatile char room[256];
                room[0] = n;
                return n < limit ? deeper(n + 1) + room[0] : 0;
            }
            static int run(void *unused)
            {
                return deeper(0);
            }
            static int __init deep_init(void)
            {
                kthread_run(run, NULL, "diver");
                return 0;
            }
            module_init(deep_init);
            MODULE_LICENSE("GPL");
            """);
        MkProcess run = mk.start("run", tree("", runs(module, "kernel=" + kernel)));
        run.ends(1);
        assertEquals(1, run.out("^k1 failed: (panic: deep: )?killed by signal 11 in deep\\.so\\+0x[0-9a-f]+ "
            + "\\(deeper.*, deep\\.c:\\d+\\): overflow of the stack" + whose + "$").size(), run::describe);
    }

    /** After 20 s, as Linux has it; what polls until then is not told. */
    @Test
    void aModuleThatSpinsIsTold() throws Exception {
        Path spins = CModule.of(mk, "spins", """
            #include <linux/module.h>
            #include <linux/delay.h>
            #include <linux/kthread.h>
            static volatile bool ends;
            static noinline void spin(void)
            {
                while (!ends)
                    ;
            }
            static int run(void *unused)
            {
                msleep(2000);
                spin();
                return 0;
            }
            static int __init spins_init(void)
            {
                kthread_run(run, NULL, "spinner");
                return 0;
            }
            module_init(spins_init);
            MODULE_LICENSE("GPL");
            """);
        MkProcess run = mk.start("run", tree("", runs(spins, "kernel=native idle=poll"), runs(spins, "kernel=jvm")));
        for (String kernel : List.of("k1", "k2")) {
            run.awaitOut(1, kernel + ": watchdog: BUG: soft lockup - CPU#0 stuck for 20s! "
                + "\\[kthread spinner: run \\[spins\\]\\]$");
            run.awaitOut(1, kernel + ": RIP: spin[.a-z0-9]*\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[spins\\]$");
        }
        run.signal("TERM");
        run.ends(143);
        assertEquals(1, run.out("k1: did not shut down within 5000 ms, forced$").size(), run::describe);
    }

    @Test
    void sanitizersReportInTheLog() throws Exception {
        Path module = CModule.of(mk, "beyond", """
            #include <linux/module.h>
            #include <linux/slab.h>
            static int at = 8;
            module_param(at, int, 0444);
            static int __init beyond_init(void)
            {
                char *room = kmalloc(8, GFP_KERNEL);
                room[at] = 1;
                kfree(room);
                return 0;
            }
            module_init(beyond_init);
            MODULE_LICENSE("GPL");
            """, "--sanitize");
        MkProcess run = mk.start("run", tree("", runs(module, "kernel=native")));
        run.ends(1);
        assertEquals(1, run.out("k1: .*ERROR: AddressSanitizer: heap-buffer-overflow on address").size(),
            run::describe);
        assertEquals(1, run.out("k1: WRITE of size 1 at ").size(), run::describe);
        assertTrue(run.out("k1: .* in beyond_init .*beyond\\.c:\\d+").size() >= 1, run::describe);
        assertEquals(0, run.out("host: k1: .*(Sanitizer|WRITE)").size(), run::describe);
        String reason = "AddressSanitizer: heap-buffer-overflow in beyond_init \\(beyond\\.c:8\\)$";
        assertEquals(1, run.out("^k1 failed: " + reason).size(), run::describe);
        /* Behind the reason comes where the report lies. */
        List<String> told = run.out("k1: (?!mkemu: report: )");
        assertTrue(told.getLast().contains("AddressSanitizer: heap-buffer-overflow in"), run::describe);
        MkProcess jvm = mk.start("run", tree("", runs(module, "kernel=jvm")));
        jvm.ends(1);
        assertEquals(1, jvm.out("^k1 failed: module .*beyond\\.so was compiled with --sanitize").size(), jvm::describe);
    }

    @Test
    void whatIsNotOfferedIsNamed() throws Exception {
        CModule.requireCompiler();
        Path source = Files.writeString(mk.work().resolve("wants.c"), WANTS.formatted(""));
        MkProcess cc = mk.start("cc", source, "-o", mk.work().resolve("wants.so"));
        assertEquals(6, cc.awaitExit(), cc::describe);
        assertTrue(cc.err().stream().anyMatch(line -> line.contains("register_netdev")), cc::describe);
        assertTrue(Files.notExists(mk.work().resolve("wants.so")));
        assertEquals(1, Trees.below(mk.work()).size(), "nothing is left but the source");
        Files.writeString(source, WANTS.formatted("#include <stdio.h>"));
        MkProcess header = mk.start("cc", source, "-o", mk.work().resolve("wants.so"));
        assertEquals(6, header.awaitExit(), header::describe);
        assertEquals(1, header.err().stream().filter(("mk: a kernel module has no <stdio.h>: docs/c-modules.md has the "
            + "table of headers")::equals).count(), header::describe);
    }

    @Test
    void filesThatAreNoModules() throws Exception {
        Path text = Files.writeString(mk.work().resolve("text.so"), "no ELF");
        mk.start("run", tree("", runs(text, ""))).refuses(3, "module \"" + Pattern.quote(text.toString()) + "\" .*");
        mk.start("run", tree("", runs(mk.work().resolve("none.so"), "")))
            .refuses(3, "module \".*none\\.so\" does not exist.*");
        Path libc = mk.work().resolve("c.so");
        Files.copy(Path.of("/proc/self/exe"), libc);
        mk.start("run", tree("", runs(libc, ""))).refuses(3, "module \".*c\\.so\" .*");
    }
}
