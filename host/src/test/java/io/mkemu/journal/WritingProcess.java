// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/** Told to, it writes documents as fast as it can, until it is killed. Arguments: the journal's directory, a seed. */
final class WritingProcess {
    static final String READY = "ready";
    private static final int MOST_RECORDS = 300;

    private WritingProcess() {
    }

    public static void main(String[] args) throws IOException {
        Random random = new Random(Long.parseLong(args[1]));
        Documents documents = new Documents();
        try (JournalWriter writer = JournalWriter.create(Path.of(args[0]), "killed",
            new JournalLimits(JournalLimits.MIN_BYTES, null))) {
            System.out.println(READY);
            if (System.in.read() < 0) {
                return;
            }
            for (long next = 0; true;) {
                int records = 1 + random.nextInt(MOST_RECORDS);
                if (!writer.append(documents.of(next, records), Documents.length(records))) {
                    throw new IOException(writer.problem());
                }
                next += records;
            }
        }
    }
}
