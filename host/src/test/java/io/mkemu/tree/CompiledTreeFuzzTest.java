// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.mkemu.dts.CompiledTree;
import io.mkemu.dts.DeviceTree;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.dts.Text;
import io.mkemu.fdt.FdtException;
import io.mkemu.fdt.FdtReader;
import io.mkemu.fdt.FdtWriter;
import io.mkemu.fdt.FlatTree;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever the bytes, reading ends with a machine that can be written again or with one clear line. */
class CompiledTreeFuzzTest {

    private static final long SEED = 20_261_130L;
    private static final int ROUNDS = 100_000;
    /** Writing and reading again takes longer than all the rest. */
    private static final int ROUND_TRIP = 16;
    private static final int[] WORDS = {0, 1, 2, 3, 4, 9, 16, 17, 18, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x28,
        0x38, 0xff, 0x1000, 0x61000000, 0xd00dfeed};
    private static final byte[] SEED_TREE = FdtWriter.write(new FlatTree(
            List.of(new FlatTree.Reservation(0x1000, 0x2000)), 1,
            CompiledTree.flatten(DeviceTree.parse("seed.dts", Trees.GOOD)).root()));

    @Test
    @Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void everyMutationEndsWell() {
        Random random = new Random(SEED);
        int trees = 0;
        int machines = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] file = mutate(random);
            try {
                FlatTree tree = FdtReader.read(file);
                if (round % ROUND_TRIP == 0) {
                    assertEquals(tree, FdtReader.read(FdtWriter.write(tree)));
                }
                trees++;
            } catch (FdtException refused) {
                assertTrue(refused.offset() >= 0 && refused.offset() <= file.length, refused.getMessage());
            }
            try {
                MachineSpec machine = MachineSpec.parse("f.dtb", file, Marked.BASE);
                if (round % ROUND_TRIP == 0) {
                    assertEquals(machine, MachineSpec.parse("w.dts", DeviceTreeWriter.write(machine), Marked.BASE));
                }
                machines++;
            } catch (DeviceTreeException refused) {
                assertClear(refused.getMessage());
            } catch (RuntimeException | StackOverflowError e) {
                fail("round " + round + " of seed " + SEED + ": " + Arrays.toString(file), e);
            }
        }
        assertTrue(trees > 1000 && trees < ROUNDS - 1000 && machines > 1000 && machines < trees,
                "mutations should do all: " + trees + " trees, " + machines + " machines");
    }

    private static void assertClear(String message) {
        assertTrue(message.matches("f\\.dtb: (offset 0x[0-9a-f]+: |is neither UTF-8 text).*|f\\.dtb:\\d+:\\d+: .*"),
                message);
        assertTrue(message.codePoints().allMatch(Text::isPrintable), message);
        assertTrue(message.length() < 500, message);
    }

    private static byte[] mutate(Random random) {
        byte[] file = SEED_TREE.clone();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            int at = random.nextInt(file.length);
            int word = Math.min(at, file.length - Integer.BYTES) & -Integer.BYTES;
            int length = Math.min(file.length - at, 1 + random.nextInt(16));
            switch (random.nextInt(8)) {
                case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> file[at] = (byte) random.nextInt(256);
                case 2 -> put(file, word, WORDS[random.nextInt(WORDS.length)]);
                case 3 -> put(file, random.nextInt(10) * Integer.BYTES, WORDS[random.nextInt(WORDS.length)]);
                case 4 -> put(file, word, ByteBuffer.wrap(file).getInt(word) + random.nextInt(9) - 4);
                case 5 -> System.arraycopy(file, at, file, random.nextInt(file.length - length + 1), length);
                case 6 -> Arrays.fill(file, at, at + length, (byte) (random.nextBoolean() ? 0 : 'a'));
                default -> file = Arrays.copyOf(file,
                        random.nextInt(8) == 0 ? Math.max(Integer.BYTES * 10, word) : file.length);
            }
        }
        return file;
    }

    private static void put(byte[] file, int at, int word) {
        if (at + Integer.BYTES <= file.length) {
            ByteBuffer.wrap(file).putInt(at, word);
        }
    }
}
