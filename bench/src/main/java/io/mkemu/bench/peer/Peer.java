// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import java.nio.file.Path;
import java.util.List;

/** The Java peers. */
enum Peer {
    CACHELINE("cacheline-java") {
        @Override
        Wire main(Path directory) {
            return null;
        }

        @Override
        Wire child(Path directory, int index) {
            return null;
        }
    },
    ONE_TO_ONE("agrona-1to1") {
        @Override
        Wire main(Path directory) {
            return RingWire.main(directory, false);
        }

        @Override
        Wire child(Path directory, int index) {
            return RingWire.child(directory, false, index);
        }
    },
    MANY_TO_ONE("agrona-mto1") {
        @Override
        Wire main(Path directory) {
            return RingWire.main(directory, true);
        }

        @Override
        Wire child(Path directory, int index) {
            return RingWire.child(directory, true, index);
        }
    },
    AERON("aeron-ipc") {
        @Override
        Wire main(Path directory) {
            return AeronWire.main(directory);
        }

        @Override
        Wire child(Path directory, int index) {
            return AeronWire.child(directory);
        }
    },
    CHRONICLE("chronicle-queue") {
        @Override
        Wire main(Path directory) {
            return new ChronicleWire(directory, true);
        }

        @Override
        Wire child(Path directory, int index) {
            return new ChronicleWire(directory, false);
        }

        @Override
        List<String> flags() {
            return List.of("-Dchronicle.announcer.disable=true");
        }
    },
    NIO_UNIX("nio-unix") {
        @Override
        Wire main(Path directory) throws Exception {
            return new NioMain(directory);
        }

        @Override
        Wire child(Path directory, int index) throws Exception {
            return new NioChild(directory);
        }
    };

    private final String title;

    Peer(String title) {
        this.title = title;
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

    /** The main process's end. */
    abstract Wire main(Path directory) throws Exception;

    /** A child's end; the main process's is there. */
    abstract Wire child(Path directory, int index) throws Exception;

    /** JVM flags it needs beside mkemu's. */
    List<String> flags() {
        return List.of();
    }
}
