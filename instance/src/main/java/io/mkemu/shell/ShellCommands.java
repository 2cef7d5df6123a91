// SPDX-License-Identifier: Apache-2.0
package io.mkemu.shell;

import io.mkemu.Errno;
import io.mkemu.Similar;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.boot.MemParse;
import io.mkemu.console.ConsoleLines;
import io.mkemu.module.Instance;
import io.mkemu.module.Kernel;
import io.mkemu.tty.ConsoleKind;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;
import org.agrona.concurrent.UnsafeBuffer;

/** What can be typed into a kernel's shell. On one CPU. */
final class ShellCommands {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int UNKNOWN = 127;
    /** The command ends the kernel, or this CPU's time: there is no exit code to tell. */
    static final int NONE = -1;

    private static final int ROW = 16;
    private static final int FIRST_PRINTABLE = 0x20;
    private static final int LAST_PRINTABLE = 0x7e;
    private static final long DEFAULT_LENGTH = 64;
    private static final long MOST_LENGTH = 1 << 16;
    private static final long MOST_TYPE = 0xffff_ffffL;
    private static final Pattern CPU = Pattern.compile("cpu(\\d{1,4})");
    private static final Pattern LEVEL = Pattern.compile("(?m)^<\\d>");
    private static final List<String> NAMES =
        List.of("cat", "crash", "dmesg", "echo", "exit", "help", "interrupts", "iomem", "ipi", "mem", "ps");
    private static final List<String> FILES = List.of("cmdline", "cpus", "handlers", "instances", "interrupts", "iomem",
        "kmsg", "modules", "tasks");
    private static final String HELP = """
        help                          this text
        ps                            CPUs, modules, tasks and handlers of this kernel
        cat /proc/FILE ...            FILE: cmdline, cpus, handlers, instances, interrupts, iomem, kmsg, modules, tasks
        interrupts, iomem, dmesg      cat of these, and the kernel log
        ipi send TARGET TYPE [HEX]    sends an IPI; TARGET: an instance's name or id, or cpuN
        mem read ADDRESS [LENGTH]     shows memory of the own pool, or that this kernel has mapped
        mem read pfn PFN [LENGTH]
        crash panic|hang|exit [CODE]  ends this kernel, or its boot CPU's time
        echo TEXT                     says it
        exit [CODE]                   leaves the console
        """;

    private final Kernel kernel;
    private final IntConsumer exit;

    ShellCommands(Kernel kernel, IntConsumer exit) {
        this.kernel = kernel;
        this.exit = exit;
    }

    /** Runs a line; returns the exit code, or {@link #NONE}. */
    int run(String line, ConsoleLines out) {
        List<String> words = line.isBlank() ? List.of() : List.of(line.strip().split("\\s+"));
        if (words.isEmpty()) {
            return OK;
        }
        try {
            return run(words, out);
        } catch (UsageException wrong) {
            return says(out, USAGE, words.getFirst() + ": " + wrong.getMessage());
        }
    }

    private int run(List<String> words, ConsoleLines out) throws UsageException {
        List<String> rest = words.subList(1, words.size());
        return switch (words.getFirst()) {
            case "help" -> prints(out, HELP);
            case "ps" -> prints(out, kernel.proc("cpus") + kernel.proc("modules") + kernel.proc("tasks")
                + kernel.proc("handlers"));
            case "cat" -> cat(rest, out);
            case "interrupts", "iomem" -> cat(List.of(words.getFirst()), out);
            case "dmesg" -> prints(out, LEVEL.matcher(kernel.proc("kmsg")).replaceAll(""));
            case "ipi" -> ipi(rest, out);
            case "mem" -> mem(rest, out);
            case "crash" -> crash(rest, out);
            case "echo" -> prints(out, String.join(" ", rest) + "\n");
            case "exit" -> {
                int code = rest.isEmpty() ? OK : (int) number(rest.getFirst(), 255, "exit code");
                out.finish(code);
                yield code;
            }
            default -> says(out, UNKNOWN, words.getFirst() + ": no such command" + Similar.nearest(words.getFirst(),
                NAMES).map(near -> "; did you mean " + near + "?").orElse("; help lists them"));
        };
    }

    private static int prints(ConsoleLines out, String text) {
        out.print(text);
        return OK;
    }

    private static int says(ConsoleLines out, int code, String line) {
        out.print(line + "\n");
        return code;
    }

    private static long number(String text, long most, String what) throws UsageException {
        try {
            long value = MemParse.parse(text);
            if (value >= 0 && value <= most) {
                return value;
            }
        } catch (IllegalArgumentException none) {
            throw new UsageException(what + " \"" + text + "\" is no number: as 4096, 0x1000 or 4K", none);
        }
        throw new UsageException(what + " " + text + " is not in 0.." + most, null);
    }

    private int cat(List<String> files, ConsoleLines out) throws UsageException {
        usage(!files.isEmpty(), "cat /proc/FILE ...");
        int code = OK;
        for (String file : files) {
            String name = file.startsWith("/proc/") ? file.substring("/proc/".length()) : file;
            String text = FILES.contains(name) ? kernel.proc(name) : null;
            code = text != null ? Math.max(code, prints(out, text)) : says(out, FAILED, "cat: " + file
                + ": no such file; /proc has " + String.join(", ", FILES));
        }
        return code;
    }

