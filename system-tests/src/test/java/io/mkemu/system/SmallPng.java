// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.imageio.ImageIO;

/** Pictures for the documents: with the 256 colours that are most of a picture, which make its file a third. */
final class SmallPng {
    private static final int COLORS = 256;
    /** Of each channel the upper bits: neighbours that nobody tells apart. */
    private static final int MASK = 0xf8f8f8;

    private SmallPng() {
    }

    /** Writes what is a PNG already. */
    static void write(byte[] png, Path file) throws IOException {
        BufferedImage full = ImageIO.read(new ByteArrayInputStream(png));
        Map<Integer, Map<Integer, Integer>> exact = new HashMap<>();
        int[] pixels = full.getRGB(0, 0, full.getWidth(), full.getHeight(), null, 0, full.getWidth());
        for (int pixel : pixels) {
            exact.computeIfAbsent(pixel & MASK, bucket -> new HashMap<>()).merge(pixel & 0xffffff, 1, Integer::sum);
        }
        /* Of each bucket the colour that is most of it, so that plain areas keep theirs. */
        int[] palette = exact.values().stream()
            .sorted((a, b) -> Integer.compare(sum(b), sum(a))).limit(COLORS)
            .mapToInt(bucket -> bucket.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey())
            .toArray();
        BufferedImage small = new BufferedImage(full.getWidth(), full.getHeight(), BufferedImage.TYPE_BYTE_INDEXED,
            new IndexColorModel(Byte.SIZE, palette.length, palette, 0, false, -1, 0));
        Map<Integer, Integer> nearest = new HashMap<>();
        for (int i = 0; i < pixels.length; i++) {
            int index = nearest.computeIfAbsent(pixels[i] & 0xffffff, color -> nearest(palette, color));
            small.getRaster().setSample(i % full.getWidth(), i / full.getWidth(), 0, index);
        }
        ImageIO.write(small, "png", file.toFile());
    }

    private static int sum(Map<Integer, Integer> bucket) {
        return bucket.values().stream().mapToInt(Integer::intValue).sum();
    }

    private static int nearest(int[] palette, int color) {
        int best = 0;
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < palette.length; i++) {
            int distance = square(palette[i] >> 16, color >> 16) + square(palette[i] >> 8, color >> 8)
                + square(palette[i], color);
            if (distance < least) {
                least = distance;
                best = i;
            }
        }
        return best;
    }

    private static int square(int one, int other) {
        int difference = (one & 0xff) - (other & 0xff);
        return difference * difference;
    }
}
