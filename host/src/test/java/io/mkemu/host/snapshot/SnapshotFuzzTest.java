// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.snapshot;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.MachineException;
import io.mkemu.json.Json;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Snapshots that somebody has made up: read whole, or refused in a line. A seed that fails is in the message. */
@Timeout(300)
class SnapshotFuzzTest {
    private static final int ROUNDS = 10_000;
    private static final long[] WORDS = {0, -1, 1, 0x1000, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40, 0x7fffffff};

    /** Whether it was accepted. */
    private static boolean look(Path file, String which) throws IOException {
        try (SavedMachine saved = SavedMachine.read(file)) {
            SavedBox.text(saved.said());
            SavedBox.text(saved.machine());
            return true;
        } catch (MachineException refused) {
            assertFalse(refused.getMessage().contains("\n"), which + ": " + refused.getMessage());
            return false;
        } catch (RuntimeException | Error fault) {
            throw new AssertionError(which + ": " + fault, fault);
        }
    }

    @Test
    void noneEndsInAFault() throws IOException {
        Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-fuzz-");
        Path ram = directory.resolve("ram");
        Path file = directory.resolve("box.mksnap");
        try (SavedBox box = new SavedBox()) {
            byte[] said = Json.bytes(SavedBox.said().json());
            sparse(box.ram(), ram);
            SavedBox.write(ram, said, file);
            byte[] good = Files.readAllBytes(file);
            List<Integer> pages = pages(ram);
            int accepted = 0;
            for (int seed = 0; seed < ROUNDS; seed++) {
                Random random = new Random(seed);
                switch (seed % 4) {
                    case 0, 1 -> Files.write(file, scribble(good, random));
                    case 2 -> SavedBox.write(ram, scribble(said, random), file);
                    default -> inRam(ram, pages, random, () -> SavedBox.write(ram, said, file));
                }
                accepted += look(file, "seed " + seed) ? 1 : 0;
            }
            /* The checks are right of one in two: many of those are looked into. */
            assertTrue(accepted > ROUNDS / 8 && accepted < ROUNDS, accepted + " accepted");
        } finally {
            Files.deleteIfExists(ram);
            Files.deleteIfExists(file);
            Files.delete(directory);
        }
    }

    private static void sparse(Path from, Path to) throws IOException {
        try (FileChannel in = FileChannel.open(from); RandomAccessFile out = new RandomAccessFile(to.toFile(), "rw")) {
            out.setLength(in.size());
            ByteBuffer page = ByteBuffer.allocate(4096);
            for (long at = 0; at < in.size(); at += page.capacity()) {
                in.read(page.clear(), at);
                if (!isZero(page.array())) {
                    out.getChannel().write(page.flip(), at);
                }
            }
        }
    }

    private static boolean isZero(byte[] bytes) {
        for (byte one : bytes) {
            if (one != 0) {
                return false;
            }
        }
        return true;
    }

    private static List<Integer> pages(Path ram) throws IOException {
        List<Integer> pages = new ArrayList<>();
        byte[] bytes = Files.readAllBytes(ram);
        for (int at = 0; at < bytes.length; at += 4096) {
            if (!isZero(Arrays.copyOfRange(bytes, at, at + 4096))) {
                pages.add(at / 4096);
            }
        }
        return pages;
    }

    private static byte[] scribble(byte[] good, Random random) {
        byte[] bad = random.nextInt(8) == 0 ? Arrays.copyOf(good, random.nextInt(good.length + 100))
            : good.clone();
        for (int count = 1 + random.nextInt(8); count > 0 && bad.length > 0; count--) {
            /* Where most is said: at the beginning. */
            int at = random.nextInt(random.nextBoolean() ? bad.length : Math.min(bad.length, 2000));
            bad[at] = (byte) switch (random.nextInt(3)) {
                case 0 -> random.nextInt();
                case 1 -> "0123456789-{}[]\",:".charAt(random.nextInt(18));
                default -> bad[at] ^ 1 << random.nextInt(8);
            };
        }
        return bad;
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void inRam(Path ram, List<Integer> pages, Random random, Step step) throws IOException {
        try (FileChannel channel = FileChannel.open(ram, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            List<ByteBuffer> before = new ArrayList<>();
            List<Long> places = new ArrayList<>();
            for (int count = 1 + random.nextInt(6); count > 0; count--) {
                long at = pages.get(random.nextInt(pages.size())) * 4096L + random.nextInt(512) * 8L;
                ByteBuffer old = ByteBuffer.allocate(8);
                channel.read(old, at);
                places.add(at);
                before.add(old.flip());
                long word = random.nextInt(3) == 0 ? random.nextLong() : WORDS[random.nextInt(WORDS.length)];
                channel.write(ByteBuffer.allocate(8).putLong(0, random.nextBoolean() ? word : Long.reverseBytes(word)),
                    at);
            }
            step.run();
            for (int at = places.size() - 1; at >= 0; at--) {
                channel.write(before.get(at), places.get(at));
            }
        }
    }
}
