// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.Errno;
import io.mkemu.abi.RamLayout;
import io.mkemu.ipi.MailboxFactory;
import io.mkemu.table.InstanceEntry;

/**
 * 9: the area of an instance was made by a kernel that was built for fewer CPUs than the sender. Behind the area lies
 * memory that belongs to something else; it counts as torn when a message lands in it.
 */
final class LayoutNrCpus implements Hazard {
    @Override
    public Label label() {
        return new Label(9, "layout depends on NR_CPUS", "mk_instance_ipi_create",
            "nothing compares the two builds: a slot lies beyond the area; queued: its sizes are compared, -ENODEV");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor target = stage.actor(Cast.HIGH_CPU);
        InstanceEntry entry = target.entry();
        RamLayout here = stage.mapped().memory().layout();
        RamLayout few = new RamLayout(Cast.FEW_CPUS, here.ipiSlots(), here.hostSize(), here.poolSize());
        MailboxFactory mailbox = stage.mapped().interconnect().mailbox();
        long length = mailbox.areaLength(few, 1);
        long area = stage.allocate(entry, length);
        Neighbour neighbour = Neighbour.behind(stage, entry, area + length, mailbox.areaLength(here, 1));
        var made = stage.map(area, length).buffer();
        made.setMemory(0, made.capacity(), (byte) 0);
        mailbox.format(made, few, 1);
        entry.ipiArea(area, length);

        int mark = target.mark();
        target.listen(type());
        Actor.Sends sends = stage.actor(Cast.SENDER).send(Cast.HIGH_CPU, type(), 64, 1, stage.sequences(1));
        target.settle();
        target.unlisten();
        int damaged = neighbour.damagedBytes();
        Tally tally = Tally.of(sends.sent(), target.since(mark)).plusTorn(damaged > 0 ? 1 : 0);
        return Outcome.of(tally, sends.refused() > 0 ? "refused with " + Errno.name(sends.error())
            : damaged + " bytes of other memory overwritten");
    }
}
