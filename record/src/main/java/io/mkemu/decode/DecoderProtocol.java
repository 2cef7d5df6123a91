// SPDX-License-Identifier: Apache-2.0
package io.mkemu.decode;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the process of a jar's decoders is asked and answers, on its stdin and stdout. Big-endian.
 *
 * <pre>
 *  request  u32 number, from 1; u32 type; u16 length; payload
 *  answer   u32 number; u8 kind; u16 length; text, UTF-8
 * </pre>
 *
 * Answer 0 is not asked for: the decoders are there, or why they are not.
 */
public final class DecoderProtocol {
    /** Bytes of the longest text that is passed on. */
    public static final int MAX_TEXT = 1024;
    private static final int MAX_PAYLOAD = 0xffff;

    /** Of which kind an answer is. */
    public enum Kind {
        /** The text of a payload; of answer 0 empty. */
        TEXT,
        /** No decoder knows the payload. */
        NONE,
        /** A decoder threw: what. */
        FAULT
    }

    /** A payload that is to be decoded. */
    record Request(int number, int type, byte[] payload) {
    }

    /** What came of it. */
    public record Answer(int number, Kind kind, String text) {
    }

    private DecoderProtocol() {
    }

    /** Asks. */
    public static void ask(DataOutputStream to, int number, int type, byte[] payload) throws IOException {
        to.writeInt(number);
        to.writeInt(type);
        to.writeShort(Math.min(payload.length, MAX_PAYLOAD));
        to.write(payload, 0, Math.min(payload.length, MAX_PAYLOAD));
        to.flush();
    }

    static Request request(DataInputStream from) throws IOException {
        return new Request(from.readInt(), from.readInt(), from.readNBytes(from.readUnsignedShort()));
    }

    static void answer(DataOutputStream to, Answer answer) throws IOException {
        String text = answer.text();
        /* A long one is not turned into bytes as a whole. */
        byte[] bytes = text.substring(0, Math.min(text.length(), MAX_TEXT)).getBytes(StandardCharsets.UTF_8);
        bytes = bytes.length <= MAX_TEXT ? bytes : Arrays.copyOf(bytes, MAX_TEXT);
        to.writeInt(answer.number());
        to.writeByte(answer.kind().ordinal());
        to.writeShort(bytes.length);
        to.write(bytes);
        to.flush();
    }

    /**
     * The next answer.
     *
     * @throws IOException if there is none any more, or what comes is no answer
     */
    public static Answer answer(DataInputStream from) throws IOException {
        int number = from.readInt();
        int kind = from.readUnsignedByte();
        int length = from.readUnsignedShort();
        if (kind >= Kind.values().length || length > MAX_TEXT) {
            throw new IOException("what it writes is no answer");
        }
        return new Answer(number, Kind.values()[kind], new String(from.readNBytes(length), StandardCharsets.UTF_8));
    }
}
