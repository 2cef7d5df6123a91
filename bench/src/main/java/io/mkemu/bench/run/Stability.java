// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Whether a series of windows of time has settled, so that what is measured next is what it will stay. It holds the
 * newest windows against as many before them, by their medians: one window that was disturbed decides nothing, and a
 * drift that is too slow for two neighbours to show it is seen. One thread.
 */
final class Stability {
    /** Windows in each of the two groups. */
    static final int GROUP = 3;
    private static final double NEAR = 0.05;
    /* A tail is noisier than a median. */
    private static final double FALL = 0.1;

    /**
     * What a window saw.
     *
     * @param rate of trips or messages
     * @param p50  of trips, 0 where only messages are counted
     * @param p999 of trips, 0 where only messages are counted
     */
    record Window(double rate, double p50, double p999) {
    }

    private final List<Window> windows = new ArrayList<>();

    void add(Window window) {
        windows.add(window);
    }

    /**
     * Whether rate and p50 are within 5 % of what they were, and p99.9 has not fallen by a tenth. Not before there are
     * two groups of windows.
     */
    boolean isStable() {
        return windows.size() >= 2 * GROUP && isNear(Window::rate) && isNear(Window::p50)
            && median(Window::p999, 0) >= (1 - FALL) * median(Window::p999, GROUP);
    }

    private boolean isNear(ToDoubleFunction<Window> value) {
        double before = median(value, GROUP);
        return Math.abs(median(value, 0) - before) <= NEAR * before;
    }

    /** Of a group that ends so many windows before the end. */
    private double median(ToDoubleFunction<Window> value, int behind) {
        int end = windows.size() - behind;
        return windows.subList(end - GROUP, end).stream().mapToDouble(value).sorted().skip(GROUP / 2).findFirst()
            .orElseThrow();
    }

    /** How many windows there are. */
    int length() {
        return windows.size();
    }

    /** p99.9 in the first window. */
    double firstTail() {
        return windows.getFirst().p999();
    }

    /** The median p99.9 of the newest windows. */
    double lastTail() {
        return windows.size() < GROUP ? windows.getLast().p999() : median(Window::p999, 0);
    }
}
