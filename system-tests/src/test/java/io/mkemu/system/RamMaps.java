// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/** Which pages of a RAM file a process has mapped, as /proc/PID/maps shows it. */
final class RamMaps {
    private static final int PAGE_SHIFT = 12;

    private RamMaps() {
    }

    /** Page frame numbers. */
    static BitSet of(long pid, Path ram) throws IOException {
        BitSet pages = new BitSet();
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
            String[] fields = line.split(" +");
            if (fields.length == 6 && fields[5].equals(ram.toString())) {
                String[] range = fields[0].split("-");
                long size = Long.parseUnsignedLong(range[1], 16) - Long.parseUnsignedLong(range[0], 16);
                int first = (int) (Long.parseUnsignedLong(fields[2], 16) >>> PAGE_SHIFT);
                pages.set(first, first + (int) (size >>> PAGE_SHIFT));
            }
        }
        return pages;
    }
}