    private int ipi(List<String> words, ConsoleLines out) throws UsageException {
        usage(words.size() >= 3 && words.getFirst().equals("send"), "ipi send TARGET TYPE [HEX]: TARGET is an "
            + "instance's name or id, or cpuN");
        int type = (int) number(words.get(2), MOST_TYPE, "type");
        byte[] data = bytes(String.join("", words.subList(3, words.size())));
        String target = words.get(1);
        var cpu = CPU.matcher(target);
        int owner = cpu.matches() ? kernel.instanceOfCpu(Integer.parseInt(cpu.group(1))) : id(target);
        if (owner < 0) {
            return says(out, FAILED, "ipi: there is no " + (cpu.matches() ? target + " that an instance owns"
                : "instance \"" + target + "\"") + "; cat /proc/instances lists them");
        }
        int result = cpu.matches() ? kernel.sendIpiDataToCpu(owner, Integer.parseInt(cpu.group(1)),
            new UnsafeBuffer(data), 0, data.length, type) : kernel.sendIpiData(owner, data, type);
        return says(out, result == 0 ? OK : FAILED, String.format(Locale.ROOT, "%d bytes of type 0x%x to %s: %s",
            data.length, type, target, result == 0 ? "sent" : Errno.name(result)));
    }

    private int id(String target) {
        List<Instance> all = kernel.instances();
        return all.stream().filter(each -> each.name().equals(target)).findFirst().or(() -> all.stream()
            .filter(each -> Integer.toString(each.id()).equals(target)).findFirst()).map(Instance::id).orElse(-1);
    }

    private static byte[] bytes(String hex) throws UsageException {
        String digits = hex.startsWith("0x") ? hex.substring(2) : hex;
        try {
            byte[] bytes = HexFormat.of().parseHex(digits);
            usage(bytes.length <= MkIpiDataDescriptor.MAX_DATA_SIZE, "an IPI has at most "
                + MkIpiDataDescriptor.MAX_DATA_SIZE + " bytes, these are " + bytes.length);
            return bytes;
        } catch (IllegalArgumentException none) {
            throw new UsageException("\"" + hex + "\" are no bytes in hex: as 0a1b2c", none);
        }
    }

    private int mem(List<String> words, ConsoleLines out) throws UsageException {
        boolean pfn = words.size() > 1 && words.get(1).equals("pfn");
        int first = pfn ? 2 : 1;
        usage(words.size() > first && words.size() <= first + 2 && words.getFirst().equals("read"),
            "mem read ADDRESS [LENGTH], or mem read pfn PFN [LENGTH]");
        long value = number(words.get(first), Long.MAX_VALUE >>> Pages.PAGE_SHIFT, pfn ? "PFN" : "address");
        long from = pfn ? Pages.address(value) : value;
        long length = words.size() > first + 1 ? number(words.get(first + 1), MOST_LENGTH, "length") : DEFAULT_LENGTH;
        UnsafeBuffer page = new UnsafeBuffer(new byte[Pages.PAGE_SIZE]);
        StringBuilder text = new StringBuilder();
        for (long at = from; at < from + length;) {
            int count = (int) Math.min(from + length - at, Pages.PAGE_SIZE);
            int result = kernel.readMemory(at, page, 0, count);
            if (result != 0) {
                return says(out, FAILED, String.format(Locale.ROOT, "mem: 0x%x+%d: %s%s", at, count,
                    Errno.name(result), result == -Errno.EPERM ? ": only the own pool and pages that this kernel has "
                    + "mapped can be read; iomem shows the pools" : ""));
            }
            dump(text, at, page, count);
            at += count;
        }
        return prints(out, text.toString());
    }

    private static void dump(StringBuilder text, long address, UnsafeBuffer bytes, int count) {
        for (int row = 0; row < count; row += ROW) {
            StringBuilder hex = new StringBuilder();
            StringBuilder plain = new StringBuilder();
            for (int at = row; at < Math.min(count, row + ROW); at++) {
                int value = bytes.getByte(at) & 0xff;
                hex.append(String.format(Locale.ROOT, at % ROW == ROW / 2 ? "  %02x" : " %02x", value));
                plain.append(value >= FIRST_PRINTABLE && value <= LAST_PRINTABLE ? (char) value : '.');
            }
            text.append(String.format(Locale.ROOT, "%08x %-49s  |%s|%n", address + row, hex, plain));
        }
    }

    private int crash(List<String> words, ConsoleLines out) throws UsageException {
        String how = words.isEmpty() ? "" : words.getFirst();
        usage(List.of("panic", "hang", "exit").contains(how) && words.size() <= (how.equals("exit") ? 2 : 1),
            "crash panic|hang|exit [CODE]");
        int code = words.size() > 1 ? (int) number(words.get(1), 255, "exit code") : FAILED;
        switch (how) {
            case "panic" -> out.afterwards(() -> kernel.panic("crash panic was typed into its shell"));
            case "exit" -> out.afterwards(() -> exit.accept(code));
            default -> {
                out.print(kernel.instanceName() + " hangs now: mk kill -f ends it\n");
                out.afterwards(ShellCommands::hang);
                if (out.kind() == ConsoleKind.COMMAND) {
                    out.finish(OK);
                }
            }
        }
        return NONE;
    }

    @SuppressWarnings("InfiniteLoopStatement")
    private static void hang() {
        while (true) {
            Thread.onSpinWait();
        }
    }

    /** A command is not typed as it has to be: the message says how. */
    private static final class UsageException extends Exception {
        private static final long serialVersionUID = 1;

        UsageException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private static void usage(boolean good, String how) throws UsageException {
        if (!good) {
            throw new UsageException(how, null);
        }
    }
}
