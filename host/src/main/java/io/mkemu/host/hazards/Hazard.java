// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

/** One of the fifteen hazards of the RFC's framework: how it is provoked, and how one tells that it shows. */
interface Hazard {
    /**
     * What a reader is told of a hazard.
     *
     * @param number      its place in the list, 1..15
     * @param title       what goes wrong, in a few words
     * @param function    the function of the RFC in which it lies
     * @param explanation why it happens, and what the queued mailbox does instead, in one line
     */
    record Label(int number, String title, String function, String explanation) {
    }

    /** What a reader is told. */
    Label label();

    /**
     * Provokes it on a machine of either mailbox, by the same steps as far as both know the calls.
     *
     * @return what was counted
     * @throws HazardException if a kernel did not do its part in time, so that nothing can be said
     */
    Outcome run(Stage stage);

    /** The type of its messages: each hazard has its own, so that none sees another's. */
    default int type() {
        return 0x100 * label().number();
    }
}
