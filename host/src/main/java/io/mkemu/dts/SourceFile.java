// SPDX-License-Identifier: Apache-2.0
package io.mkemu.dts;

import io.mkemu.fdt.Fdt;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a file with a tree whole, at most 1 MiB: a source in UTF-8, or a compiled tree; its begin tells which. */
public final class SourceFile {

    public static final int MAX_BYTES = Fdt.MAX_BYTES;
    /** S_IFMT and S_IFIFO. */
    private static final int TYPE = 0xF000;
    private static final int PIPE = 0x1000;

    private SourceFile() {
    }

    public static Tree read(Path path) {
        if (Files.exists(path) && !Files.isRegularFile(path) && !isPipe(path)) {
            String what = Files.isDirectory(path) ? "is a directory" : "is not a regular file";
            throw error(path.toString(), what + ": name a device tree (.dts, .dtb)", null);
        }
        try (InputStream in = Files.newInputStream(path)) {
            return read(path.toString(), in);
        } catch (NoSuchFileException e) {
            throw error(path.toString(), "no such file: name an existing device tree (.dts, .dtb)", e);
        } catch (AccessDeniedException e) {
            throw error(path.toString(), "permission denied: make the file readable for this user", e);
        } catch (IOException e) {
            throw error(path.toString(), "cannot be read: " + Text.printable(String.valueOf(e.getMessage())), e);
        }
    }

    /** Reads a stream that messages call by this name. */
    public static Tree read(String name, InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
            throw error(name, "is larger than 1 MiB: name a device tree of at most 1 MiB", null);
        }
        return parse(name, bytes);
    }

    /** The tree that is in these bytes, which messages call by this name. */
    public static Tree parse(String name, byte[] bytes) {
        if (Fdt.isFlattened(bytes)) {
            return new Tree(CompiledTree.read(name, bytes), Tree.Dialect.COMPILED);
        }
        try {
            return DeviceTree.parseTree(name,
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            throw error(name, "is neither UTF-8 text nor a compiled tree: name a device tree, .dts or .dtb", e);
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

    private static DeviceTreeException error(String name, String text, IOException cause) {
        return new DeviceTreeException(name, Position.NONE, text, cause);
    }
}
