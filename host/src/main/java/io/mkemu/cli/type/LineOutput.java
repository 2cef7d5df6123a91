// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.os.StandardStreams;
import java.io.OutputStream;
import java.io.PrintStream;

/** Many lines for stdout, written in large pieces; sees it when nobody reads them any more. Not thread-safe. */
public final class LineOutput extends OutputStream {
    private static final int PIECE = 1 << 16;

    private final PrintStream out;
    private final byte[] piece = new byte[PIECE];
    private int filled;
    private boolean broken;

    public LineOutput(PrintStream out) {
        this.out = out;
    }

    /** Writes a line. */
    public void line(CharSequence text) {
        byte[] bytes = text.toString().getBytes(out.charset());
        write(bytes, 0, bytes.length);
        write('\n');
    }

    @Override
    public void write(int b) {
        if (filled == PIECE) {
            flush();
        }
        piece[filled++] = (byte) b;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        for (int done = 0; done < length;) {
            if (filled == PIECE) {
                flush();
            }
            int part = Math.min(length - done, PIECE - filled);
            System.arraycopy(bytes, offset + done, piece, filled, part);
            filled += part;
            done += part;
        }
    }

    @Override
    public void flush() {
        out.write(piece, 0, filled);
        filled = 0;
        broken = out.checkError();
    }

    /**
     * Whether nobody reads stdout any more, for somebody who has nothing to write: a write would tell. Then one is
     * made, because by its failure {@code Main} knows how to exit.
     */
    static boolean isUnread() {
        if (StandardStreams.isOutputUnread()) {
            System.out.println();
            return System.out.checkError();
        }
        return false;
    }

    /** There is nothing to write for now. */
    public void idle() {
        flush();
        broken |= isUnread();
    }

    /** Whether a former {@link #flush} found that nobody reads any more. */
    public boolean isBroken() {
        return broken;
    }
}
