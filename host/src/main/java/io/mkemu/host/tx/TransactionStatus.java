// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.tx;

import java.util.Locale;

/** What has become of a transaction; the words are those of the kernel's status file. */
public enum TransactionStatus {
    /** It is under way; for good if the host was killed in the midst of it. */
    PENDING,
    /** All of it is done. */
    APPLIED,
    /** It was refused; what it had done was taken back, unless its changes tell what could not be. */
    FAILED,
    /** It was applied, and a later transaction has undone it. */
    ROLLED_BACK;

    /** As it is printed: {@code rolled-back}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The status of a label.
     *
     * @throws IllegalArgumentException if there is none
     */
    static TransactionStatus of(String label) {
        for (TransactionStatus status : values()) {
            if (status.label().equals(label)) {
                return status;
            }
        }
        throw new IllegalArgumentException("no status of a transaction: " + label);
    }
}
