// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.history;

/**
 * Whose operation it is: one life of a kernel. A simulator makes one for each life.
 *
 * @param instance 0..255; 0 is the host
 * @param name     of the instance
 * @param life     which one, from 1
 */
public record Caller(int instance, String name, long life) {
    /** As a report names it; the life only where there was more than one. */
    @Override
    public String toString() {
        return life == 1 ? name : name + ", life " + life;
    }
}
