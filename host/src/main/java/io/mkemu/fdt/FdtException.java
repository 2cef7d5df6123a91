// SPDX-License-Identifier: Apache-2.0
package io.mkemu.fdt;

/** A flattened device tree cannot be read. The message is one line: what is wrong and what to do. */
public final class FdtException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int offset;

    /**
     * A mistake at a place.
     *
     * @param offset of the offending byte from the begin of the file, at most the file's length
     * @param text   one line: what was found and what to do
     */
    public FdtException(int offset, String text) {
        super(text);
        this.offset = offset;
    }

    /** Offset of the offending byte from the begin of the file. */
    public int offset() {
        return offset;
    }
}
