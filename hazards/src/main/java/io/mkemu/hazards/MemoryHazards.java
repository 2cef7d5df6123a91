// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.hazards.Actor.Sends;
import io.mkemu.hazards.Hazard.Seen;
import io.mkemu.hazards.Patience.Silence;
import io.mkemu.hazards.module.HazardOrder.Behaviour;
import io.mkemu.hazards.module.HazardPage.Note;
import io.mkemu.ipi.MailboxFactory;
import io.mkemu.log.KernelLogReader;
import io.mkemu.table.InstanceEntry;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Provokes kernels that read or write memory which is not theirs. One thread. */
final class MemoryHazards {
    /** What a kernel came to that was sent a page which its owner never shared. */
    static final int REFUSED_IN_SILENCE = 0;
    static final int REFUSED_AND_LOGGED = 1;
    static final int WAS_READ = 2;

    private static final int SIZE = 64;
    /** NR_CPUS of a kernel that is built for fewer CPUs. */
    private static final int FEW_CPUS = 4;
    /** What memory of somebody else is filled with, so that damage shows. */
    private static final byte PATTERN = 0x5a;

    private MemoryHazards() {
    }

    /**
     * 9: the area of an instance was made by a kernel that was built for fewer CPUs than the sender. Behind the area
     * lies memory that belongs to something else; it counts as torn when a message lands in it. Count: damaged bytes.
     */
    static Seen layout(Stage stage, int type) {
        Actor target = stage.actor(Cast.HIGH_CPU);
        InstanceEntry entry = target.entry();
        RamLayout here = stage.memory().layout();
        RamLayout few = new RamLayout(FEW_CPUS, here.ipiSlots(), here.hostSize(), here.poolSize());
        MailboxFactory mailbox = stage.mapped().interconnect().mailbox();
        long length = mailbox.areaLength(few, 1);
        long area = stage.allocate(entry, length);
        long behind = mailbox.areaLength(here, 1);
        long neighbourAt = stage.allocate(entry, behind);
        if (neighbourAt != area + length) {
            throw new Silence("memory at 0x" + Long.toHexString(area + length) + " of instance " + entry.name()
                + " is taken, got 0x" + Long.toHexString(neighbourAt));
        }
        UnsafeBuffer neighbour = mapFilled(stage, neighbourAt, behind, PATTERN);
        mailbox.format(mapFilled(stage, area, length, (byte) 0), few, 1);
        entry.ipiArea(area, length);

        target.listen(type);
        Sends sends = stage.actor(Cast.SENDER).sendOneByOne(target, type, SIZE, 1);
        target.unlisten();
        return seen(sends, target, neighbour, sends.error());
    }

    /**
     * 13: an area is destroyed while a sender is in the middle of a message to it, and its memory is allocated for
     * something else. That counts as torn when the message lands in it. Count: damaged bytes.
     */
    static Seen destroyDuringSend(Stage stage, int type) {
        Actor victim = stage.actor(Cast.VICTIM);
        Actor sender = stage.actor(Cast.STOPS_TOO);
        long size = victim.entry().ipiAreaSize();
        victim.listen(type);
        sender.sendAndStop(Cast.VICTIM, type, SIZE);
        int destroyed = stage.machine().ipiAreas().destroy(Cast.VICTIM);
        UnsafeBuffer reused = mapFilled(stage, stage.allocate(victim.entry(), size), size, PATTERN);
        Sends sends = sender.resume();
        victim.settle();
        victim.unlisten();
        return seen(sends, victim, reused, destroyed);
    }

    private static Seen seen(Sends sends, Actor receiver, UnsafeBuffer neighbour, int error) {
        int damaged = 0;
        for (int at = 0; at < neighbour.capacity(); at++) {
            if (neighbour.getByte(at) != PATTERN) {
                damaged++;
            }
        }
        return new Seen(Tally.of(sends.sent(), receiver.heard()).plusTorn(damaged > 0 ? 1 : 0), damaged, error);
    }

    private static UnsafeBuffer mapFilled(Stage stage, long address, long size, byte value) {
        UnsafeBuffer memory = stage.map(address, size).buffer();
        memory.setMemory(0, memory.capacity(), value);
        return memory;
    }

    /** 15: a kernel sends the PFN of a page of a third one, which never shared it. Count: what the receiver came to. */
    static Seen anyPage(Stage stage, int unused) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        long page = stage.allocate(stage.actor(Cast.MAPPED).entry(), Pages.PAGE_SIZE);
        long secret = System.nanoTime();
        stage.map(page, Pages.PAGE_SIZE).buffer().putLong(0, secret);
        receiver.listen(Behaviour.MAP, MkIpiDataDescriptor.PFN_IPI_TYPE, 0);
        Sends sends = stage.actor(Cast.SENDER).sendPfn(Cast.RECEIVER, Pages.pfn(page));
        receiver.settle();
        receiver.unlisten();
        List<Note> notes = receiver.heard();
        boolean read = notes.stream().anyMatch(note -> note.intact() && note.sequence() == secret);
        int came = read ? WAS_READ : isLogged(stage, Pages.pfn(page)) ? REFUSED_AND_LOGGED : REFUSED_IN_SILENCE;
        return new Seen(new Tally(sends.sent(), notes.size(), sends.sent() - notes.size(), 0, 0), came, 0);
    }

    private static boolean isLogged(Stage stage, long pfn) {
        KernelLogReader log = new KernelLogReader(stage.memory(), Cast.RECEIVER);
        String words = "PFN 0x" + Long.toHexString(pfn) + " from CPU ";
        for (KernelLogReader.Line line = log.poll(); line != null; line = log.poll()) {
            if (line.text().contains(words) && line.text().contains("not mapped")) {
                return true;
            }
        }
        return false;
    }
}
