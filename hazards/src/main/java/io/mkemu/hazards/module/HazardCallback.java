// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards.module;

import io.mkemu.hazards.module.HazardOrder.Behaviour;
import io.mkemu.hazards.module.HazardPage.Note;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.memory.Window;
import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import io.mkemu.module.Kernel;
import org.agrona.concurrent.UnsafeBuffer;

/** A handler of the hazard module. The copies it takes are per call: it may run on two CPUs at once. */
final class HazardCallback implements IpiCallback {
    private final Kernel kernel;
    private final HazardPage page;
    private final Behaviour behaviour;
    private final int tag;
    private volatile IpiHandler handler;

    HazardCallback(Kernel kernel, HazardPage page, Behaviour behaviour, int tag) {
        this.kernel = kernel;
        this.page = page;
        this.behaviour = behaviour;
        this.tag = tag;
    }

    void registeredAs(IpiHandler registered) {
        handler = registered;
    }

    @Override
    public void handle(MkIpiData data, Object context) {
        if (behaviour == Behaviour.MAP) {
            map(data);
            return;
        }
        HazardMessage seen = new HazardMessage().take(data);
        boolean stable = true;
        if (behaviour == Behaviour.SLOW) {
            page.awaitGate();
            stable = new HazardMessage().take(data).isSame(seen);
        }
        note(seen, seen.sequence(), seen.isIntact(), stable);
        switch (behaviour) {
            case UNREGISTER_SELF -> {
                kernel.unregisterHandler(handler);
                page.noteReturn();
            }
            case ANSWER_TO_CPU -> answer(seen, seen.senderCpu());
            case ANSWER_TO_OWNER -> answer(seen, kernel.instanceOfCpu(seen.senderCpu()));
            default -> {
            }
        }
    }

    private void map(MkIpiData data) {
        HazardMessage seen = new HazardMessage().take(data);
        Window mapped = kernel.receiveMapPage(data);
        note(seen, mapped == null ? -1 : mapped.buffer().getLong(0), mapped != null, true);
        kernel.receiveUnmapPage(mapped);
    }

    private void answer(HazardMessage question, int instance) {
        UnsafeBuffer answer = new HazardMessage().compose(question.sequence(), question.type() + 1,
            kernel.physicalCpuId(), HazardMessage.LEAST);
        int result = kernel.sendIpiData(instance, answer, 0, HazardMessage.LEAST, question.type() + 1);
        if (result == 0) {
            page.noteAnswer();
        }
    }

    private void note(HazardMessage seen, long sequence, boolean intact, boolean stable) {
        page.note(new Note(tag, seen.senderCpu(), kernel.physicalCpuId(), seen.type(), seen.size(), sequence,
            intact, stable));
    }
}
