// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.strategy;

import java.util.SplittableRandom;

/**
 * Anybody who can go on, each with the same chance; but in a part of the runs whoever goes on does so for a while, as
 * on real CPUs, where interleavings are seldom fine.
 */
public final class RandomWalk implements Strategy {
    /* Of 256: the chance that he who went on last goes on. */
    private static final int[] STAYS = {0, 0, 128, 224, 250};
    private static final int ALL = 256;

    private SplittableRandom random;
    private int stays;

    @Override
    public void begins(SplittableRandom bits, int actors) {
        random = bits;
        stays = STAYS[bits.nextInt(STAYS.length)];
    }

    @Override
    public int choose(int[] ready, int count, int last) {
        if (stays > 0 && random.nextInt(ALL) < stays) {
            for (int index = 0; index < count; index++) {
                if (ready[index] == last) {
                    return index;
                }
            }
        }
        return random.nextInt(count);
    }

    @Override
    public String toString() {
        return "random";
    }
}
