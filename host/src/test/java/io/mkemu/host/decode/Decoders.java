// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.decode;

import io.mkemu.module.PayloadDecoder;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;

/** Decoders as authors of modules may write them, good ones and bad ones. */
public final class Decoders {
    /** A type that each of them takes offence at; the good ones know 1. */
    static final int BAD = 2;

    private Decoders() {
    }

    /** Knows type 1: a number. */
    public static final class Good implements PayloadDecoder {
        @Override
        public String decode(int type, DirectBuffer payload) {
            return type == 1 ? "number " + payload.getInt(0, ByteOrder.LITTLE_ENDIAN) : null;
        }
    }

    /** Hangs, and a thread of its own too. */
    public static final class Hanging implements PayloadDecoder {
        @Override
        public String decode(int type, DirectBuffer payload) {
            new Thread(LockSupport::park).start();
            while (type == BAD) {
                LockSupport.park();
            }
            return "fine";
        }
    }

    /** Throws what is no exception, and reads behind the payload. */
    public static final class Throwing implements PayloadDecoder {
        @Override
        public String decode(int type, DirectBuffer payload) {
            if (type == BAD) {
                throw new AssertionError("no\n\u001b[2Jgood");
            }
            return type == 1 ? "fine" : "byte " + payload.getByte(payload.capacity());
        }
    }

    /** Ends its process, as an orderly program would. */
    public static final class Exiting implements PayloadDecoder {
        @Override
        public String decode(int type, DirectBuffer payload) {
            if (type == BAD) {
                System.exit(0);
            }
            return "fine";
        }
    }

    /** Cannot be made. */
    public static final class Unmade implements PayloadDecoder {
        public Unmade() {
            throw new IllegalStateException("not today");
        }

        @Override
        public String decode(int type, DirectBuffer payload) {
            return "never";
        }
    }

    /** Prints, says much, and asks for more memory than there is. */
    public static final class Huge implements PayloadDecoder {
        @Override
        public String decode(int type, DirectBuffer payload) {
            System.out.println("out of place");
            System.err.println("out of place");
            return type == BAD ? "x".repeat(Integer.MAX_VALUE - 8) : "\ud83d\ude00".repeat(8_000_000);
        }
    }

    /** Steers a terminal, a page and the line that it stands in. */
    public static final class Steering implements PayloadDecoder {
        static final String TEXT = "\u001b]0;x\u0007\"<script>alert(1)</script>\r\n\u202eevil\u2028 type=9\\";

        @Override
        public String decode(int type, DirectBuffer payload) {
            return TEXT;
        }
    }

    /** Writes where the answers go. */
    public static final class Junk implements PayloadDecoder {
        @Override
        public String decode(int type, DirectBuffer payload) throws IOException {
            new FileOutputStream(FileDescriptor.out).write("junk, and more of it".getBytes());
            return "fine";
        }
    }

    /** Leaves a process behind that holds what it has inherited. */
    public static final class Leaving implements PayloadDecoder {
        @Override
        public String decode(int type, DirectBuffer payload) throws IOException {
            new ProcessBuilder("sleep", "20").inheritIO().start();
            Runtime.getRuntime().halt(0);
            return "";
        }
    }
}
