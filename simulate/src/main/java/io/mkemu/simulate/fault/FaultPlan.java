// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.fault;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Plans the faults of a run: few, since a bug that needs many is seldom worth as much as one that needs one. */
public final class FaultPlan {
    private static final int MOST_FAULTS = 3;
    private static final long MOST_PAUSE_NANOS = 20_000_000;
    private static final long MOST_SLOW_NANOS = 100_000;
    private static final long MOST_LATE_NANOS = 2_000_000;

    private FaultPlan() {
    }

    /**
     * Plans.
     *
     * @param wanted    kinds that may happen
     * @param instances how many there are
     * @param length how many points a run has, about
     */
    public static List<Fault> of(Set<FaultKind> wanted, int instances, SplittableRandom random, long length) {
        List<Fault> planned = new ArrayList<>();
        if (wanted.contains(FaultKind.BOOT)) {
            for (int index = 0; index < instances; index++) {
                planned.add(new Fault(FaultKind.BOOT, 0, index, random.nextBoolean() ? 0
                    : upTo(random, MOST_LATE_NANOS)));
            }
        }
        List<FaultKind> kinds = new ArrayList<>();
        for (FaultKind kind : FaultKind.values()) {
            boolean strikes = switch (kind) {
                case KILL, MID_SEND, PAUSE, SLOW, HOST -> wanted.contains(kind);
                case RESTART, FULL, BOOT -> false;
            };
            if (strikes) {
                kinds.add(kind);
            }
        }
        if (wanted.contains(FaultKind.RESTART) && !kinds.contains(FaultKind.KILL)) {
            kinds.add(FaultKind.KILL);
        }
        if (!kinds.isEmpty()) {
            int count = random.nextInt(MOST_FAULTS + 1);
            for (int fault = 0; fault < count; fault++) {
                planned.add(one(kinds.get(random.nextInt(kinds.size())), random, length));
            }
        }
        planned.sort(Comparator.comparingLong(Fault::step));
        return planned;
    }

    private static Fault one(FaultKind kind, SplittableRandom random, long length) {
        long step = random.nextLong(Math.max(1, length));
        int index = random.nextInt(1 << 20);
        return new Fault(kind, step, index, switch (kind) {
            case PAUSE, HOST -> upTo(random, MOST_PAUSE_NANOS);
            case SLOW -> upTo(random, MOST_SLOW_NANOS);
            default -> upTo(random, MOST_LATE_NANOS);
        });
    }

    /* From 100 ns, each order of magnitude with the same chance. */
    private static long upTo(SplittableRandom random, long most) {
        return (long) (100 * StrictMath.pow(most / 100.0, random.nextDouble()));
    }
}
