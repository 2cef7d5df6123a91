// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

/** 7: messages to a CPU whose physical id is not its number, one at a time. */
final class PhysicalCpu implements Hazard {
    private static final int MESSAGES = 4;

    @Override
    public Label label() {
        return new Label(7, "physical against logical CPU", "multikernel_send_ipi_data",
            "the sender writes the slot of the CPU's number, the receiver reads that of its APIC id; queued: APIC ids");
    }

    @Override
    public Outcome run(Stage stage) {
        Actor receiver = stage.actor(Cast.MAPPED);
        int mark = receiver.mark();
        receiver.listen(type());
        long sent = 0;
        for (int message = 0; message < MESSAGES; message++) {
            sent += stage.actor(Cast.SENDER).send(Cast.MAPPED, type(), 64, 1, stage.sequences(1)).sent();
            receiver.settle();
        }
        receiver.unlisten();
        return Outcome.of(Tally.of(sent, receiver.since(mark)), "");
    }
}
