// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.DeviceTree;
import io.mkemu.dts.Node;
import io.mkemu.dts.SourceFile;
import io.mkemu.dts.SourceText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * What an overlay changes of a machine that runs, checked by itself.
 *
 * @param changes in the order in which they are to be made
 * @param unused  paths of what is read and not emulated
 * @param source  the overlay as source in one line, for whoever makes them
 */
public record Overlay(List<Change> changes, List<String> unused, String source) {

    public Overlay {
        changes = List.copyOf(changes);
        unused = List.copyOf(unused);
    }

    /** One change. */
    public sealed interface Change {
    }

    /**
     * An instance to be made.
     *
     * @param instance what it is; id 0: the lowest free one
     */
    public record Create(InstanceSpec instance) implements Change {
    }

    /**
     * An instance to be removed.
     *
     * @param name its name
     */
    public record Remove(String name) implements Change {
    }

    /**
     * Other CPUs and memory for an instance.
     *
     * @param name        its name
     * @param addCpus     CPUs that come
     * @param removeCpus  CPUs that go
     * @param addBytes    memory that comes, in bytes, a multiple of 4096; 0 for none
     * @param removeBytes memory that goes, as addBytes
     */
    public record Update(String name, List<Integer> addCpus, List<Integer> removeCpus, long addBytes,
                         long removeBytes) implements Change {
        public Update {
            addCpus = List.copyOf(addCpus);
            removeCpus = List.copyOf(removeCpus);
        }
    }

    /**
     * Reads a file, source or compiled.
     *
     * @throws io.mkemu.dts.DeviceTreeException if it is wrong, or wants what cannot be done
     */
    public static Overlay read(Path path) {
        return new OverlayReader(path.toString()).read(SourceFile.read(path).root());
    }

    /**
     * Reads a stream, source or compiled.
     *
     * @param name of the stream, for messages
     * @throws io.mkemu.dts.DeviceTreeException if it is wrong, or wants what cannot be done
     * @throws IOException                      if it cannot be read
     */
    public static Overlay read(String name, InputStream in) throws IOException {
        return new OverlayReader(name).read(SourceFile.read(name, in).root());
    }

    /**
     * Parses a source.
     *
     * @param file name of the source, for messages
     * @throws io.mkemu.dts.DeviceTreeException if it is wrong, or wants what cannot be done
     */
    public static Overlay parse(String file, String source) {
        return new OverlayReader(file).read(DeviceTree.parse(file, source));
    }

    /** The tree as source without control characters. */
    static String oneLine(Node root) {
        return ("/dts-v1/; /plugin/; " + SourceText.of(root)).replace('\n', ' ').replace('\t', ' ');
    }
}
