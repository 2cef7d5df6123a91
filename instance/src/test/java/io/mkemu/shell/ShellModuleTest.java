// SPDX-License-Identifier: Apache-2.0
package io.mkemu.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.test.FakeConsole;
import io.mkemu.test.FakeKernel;
import io.mkemu.test.FakeMachine;
import io.mkemu.test.FakeMessage;
import io.mkemu.tty.ConsoleKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The commands of the shell, and the lines of a terminal, in a fake kernel. */
class ShellModuleTest {
    private final FakeMachine machine = new FakeMachine(2);
    private final FakeKernel kernel = machine.kernel(1);
    private final FakeConsole console = kernel.console();
    private int exited = -1;

    ShellModuleTest() {
        for (String file : List.of("cpus", "modules", "tasks", "handlers", "iomem")) {
            kernel.proc(file, file + " of it\n");
        }
        kernel.proc("kmsg", "<6>[    0.000001] up\n<4>[    0.000002] <5>not a level\n");
        kernel.load(new ShellModule(code -> exited = code));
    }

    private void runs(int exitCode, String command, String shown) {
        assertEquals(shown, console.run(command), command);
        assertEquals(exitCode, console.exitCode(), command);
    }

    @Test
    void commandsHaveExitCodes() {
        runs(0, "ps", "cpus of it\nmodules of it\ntasks of it\nhandlers of it\n");
        runs(0, "  cat  /proc/iomem cpus ", "iomem of it\ncpus of it\n");
        runs(0, "iomem", "iomem of it\n");
        runs(0, "dmesg", "[    0.000001] up\n[    0.000002] <5>not a level\n");
        runs(0, "", "");
        runs(0, "echo a  b", "a b\n");
        runs(1, "cat /proc/nix cpus", "cat: /proc/nix: no such file; /proc has cmdline, cpus, handlers, instances, "
            + "interrupts, iomem, kmsg, modules, tasks\ncpus of it\n");
        runs(2, "cat", "cat: cat /proc/FILE ...\n");
        runs(127, "pss", "pss: no such command; did you mean ps?\n");
        runs(127, "\u001b[31m", "\u001b[31m: no such command; help lists them\n");
        runs(3, "exit 3", "");
        runs(2, "exit x", "exit: exit code \"x\" is no number: as 4096, 0x1000 or 4K\n");
        runs(2, "exit 256", "exit: exit code 256 is not in 0..255\n");
        console.run("help").lines().forEach(line -> assertTrue(line.length() <= 120, line));
        runs(1, "echo " + "x".repeat(5000), "a line of more than 4096 bytes is not taken\n");
    }

    @Test
    void sendsIpis() {
        runs(0, "ipi send 0 0x77 c0 ff ee", "3 bytes of type 0x77 to 0: sent\n");
        runs(0, "ipi send cpu" + FakeKernel.cpuOf(0) + " 4294967295", "0 bytes of type 0xffffffff to cpu"
            + FakeKernel.cpuOf(0) + ": sent\n");
        List<FakeMessage> sent = machine.kernel(0).take(1);
        assertEquals(2, sent.size());
        assertEquals(0x77, sent.getFirst().type());
        assertEquals(List.of((byte) 0xc0, (byte) 0xff, (byte) 0xee), List.of(sent.getFirst().payload()[0],
            sent.getFirst().payload()[1], sent.getFirst().payload()[2]));
        runs(1, "ipi send nobody 1", "ipi: there is no instance \"nobody\"; cat /proc/instances lists them\n");
        runs(1, "ipi send cpu999 1", "ipi: there is no cpu999 that an instance owns; cat /proc/instances lists them\n");
        runs(2, "ipi send 0 1 abc", "ipi: \"abc\" are no bytes in hex: as 0a1b2c\n");
        runs(2, "ipi send 0 4294967296", "ipi: type 4294967296 is not in 0..4294967295\n");
        runs(2, "ipi send 0 1 " + "00".repeat(257), "ipi: an IPI has at most 256 bytes, these are 257\n");
        runs(2, "ipi", "ipi: ipi send TARGET TYPE [HEX]: TARGET is an instance's name or id, or cpuN\n");
    }

