// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory for a journal, on disk as a user's would be: the one for temporary files.
 *
 * @param directory it
 */
record JournalPlace(Path directory) implements AutoCloseable {
    static JournalPlace make() throws IOException {
        return new JournalPlace(Files.createTempDirectory("mkemu-bench-journal-"));
    }

    @Override
    public void close() throws IOException {
        Scratch.delete(directory);
    }
}
