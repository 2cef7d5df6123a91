// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.mkemu;

/** Prints a line: the least that a JVM can do for its user. The verbs of the command line are held against it. */
public final class LineMain {
    private LineMain() {
    }

    /** LineMain. */
    public static void main(String[] args) {
        System.out.println("a line");
    }
}
