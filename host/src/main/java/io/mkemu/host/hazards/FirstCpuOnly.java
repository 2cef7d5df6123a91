// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

import io.mkemu.hazard.HazardRecord;
import java.util.List;

/** 8: messages meant for the second CPU of an instance. The RFC has no call that could say so. */
final class FirstCpuOnly implements Hazard {
    private static final int MESSAGES = 4;

    @Override
    public Label label() {
        return new Label(8, "only the first CPU receives", "multikernel_send_ipi_data",
            "the target is cpumask_first(), the other CPUs have slots in vain; queued: a call that names the CPU");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.TWO_CPUS);
        int second = receiver.cpus()[1];
        int mark = receiver.mark();
        receiver.listen(type());
        long sent = 0;
        for (int message = 1; message <= MESSAGES; message++) {
            sent += stage.actor(Cast.SENDER).send(Cast.TWO_CPUS, stage.isSingleSlot() ? -1 : second, type(), 64, 1,
                stage.sequences(1)).sent();
            receiver.since(mark, message);
        }
        receiver.unlisten();
        List<HazardRecord> all = receiver.since(mark);
        List<HazardRecord> there = all.stream().filter(callback -> callback.receiverCpu() == second).toList();
        int elsewhere = all.size() - there.size();
        return Outcome.of(Tally.of(sent, there), elsewhere == 0 ? "" : elsewhere + " came to the first CPU");
    }
}
