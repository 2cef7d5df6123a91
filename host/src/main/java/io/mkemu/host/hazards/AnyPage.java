// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.hazard.HazardBehaviour;
import io.mkemu.hazard.HazardRecord;
import io.mkemu.log.KernelLogReader;
import io.mkemu.table.InstanceEntry;
import java.util.List;

/** 15: a kernel sends the PFN of a page of a third one, which never shared it. */
final class AnyPage implements Hazard {
    @Override
    public Label label() {
        return new Label(15, "any kernel maps any page", "mk_receive_map_page",
            "maps whatever PFN a message carries; queued: only what its owner shared, else refused and logged");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.RECEIVER);
        InstanceEntry owner = stage.actor(Cast.MAPPED).entry();
        long page = stage.allocate(owner, Pages.PAGE_SIZE);
        long secret = System.nanoTime();
        stage.map(page, Pages.PAGE_SIZE).buffer().putLong(0, secret);
        int mark = receiver.mark();
        receiver.listen(HazardBehaviour.MAP, MkIpiDataDescriptor.PFN_IPI_TYPE, 0);
        Actor.Sends sends = stage.actor(Cast.SENDER).sendPfn(Cast.RECEIVER, Pages.pfn(page));
        receiver.settle();
        receiver.unlisten();
        List<HazardRecord> callbacks = receiver.since(mark);
        boolean read = callbacks.stream().anyMatch(callback -> callback.intact() && callback.sequence() == secret);
        boolean logged = isLogged(stage, Pages.pfn(page));
        Tally tally = new Tally(sends.sent(), callbacks.size(), sends.sent() - callbacks.size(), 0, 0);
        return Outcome.of(tally, read || !logged, read ? "a page of instance " + owner.name() + " was read"
            : logged ? "refused and logged" : "refused in silence");
    }

    private static boolean isLogged(Stage stage, long pfn) {
        KernelLogReader log = new KernelLogReader(stage.mapped().memory(), Cast.RECEIVER);
        String words = "PFN 0x" + Long.toHexString(pfn) + " from CPU ";
        for (KernelLogReader.Line line = log.poll(); line != null; line = log.poll()) {
            if (line.text().contains(words) && line.text().contains("not mapped")) {
                return true;
            }
        }
        return false;
    }
}
