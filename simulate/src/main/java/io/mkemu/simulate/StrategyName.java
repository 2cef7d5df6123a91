// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import io.mkemu.simulate.strategy.Exhaustive;
import io.mkemu.simulate.strategy.Pct;
import io.mkemu.simulate.strategy.RandomWalk;
import io.mkemu.simulate.strategy.Strategy;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A strategy, as a user names it.
 *
 * @param kind  which
 * @param depth of PCT: 1..10; of EXHAUSTIVE: choices of an execution at the most, 1..1,000,000; else 0
 */
record StrategyName(Kind kind, int depth) {
    /** The strategies. */
    enum Kind { RANDOM, PCT, EXHAUSTIVE }

    static final StrategyName RANDOM = new StrategyName(Kind.RANDOM, 0);
    private static final int DEFAULT_CHOICES = 1000;

    /** For picocli. */
    static final class Converter implements ITypeConverter<StrategyName> {
        @Override
        public StrategyName convert(String text) {
            if (text.equals("random")) {
                return RANDOM;
            }
            if (text.matches("pct:([1-9]|10)")) {
                return new StrategyName(Kind.PCT, Integer.parseInt(text.substring("pct:".length())));
            }
            if (text.equals("exhaustive")) {
                return new StrategyName(Kind.EXHAUSTIVE, DEFAULT_CHOICES);
            }
            if (text.matches("exhaustive:([1-9][0-9]{0,5}|1000000)")) {
                return new StrategyName(Kind.EXHAUSTIVE, Integer.parseInt(text.substring("exhaustive:".length())));
            }
            throw new TypeConversionException("'" + text + "' is not a strategy: random, pct:D with D in 1..10, "
                + "exhaustive, or exhaustive:K with K in 1..1000000");
        }
    }

    /**
     * A new one.
     *
     * @param length how many points a run has, about
     */
    Strategy make(long length) {
        return switch (kind) {
            case RANDOM -> new RandomWalk();
            case PCT -> new Pct(depth, length);
            case EXHAUSTIVE -> new Exhaustive(depth);
        };
    }

    @Override
    public String toString() {
        return switch (kind) {
            case RANDOM -> "random";
            case PCT -> "pct:" + depth;
            case EXHAUSTIVE -> "exhaustive:" + depth;
        };
    }
}
