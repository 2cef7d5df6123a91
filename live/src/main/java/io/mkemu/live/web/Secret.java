// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;

/** A random word that only the user and this process know: 256 bits in hexadecimal. Immutable; any thread. */
final class Secret {
    private static final int BYTES = 32;

    private final byte[] word;

    Secret() {
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        word = HexFormat.of().formatHex(random).getBytes(StandardCharsets.US_ASCII);
    }

    /** The word, for the user. */
    String word() {
        return new String(word, StandardCharsets.US_ASCII);
    }

    /** Whether somebody knows it; how long this takes does not tell how much of it was right. */
    boolean is(String given) {
        return given != null && MessageDigest.isEqual(word, given.getBytes(StandardCharsets.UTF_8));
    }
}
