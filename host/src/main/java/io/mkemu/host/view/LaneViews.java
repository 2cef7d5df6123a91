// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import io.mkemu.MachineException;
import io.mkemu.host.view.Snapshot.Lane;
import io.mkemu.ipi.QueuedLaneView;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The lanes of a machine's IPI areas, which stay mapped from one look to the next. Not thread-safe. */
final class LaneViews implements AutoCloseable {
    /** An area that was found good, of a life. */
    private record Area(long address, long life, int[] cpus, int possible, Window window) {
    }

    private final MappedMachine machine;
    private final Map<Integer, Area> areas = new HashMap<>();

    LaneViews(MappedMachine machine) {
        this.machine = machine;
    }

    /** Those from CPUs that a kernel owns and that have carried a message; none in single-slot mode. */
    List<Lane> look(List<InstanceEntry> receivers, List<String> problems) {
        List<Lane> lanes = new ArrayList<>();
        if (!machine.isQueued()) {
            return lanes;
        }
        Set<Integer> there = new HashSet<>();
        for (InstanceEntry receiver : receivers) {
            there.add(receiver.id());
            Area area = area(receiver, problems);
            for (int index = 0; area != null && index < area.cpus().length; index++) {
                int logical = machine.apic(area.cpus()[index]).logicalCpu();
                if (logical >= 0 && logical < area.possible()) {
                    look(area, area.cpus()[index], logical, lanes, problems);
                }
            }
        }
        areas.keySet().stream().filter(id -> !there.contains(id)).toList().forEach(this::forget);
        return lanes;
    }

    private void look(Area area, int to, int logical, List<Lane> lanes, List<String> problems) {
        for (int from = 0; from < machine.layout().nrCpus(); from++) {
            if (machine.instances().ownerOf(from) < 0) {
                continue;
            }
            QueuedLaneView lane = QueuedLaneView.of(area.window().buffer(), machine.layout(), logical, from);
            if (lane.problem() != null) {
                problems.add("lane from CPU " + from + " to CPU " + to + ": " + lane.problem());
            }
            if (lane.isUsed()) {
                lanes.add(new Lane(from, to, lane.delivered(), lane.waiting()));
            }
        }
    }

    /** The area that an instance has published, or null. */
    private Area area(InstanceEntry owner, List<String> problems) {
        long address = owner.ipiArea();
        long life = owner.life();
        int[] cpus = owner.cpus();
        Area known = areas.get(owner.id());
        if (known != null && known.address() == address && known.life() == life
            && Arrays.equals(known.cpus(), cpus)) {
            return known;
        }
        forget(owner.id());
        if (address == 0) {
            return null;
        }
        try {
            Area found = new Area(address, life, cpus, owner.possibleCpus(),
                machine.interconnect().mapArea(owner, address));
            areas.put(owner.id(), found);
            return found;
        } catch (MachineException damaged) {
            /* Or being made or taken away just now: then it is published as 0 by now, or as another one. */
            if (owner.ipiArea() == address && owner.life() == life) {
                problems.add(damaged.getMessage());
            }
            return null;
        }
    }

    private void forget(int id) {
        Area gone = areas.remove(id);
        if (gone != null) {
            gone.window().close();
        }
    }

    @Override
    public void close() {
        List.copyOf(areas.keySet()).forEach(this::forget);
    }
}
