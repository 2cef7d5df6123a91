// SPDX-License-Identifier: Apache-2.0
package io.mkemu.abi;

/** The mailbox of a machine; all its kernels have the same. The ordinal stands in the RAM header. */
public enum IpiMode {
    /** mkemu's own: nothing is lost, torn or repeated. The default. */
    QUEUED("queued"),
    /** The RFC, byte for byte and hazard for hazard. */
    SINGLE_SLOT("single-slot");

    private static final IpiMode[] ALL = values();

    private final String text;

    IpiMode(String text) {
        this.text = text;
    }

    /**
     * The mode of a number in a RAM header.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static IpiMode of(int number) {
        if (number < 0 || number >= ALL.length) {
            throw new IllegalArgumentException("IPI mode " + number + " is not 0 (queued) or 1 (single-slot)");
        }
        return ALL[number];
    }

    /**
     * The mode of a name.
     *
     * @throws IllegalArgumentException if it is none, in one line
     */
    public static IpiMode of(String name) {
        for (IpiMode mode : ALL) {
            if (mode.text.equals(name)) {
                return mode;
            }
        }
        throw new IllegalArgumentException("\"" + name + "\" is not an IPI mode; use \"queued\" or \"single-slot\"");
    }

    @Override
    public String toString() {
        return text;
    }
}
