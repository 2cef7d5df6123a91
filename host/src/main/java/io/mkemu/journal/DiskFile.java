// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import io.mkemu.os.OsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Files of a journal: made with every page in its place, removed with all that is in them. */
public final class DiskFile {
    private DiskFile() {
    }

    /**
     * Makes a file of zeros, all of which are on the disk.
     *
     * @throws IOException if the disk has not so much room; there is no file then
     */
    static void create(Path path, long bytes) throws IOException {
        try (OsFile file = OsFile.create(path)) {
            file.allocate(bytes);
        } catch (IOException | RuntimeException | Error fault) {
            Files.deleteIfExists(path);
            throw fault;
        }
    }

    /** Removes a directory and what is in it; nothing if it is gone. */
    public static void deleteTree(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(directory)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException gone) {
            return;
        }
        for (Path file : all) {
            Files.deleteIfExists(file);
        }
    }

    /** Bytes of all files in a directory; 0 if it is gone. */
    static long size(Path directory) throws IOException {
        long size = 0;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                size += Files.size(file);
            }
        } catch (NoSuchFileException gone) {
            return size;
        }
        return size;
    }
}
