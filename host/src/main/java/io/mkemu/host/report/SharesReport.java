// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.report;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Region;
import io.mkemu.table.InstanceEntry;
import java.util.ArrayList;
import java.util.List;

/** Pages that a kernel shared, and pages of others that it had mapped: runs of neighbours, a line each. */
final class SharesReport {
    private static final int MOST_RUNS = 64;
    /** To look at more pages would hold up the host: 2 GiB. */
    private static final long MOST_PAGES = 1 << 19;

    private final MappedMachine machine;
    private final int id;
    private final ReportText text;
    private final PageTable table;
    private int runs;

    SharesReport(MappedMachine machine, int id, ReportText text) {
        this.machine = machine;
        this.id = id;
        this.text = text;
        this.table = machine.memory().pageTable();
    }

    private record Run(long pfn, long pages, int with, boolean mapped) {
        boolean goesOn(long next, int other, boolean isMapped) {
            return pfn + pages == next && with == other && mapped == isMapped;
        }
    }

    void say() {
        List<Region> own = machine.instances().entry(id).regions();
        for (Region region : own) {
            if (Pages.pfn(region.size()) > MOST_PAGES) {
                text.line("  region at 0x%x: not looked at, it has more than %d pages", region.address(), MOST_PAGES);
                continue;
            }
            List<Run> found = new ArrayList<>();
            table.forEachGrant(region.address(), region.size(), (pfn, to, mapped) -> add(found, pfn, to, mapped));
            found.forEach(run -> tell(run, "may be mapped by", run.mapped() ? ", which has it mapped" : ""));
        }
        long from = Pages.pfn(machine.layout().hostAt());
        long end = Pages.pfn(machine.layout().ramSize());
        if (end - from > MOST_PAGES) {
            text.line("  what it had mapped of others: not looked at, the machine has more than %d pages", MOST_PAGES);
            return;
        }
        List<Run> mapped = new ArrayList<>();
        for (long pfn = from; pfn < end; pfn++) {
            if (table.isMapped(pfn, id)) {
                add(mapped, pfn, ownerOf(Pages.address(pfn)), true);
            }
        }
        mapped.forEach(run -> tell(run, "was mapped, of", ""));
        if (runs == 0) {
            text.add("  none");
        } else if (runs > MOST_RUNS) {
            text.line("  and %d more", runs - MOST_RUNS);
        }
    }

    private static void add(List<Run> found, long pfn, int with, boolean mapped) {
        /* Grants come page by page, and of a page by id: neighbours of one id need not follow one another. */
        for (int at = found.size() - 1; at >= Math.max(0, found.size() - 4); at--) {
            Run run = found.get(at);
            if (run.goesOn(pfn, with, mapped)) {
                found.set(at, new Run(run.pfn(), run.pages() + 1, with, mapped));
                return;
            }
        }
        found.add(new Run(pfn, 1, with, mapped));
    }

    private void tell(Run run, String how, String more) {
        if (++runs <= MOST_RUNS) {
            text.line("  0x%x, %d page%s: %s %s%s", Pages.address(run.pfn()), run.pages(), run.pages() == 1 ? "" : "s",
                how, name(run.with()), more);
        }
    }

    private String name(int instance) {
        return instance < 0 ? "nobody" : machine.instances().entry(instance).name() + " (" + instance + ")";
    }

    private int ownerOf(long address) {
        for (int other = 0; other < InstanceDescriptor.MAX_INSTANCES; other++) {
            InstanceEntry entry = machine.instances().find(other);
            if (entry != null && entry.regions().stream().anyMatch(region -> region.address() <= address
                && address < region.address() + region.size())) {
                return other;
            }
        }
        return -1;
    }
}
