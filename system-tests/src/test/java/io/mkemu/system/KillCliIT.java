// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clients that die at any moment: the machine they leave is one that show and the next verb accept. */
@Timeout(300)
class KillCliIT {
    private static final int CUT_OFF = 160;
    private static final int KILLED = 40;
    private static final int LONGEST_MILLIS = 900;
    private static final int EVERY = 10;

    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void aClientThatDiesLeavesAMachineThatGoesOn() throws Exception {
        mk.start("init", "--machine", "cut", "--cpus", "0-3", "--memory", "32M").ends(0);
        Bookkeeping books = new Bookkeeping(mk, "cut");
        List<String> before = mk.start("iomem").ends(0).out();
        long pid = books.check().get("machine").get("pid").asLong();
        long sockets = sockets(pid);
        Random random = new Random(42);
        for (int i = 0; i < CUT_OFF; i++) {
            cutOff(random);
            if (i % EVERY == 0) {
                books.check();
            }
        }
        for (int i = 0; i < KILLED; i++) {
            MkProcess client = mk.start(RandomVerb.next(random).line().toArray());
            Thread.sleep(random.nextInt(LONGEST_MILLIS));
            client.kill();
            if (i % EVERY == 0) {
                books.check();
            }
        }
        mk.start("show", "-v").ends(0);
        books.clear();
        assertEquals(before, mk.start("iomem").ends(0).out());
        mk.start("create", "next", "--cpus", "1", "--memory", "8M").ends(0);
        mk.start("load", "next", "--modules", "echo").ends(0);
        mk.start("exec", "next").ends(0);
        /* A connection whose client is gone ends at the latest when its request does. */
        while (sockets(pid) > sockets) {
            Thread.sleep(10);
        }
        assertTrue(Procs.instances(mk.machine("cut")).size() == 1);
        mk.start("shutdown").ends(0);
    }

    /** Sends a request up to any of its bytes, reads any number of bytes of the answer or none, and is gone. */
    private void cutOff(Random random) throws IOException {
        byte[] bytes = (RandomVerb.next(random).request() + "\n").getBytes(StandardCharsets.UTF_8);
        int sent = random.nextInt(3) == 0 ? random.nextInt(bytes.length) : bytes.length;
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(
            mk.machine("cut").resolve("control")))) {
            ByteBuffer request = ByteBuffer.wrap(bytes, 0, sent);
            while (request.hasRemaining()) {
                client.write(request);
            }
            if (sent == bytes.length && random.nextInt(3) == 0) {
                client.read(ByteBuffer.allocate(1 + random.nextInt(100)));
            }
        }
    }

    private static long sockets(long pid) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return all.filter(fd -> {
                try {
                    return Files.readSymbolicLink(fd).toString().startsWith("socket:");
                } catch (IOException closedMeanwhile) {
                    return false;
                }
            }).count();
        }
    }
}
