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

/** Tells whether the jars of modules are those that were recorded. */
public final class ModuleDigests {
    private ModuleDigests() {
    }

    /**
     * SHA-256 of a module's jar.
     *
     * @param module as it was loaded: the path of a jar, or a built-in's name
     * @return in hex; "" if it is no file that can be read
     */
    public static String of(String module) {
        Path jar = Path.of(module);
        if (!Files.isRegularFile(jar)) {
            return "";
        }
        try (InputStream bytes = Files.newInputStream(jar)) {
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
                changed.add("module " + name + " is not the jar that was recorded: it has been changed since");
            }
        }
        return changed;
    }
}