    @Test
    void readsItsOwnMemoryOnly() {
        long address = kernel.instanceAlloc(8192, 4096);
        try (var window = kernel.memremap(address, 8192)) {
            window.buffer().putBytes(16, "multikernel\u0001".getBytes(StandardCharsets.UTF_8));
        }
        String rows = String.format("%08x  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|%n"
            + "%08x  6d 75 6c 74 69 6b 65 72  6e 65 6c 01              |multikernel.|%n", address, address + 16);
        runs(0, "mem read " + address + " 28", rows);
        runs(0, "mem read pfn " + (address >> 12) + " 28", rows);
        assertEquals(512, console.run("mem read " + address + " 8K").lines().count());
        assertEquals(4, console.run("mem read 0x" + Long.toHexString(address)).lines().count());
        runs(1, "mem read 16", "mem: 0x10+64: -EPERM: only the own pool and pages that this kernel has mapped can be "
            + "read; iomem shows the pools\n");
        runs(2, "mem read", "mem: mem read ADDRESS [LENGTH], or mem read pfn PFN [LENGTH]\n");
        runs(2, "mem read 0 1G", "mem: length 1G is not in 0..65536\n");
    }

    @Test
    void breaksTheKernel() {
        assertThrows(IllegalStateException.class, () -> console.run("crash panic"));
        assertEquals(-1, console.exitCode());
        console.run("crash exit 9");
        assertEquals(9, exited);
        assertEquals(-1, console.exitCode());
        runs(2, "crash", "crash: crash panic|hang|exit [CODE]\n");
        runs(2, "crash panic 1", "crash: crash panic|hang|exit [CODE]\n");
    }

    @Test
    void aTerminalEditsItsLine() {
        console.attach(ConsoleKind.TERMINAL);
        String prompt = kernel.instanceName() + "# ";
        assertEquals(prompt, console.shown());
        console.type("echo \u00fcx\u007f\u007fok\r\n");
        assertEquals("echo \u00fcx\b \b\b \bok\r\nok\r\n" + prompt, console.shown());
        console.type("junk\u0015echo a b\u0017\u001b[Ac\r");
        assertTrue(console.shown().endsWith("\r\na c\r\n" + prompt));
        console.type("never run\u0003");
        assertEquals("never run^C\r\n" + prompt, console.shown());
        console.type("nix\r\u0004");
        assertTrue(console.shown().startsWith("nix\r\nnix: no such command"));
        assertEquals(127, console.exitCode());
    }

    @Test
    void outputWaitsForRoomAndInputForOutput() {
        console.attach(ConsoleKind.LINES);
        console.room(5);
        console.type("echo 0123456789\necho second\n");
        assertEquals("01234", console.shown());
        console.room(3);
        assertEquals("567", console.shown());
        console.room(1 << 20);
        assertEquals("89\nsecond\n", console.shown());
        console.type("echo no line end");
        console.endInput();
        assertEquals("no line end\n", console.shown());
        assertEquals(0, console.exitCode());
        console.attach(ConsoleKind.LINES);
        console.room(2);
        console.type("echo lost\n");
        console.detach();
        console.room(1 << 20);
        runs(0, "echo anew", "anew\n");
    }

    @Test
    void aMegabyteOfGarbageIsLinesToo() {
        byte[] garbage = new byte[1 << 20];
        new Random(5).nextBytes(garbage);
        for (ConsoleKind kind : ConsoleKind.values()) {
            console.attach(kind);
            for (int index = 0; index < garbage.length; index++) {
                garbage[index] = garbage[index] == 4 ? 5 : garbage[index];
            }
            console.type(garbage);
            console.detach();
        }
        runs(0, "echo alive", "alive\n");
    }
}
