// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.kernel.SteppedKernel;
import io.mkemu.simulate.fault.Fault;
import io.mkemu.simulate.fault.FaultKind;
import java.util.ArrayList;
import java.util.List;

/** Does the faults of a run when their time has come. Used by the run's thread only. */
final class Strikes {
    /** What a fault does to a run beside what it does to CPUs. */
    interface Target {
        /** A kernel is to die. */
        void kill(int instance);

        /** The host is to die, and all others so much later. */
        void killHost(long nanos);

        String nameOf(int instance);
    }

    private final List<Fault> planned;
    private final List<Fault> armed = new ArrayList<>();
    private final List<String> done = new ArrayList<>();
    private final Cpus cpus;
    private final Target target;

    Strikes(List<Fault> planned, Cpus cpus, Target target) {
        this.planned = new ArrayList<>(planned);
        this.cpus = cpus;
        this.target = target;
        this.planned.removeIf(fault -> {
            if (fault.kind() == FaultKind.BOOT && fault.nanos() > 0) {
                done.add(fault.text("instance " + fault.index()));
            }
            return fault.kind() == FaultKind.BOOT;
        });
    }

    /** What was done, with where in the run. */
    List<String> done() {
        return done;
    }

    /** Does those whose time has come and that can be done now. */
    void strike(long point, long now) {
        while (!planned.isEmpty() && planned.getFirst().step() <= point) {
            armed.add(planned.removeFirst());
        }
        for (int index = 0; index < armed.size(); index++) {
            String text = strike(armed.get(index), now);
            if (text != null) {
                done.add("at point " + point + ": " + text);
                armed.remove(index--);
            }
        }
    }

    /** Does a fault if that can be done now; what was done, or null. */
    private String strike(Fault fault, long now) {
        SteppedKernel[] kernels = cpus.kernels();
        switch (fault.kind()) {
            case KILL, MID_SEND -> {
                for (int offset = 0; offset < kernels.length; offset++) {
                    int id = (fault.index() + offset) % kernels.length;
                    if (id != 0 && kernels[id] != null && cpus.isAt(id, fault.kind() == FaultKind.MID_SEND)) {
                        target.kill(id);
                        return fault.text(target.nameOf(id));
                    }
                }
                return null;
            }
            case HOST -> {
                if (kernels[0] == null) {
                    return null;
                }
                target.killHost(fault.nanos());
                return fault.text(target.nameOf(0));
            }
            default -> {
                Actor actor = cpus.actor(1 + fault.index() % (cpus.count() - 1));
                if (actor.isOff()) {
                    return null;
                }
                if (fault.kind() == FaultKind.PAUSE) {
                    actor.hold(now + fault.nanos());
                } else {
                    actor.slow(fault.nanos());
                }
                return fault.text(actor.name());
            }
        }
    }
}
