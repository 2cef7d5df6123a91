// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Tells whether the files of modules are those that were recorded. */
public final class ModuleDigests {
    private ModuleDigests() {
    }

    /**
     * SHA-256 of a module's file.
     *
     * @param module as it was loaded: the path of its file, or a built-in's name
     * @return in hex; "" if it is no file that can be read
     */
    public static String of(String module) {
        Path file = Path.of(module);
        if (!Files.isRegularFile(file)) {
            return "";
        }
        try (InputStream bytes = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(bytes, digest).transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException unreadable) {
            return "";
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * Compares modules with what was recorded of them.
     *
     * @param modules names as they were loaded
     * @param digests as {@link #of} gave them then, in the same order; there may be fewer
     * @return a line for each module that is not what it was
     */
    public static List<String> changed(List<String> modules, List<String> digests) {
        List<String> changed = new ArrayList<>();
        for (int module = 0; module < modules.size(); module++) {
            String name = modules.get(module);
            String then = module < digests.size() ? digests.get(module) : "";
            if (!then.isEmpty() && !then.equals(of(name))) {
                changed.add("module " + name + " is not the file that was recorded: it has been changed since");
            }
        }
        return changed;
    }
}
