// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The examples whose modules a user copies: built by their own scripts, and they do what their READMEs say. */
class ExamplesIT {
    @RegisterExtension
    final Mk mk = new Mk();

    /** A copy of an example, which does not lie in mkemu's own directory. */
    private Path copy(String example) throws IOException {
        Path from = Mk.root().resolve("examples").resolve(example);
        Path to = mk.work().resolve(example);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(each -> !each.toString().endsWith(".jar")).toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
        return to;
    }

    private static void build(Path example) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("bash", example.resolve("build.sh").toString()).inheritIO();
        builder.environment().put("MKEMU_HOME", System.getProperty("mkemu.home"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        assertEquals(0, builder.start().waitFor(), () -> "build.sh of " + example);
    }

    @Test
    void helloModule() throws Exception {
        Path hello = copy("hello-module");
        /* With the decoder that docs/modules.md shows. */
        Files.writeString(hello.resolve("META-INF/services/io.mkemu.module.PayloadDecoder"), "HelloDecoder\n");
        Files.writeString(hello.resolve("HelloDecoder.java"),
            Files.readString(Mk.root().resolve("docs/modules.md")).split("## Payloads in words\n")[1]
                .split("```java\n|```\n")[1]);
        build(hello);
        Path journal = mk.work().resolve("hello.journal");
        MkProcess run = mk.start("run", hello.resolve("hello.dts"), "--journal", journal, "--trace", "all").ends(0);
        assertEquals(1, run.out("host: HelloModule: instance 1 says: hello$").size(), run::describe);
        assertEquals(1, run.out("greeter: HelloModule: the host says: hello, instance 1$").size(), run::describe);
        MkProcess trace = mk.start("trace", "--journal", journal, "--decode", "--event", "send").ends(0);
        assertEquals(List.of(), trace.err(), trace::describe);
        assertEquals(1, trace.out(": send: .* type=0x1 .* decoded=\"hello\"$").size(), trace::describe);
        assertEquals(1, trace.out(": send: .* type=0x2 .* decoded=\"hello, instance 1\"$").size(), trace::describe);
    }

    @Test
    void theModuleOfTheReadme() throws Exception {
        Path ping = copy("hello-module");
        Files.delete(ping.resolve("HelloModule.java"));
        Files.writeString(ping.resolve("META-INF/services/io.mkemu.module.KernelModule"), "Ping\n");
        Files.writeString(ping.resolve("Ping.java"),
            Files.readString(Mk.root().resolve("README.md")).split("```java\n|```\n")[1]);
        build(ping);
        MkProcess run = mk.start("run", ping.resolve("hello.dts")).ends(0);
        assertEquals(1, run.out("host: Ping: 64 bytes from CPU 1$").size(), run::describe);
    }

    @Test
    void theBugOfTheAuctionIsReplayedAndItsMendingIsDifferent() throws Exception {
        Path auction = copy("auction");
        build(auction);
        Path journal = mk.work().resolve("auction.journal");
        MkProcess run = mk.start("run", auction.resolve("auction.dts"), "--journal", journal, "--trace", "all").ends(0);
        List<String> wrong = run.out("host: Auction: round \\d+: sold for \\d+, but \\d+ was bid$").stream()
            .map(line -> line.replaceFirst(".*host: ", "")).toList();
        assertEquals(1, run.out("Auction: " + wrong.size() + " of 20 rounds went wrong$").size(), run::describe);
        assertEquals(List.of(), run.out("no handler|: -\\d+$"), run::describe);
        MkProcess replay = mk.start("replay", journal, "--instance", "host", "-v").ends(0);
        assertEquals("EQUAL", replay.out().getLast(), replay::describe);
        assertEquals(wrong, replay.out("sold for"), replay::describe);
        Path source = auction.resolve("Auction.java");
        String mended = Files.readString(source).replace("price = bid;", "price = highest;");
        assertTrue(mended.contains("price = highest;"), "what the README says to change is there");
        Files.writeString(source, mended);
        build(auction);
        /* By chance no round may have gone wrong: then there is nothing to mend. */
        MkProcess different = mk.start("replay", journal, "--instance", "host").ends(wrong.isEmpty() ? 0 : 1);
        assertEquals(wrong.isEmpty() ? "EQUAL" : "DIFFERENT", different.out().getLast(), different::describe);
    }
}
