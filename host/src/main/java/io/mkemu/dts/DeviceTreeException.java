// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

/**
 * A device tree cannot be used. The message is one complete line for the user, {@code FILE:LINE:COLUMN: text}, of a
 * compiled tree {@code FILE: offset 0x48: text}, or {@code FILE: text} if the whole file is meant.
 */
public final class DeviceTreeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final int line;
    private final int column;
    private final String text;

    /**
     * @param file     name of the source as the user gave it
     * @param position place of the offending text, {@link Position#NONE} for the whole file
     * @param text     one line: what was found and what would be right
     */
    public DeviceTreeException(String file, Position position, String text) {
        this(file, position, text, null);
    }

    /**
     * @param file     name of the source as the user gave it
     * @param position place of the offending text, {@link Position#NONE} for the whole file
     * @param text     one line: what was found and what would be right
     * @param cause    what the system reported, or null
     */
    public DeviceTreeException(String file, Position position, String text, Throwable cause) {
        super(file + position.inMessage() + ": " + text, cause);
        this.file = file;
        this.line = position.line();
        this.column = position.column();
        this.text = text;
    }

    /** What was found and what would be right, without the place. */
    public String text() {
        return text;
    }

    /** Name of the source as the user gave it. */
    public String file() {
        return file;
    }

    /** 1-based line, 0 if the whole file is meant or the tree is compiled. */
    public int line() {
        return line;
    }

    /** 1-based column in code points, 0 where the line is 0. */
    public int column() {
        return column;
    }
}
