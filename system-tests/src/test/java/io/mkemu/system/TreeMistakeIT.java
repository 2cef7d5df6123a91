// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mistakes in a tree: one line with the place, the value and what would be right; nothing is made. */
class TreeMistakeIT {
    private static final String GOOD = """
        /dts-v1/;
        / {
            compatible = "multikernel-v1";
            resources { cpus = <0 1 2>; memory-bytes = <0x400000>; };
            chosen { bootargs = "idle=halt"; };
            instances {
                web {
                    id = <1>;
                    resources { cpus = <1>; memory-bytes = <0x200000>; };
                    chosen { bootargs = "idle=halt quiet"; };
                    mkemu,modules = "echo";
                };
                db {
                    id = <2>;
                    resources { cpus = <2>; memory-bytes = <2097152>; };
                };
            };
        };
        """;

    @RegisterExtension
    static final MkShell SHELL = new MkShell();

    @RegisterExtension
    final Mk mk = new Mk();

    /** A caret marks the place that the message must name. */
    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        cpus = <2>;              | cpus = <^1>;               | CPU 1 of instance .*db.* already taken by .*web
        cpus = <2>;              | cpus = <^7>;               | CPU 7 of instance .*db.* not in the pool
        cpus = <2>;              | cpus = <^5000>;            | 5000
        cpus = <2>;              | cpus = <2 ^2>;             | CPU 2 twice
        <2097152>                | <^0x300000>                | 0x300000.* of instance .*db.* does not fit
        <2097152>                | <^2097153>                 | 2097153.* multiple of 4096
        <0x200000>               | <^0x3000>                  | cannot hold its IPI area
        id = <2>;                | id = <^1>;                 | duplicate id 1 of instance .*db
        id = <2>;                | id = <^0>;                 | 0
        db {                     | ^web {                     | web
        id = <2>;                | id = <2>; ^colour = "red"; | unknown property .*colour
        id = <2>;                | ^resource { };             | resource
        id = <2>;                | id = <2> ^resources        | resources
        id = <2>;                | id = <^0xzz>;              | 0xzz
        multikernel-v1           | multikernel-v2             | multikernel-v2
        "idle=halt quiet"        | ^"idle=nap"                | idle=nap
        "idle=halt quiet"        | ^"mk_ipi_shared=0x1000"    | mk_ipi_shared
        "idle=halt quiet"        | ^"quiet loglevel=loud"     | loglevel=loud: expected an integer in 0..10
        "idle=halt quiet"        | ^"idle=halt quiet=yes"     | quiet=yes: takes no value
        "echo"                   | ^"ecko"                    | ecko.* is not a built-in module
        "echo"                   | ^"no-such.jar"             | no-such\\.jar.* does not exist
        "echo"                   | "echo", ^"text.jar"        | text\\.jar.* is not a jar
        "echo"                   | ^"plain.jar"               | plain\\.jar.* holds no module
        """)
    void isRefusedAtItsPlace(String right, String wrong, String says) throws Exception {
        Files.writeString(mk.work().resolve("text.jar"), "I am a text.\n");
        new ModuleJar().file("read.me", new byte[1]).write(mk.work(), "plain.jar");
        int at = GOOD.indexOf(right);
        assertTrue(at >= 0 && at == GOOD.lastIndexOf(right), "\"" + right + "\" must be there once");
        String marked = GOOD.replace(right, wrong);
        int caret = marked.indexOf('^');
        Path file = Files.writeString(mk.work().resolve("wrong.dts"), marked.replace("^", ""));
        SHELL.run("run", file).refuses(3, "^" + Pattern.quote(file.toString()) + ":"
            + (caret < 0 ? "\\d+:\\d+" : place(marked.substring(0, caret))) + ": .*" + says);
        assertTrue(Files.notExists(SHELL.base()), () -> SHELL.base() + " was made");
    }

    private static String place(String before) {
        return before.lines().count() + ":" + (before.length() - before.lastIndexOf('\n'));
    }

    @Test
    void theGoodTreeRuns() throws Exception {
        Path file = Files.writeString(mk.work().resolve("good.dts"), GOOD);
        MkProcess run = mk.start("run", file);
        run.awaitOut(1, "db: Command line: ");
        run.awaitOut(1, "no module runs a task; Ctrl-C ends this run");
        run.signal("INT");
        run.ends(130);
    }

    @Test
    void aFileThatIsNoTree() throws Exception {
        Path missing = mk.work().resolve("missing.dts");
        mk.start("run", missing).refuses(3, "^" + Pattern.quote(missing.toString()) + ": no such file");
        mk.start("run", mk.work()).refuses(3, "^" + Pattern.quote(mk.work().toString()) + ": is a directory");
        Path empty = Files.writeString(mk.work().resolve("empty.dts"), "");
        mk.start("run", empty).refuses(3, "^" + Pattern.quote(empty.toString()) + ":1:1: ");
        Path binary = Files.write(mk.work().resolve("tree.dtb"), new byte[] {(byte) 0xd0, 0x0d, (byte) 0xfe, 0});
        mk.start("run", binary).refuses(3, "^" + Pattern.quote(binary.toString()) + ": is neither UTF-8 text nor");
        byte[] cut = {(byte) 0xd0, 0x0d, (byte) 0xfe, (byte) 0xed, 0, 0};
        mk.start("run", Files.write(binary, cut)).refuses(3, "^" + Pattern.quote(binary.toString())
            + ": offset 0x6: ends here, within the header");
        nothingIsMade();
    }

    private void nothingIsMade() throws IOException {
        assertTrue(Files.notExists(mk.base()), () -> mk.base() + " was made");
    }
}
