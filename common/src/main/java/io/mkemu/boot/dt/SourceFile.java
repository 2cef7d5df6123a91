// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot.dt;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a source file whole: UTF-8, at most 1 MiB. */
final class SourceFile {

    static final int MAX_BYTES = 1 << 20;
    /** S_IFMT and S_IFIFO. */
    private static final int TYPE = 0xF000;
    private static final int PIPE = 0x1000;

    private SourceFile() {
    }

    static String read(Path path) {
        if (Files.exists(path) && !Files.isRegularFile(path) && !isPipe(path)) {
            String what = Files.isDirectory(path) ? "is a directory" : "is not a regular file";
            throw error(path, what + ": name a device tree source (.dts)", null);
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw error(path, "no such file: name an existing device tree source (.dts)", e);
        } catch (AccessDeniedException e) {
            throw error(path, "permission denied: make the file readable for this user", e);
        } catch (IOException e) {
            throw error(path, "cannot be read: " + Text.printable(String.valueOf(e.getMessage())), e);
        }
        if (bytes.length > MAX_BYTES) {
            throw error(path, "is larger than 1 MiB: name a device tree source (.dts) of at most 1 MiB", null);
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw error(path, "is not UTF-8 text: name a device tree source (.dts), not a compiled tree (.dtb)", e);
        }
    }

    /** As a shell's <(...) is. */
    private static boolean isPipe(Path path) {
        try {
            return ((Integer) Files.getAttribute(path, "unix:mode") & TYPE) == PIPE;
        } catch (IOException hidden) {
            return false;
        }
    }

    private static DeviceTreeException error(Path path, String text, IOException cause) {
        return new DeviceTreeException(path.toString(), Position.NONE, text, cause);
    }
}
