// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import io.mkemu.bench.peer.LayerWire.Layer;
import java.nio.file.Path;
import java.util.List;

/** The Java peers. */
enum Peer {
    CACHELINE("cacheline-java", directory -> null, (directory, index) -> null),
    ONE_TO_ONE("agrona-1to1", directory -> RingWire.main(directory, false),
        (directory, index) -> RingWire.child(directory, false, index)),
    MANY_TO_ONE("agrona-mto1", directory -> RingWire.main(directory, true),
        (directory, index) -> RingWire.child(directory, true, index)),
    AERON("aeron-ipc", AeronWire::main, (directory, index) -> AeronWire.child(directory)),
    CHRONICLE("chronicle-queue", directory -> new ChronicleWire(directory, true),
        (directory, index) -> new ChronicleWire(directory, false), "-Dchronicle.announcer.disable=true"),
    NIO_UNIX("nio-unix", NioMain::new, (directory, index) -> NioStream.connect(directory)),
    SLOTS("slots", SlotWire::main, (directory, index) -> SlotWire.child(directory)),
    LANE("lane", directory -> LayerWire.main(directory, Layer.LANE),
        (directory, index) -> LayerWire.child(directory, Layer.LANE)),
    RECEIVER("receiver", directory -> LayerWire.main(directory, Layer.RECEIVER),
        (directory, index) -> LayerWire.child(directory, Layer.RECEIVER)),
    SENDER("sender", directory -> LayerWire.main(directory, Layer.SENDER),
        (directory, index) -> LayerWire.child(directory, Layer.SENDER));

    private interface MainEnd {
        Wire open(Path directory) throws Exception;
    }

    private interface ChildEnd {
        Wire open(Path directory, int index) throws Exception;
    }

    private final String title;
    private final MainEnd main;
    private final ChildEnd child;
    private final List<String> flags;

    Peer(String title, MainEnd main, ChildEnd child, String... flags) {
        this.title = title;
        this.main = main;
        this.child = child;
        this.flags = List.of(flags);
    }

    static Peer of(String name) {
        for (Peer peer : values()) {
            if (peer.title.equals(name)) {
                return peer;
            }
        }
        throw new IllegalArgumentException("no peer " + name);
    }

    String title() {
        return title;
    }

    /** The main process's end; null if it carries no messages. */
    Wire main(Path directory) throws Exception {
        return main.open(directory);
    }

    /** A child's end; the main process's is there. */
    Wire child(Path directory, int index) throws Exception {
        return child.open(directory, index);
    }

    /** JVM flags it needs beside mkemu's. */
    List<String> flags() {
        return flags;
    }
}
