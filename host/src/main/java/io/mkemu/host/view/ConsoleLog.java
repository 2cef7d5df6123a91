// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.log.ConsoleLoglevel;
import io.mkemu.log.KernelLogReader;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.PhysicalMemory;
import io.mkemu.table.InstanceEntry;

/**
 * What an instance's console shows of its kernel log: the lines of a level below the console log level that its boot
 * parameters ask for. They are read again when its state or life has changed. Not thread-safe.
 */
public final class ConsoleLog {
    private final InstanceEntry entry;
    private final KernelLogReader reader;
    private long life;
    private int loglevel;

    /** The console of an instance, from the oldest line that is there. */
    public ConsoleLog(PhysicalMemory memory, InstanceEntry entry) {
        this.entry = entry;
        this.reader = new KernelLogReader(memory, entry.id());
        this.life = entry.lifeWord();
        this.loglevel = ConsoleLoglevel.ofUntrusted(entry.cmdline());
    }

    /**
     * The next line.
     *
     * @return it, or null if there is none yet
     */
    public Line poll() {
        for (Line line = reader.poll(); line != null; line = reader.poll()) {
            if (LogLevel.of(line.level()).ordinal() < loglevel()) {
                return line;
            }
        }
        return null;
    }

    private int loglevel() {
        long now = entry.lifeWord();
        if (now != life) {
            life = now;
            loglevel = ConsoleLoglevel.ofUntrusted(entry.cmdline());
        }
        return loglevel;
    }

    /** Bytes of log that were overwritten before they could be read. */
    public long missedBytes() {
        return reader.missedBytes();
    }
}
