// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import io.mkemu.abi.InstanceState;
import io.mkemu.cli.type.CpuList;
import io.mkemu.host.view.MachineSummary;
import io.mkemu.host.view.Rates;
import io.mkemu.host.view.Snapshot;
import io.mkemu.live.top.Rows.KernelRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;

/** Makes the lines of a screen of what a state wants to see of a sample. Not thread-safe, as the state is not. */
final class TopView {
    /** Narrower or lower ones get a line that says so. */
    static final int LEAST_COLUMNS = 20;
    static final int LEAST_ROWS = 5;
    private static final int ROWS_FOR_ALL = 12;
    private static final int CELL = 8;
    private static final AttributedStyle PLAIN = AttributedStyle.DEFAULT;
    private static final AttributedStyle TITLE = PLAIN.inverse();
    private static final AttributedStyle BOLD = PLAIN.bold();
    private static final List<String> HELP = List.of(
        "q            quits; Ctrl-C too, with exit code 130",
        "h ?          this help; the same key or Esc leads back",
        "up down j k  select a kernel, or scroll; page up and down, Home g, End G",
        "s > <        sort by the next column, or the one before; * marks it",
        "r            turns the order round",
        "/            shows only rows with a text: Enter keeps it, Esc ends it",
        "l Enter      kernel log of the selected kernel",
        "c            CPUs: BUSY% executes, POLL% looks for work in vain, HALT% sleeps",
        "t            traffic from kernel to kernel, messages a second",
        "K            kills the selected kernel, after a question",
        "d + -        seconds between refreshes: typed, doubled, halved",
        "space        stops the refreshes, and goes on with them",
        "",
        "LANE%  how full the fullest lane to a CPU of the kernel is",
        "POOL%  how much of the kernel's memory is allocated",
        "HOST   host CPU; s: another CPU of the machine shares it, so it does not poll",
        "Two kernels that answer each other at once are busy: polling counts after some looks in vain.");

    private final boolean colours;

    /** A view; without colours what has failed is bold. */
    TopView(boolean colours) {
        this.colours = colours;
    }

    /** Exactly so many lines of so many columns. */
    List<AttributedString> lines(TopState state, Sample sample, LogTails logs, int columns, int rows) {
        List<AttributedString> lines = new ArrayList<>();
        if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) {
            lines.add(Plain.line("mk top needs " + LEAST_COLUMNS + " x " + LEAST_ROWS));
        } else {
            List<String> header = header(sample, state);
            int shown = rows < ROWS_FOR_ALL ? 1 : header.size();
            for (int line = 0; line < shown; line++) {
                lines.add(Plain.line(header.get(line), line == 0 ? BOLD : isAlarm(sample, line) ? alarm() : PLAIN));
            }
            lines.add(Plain.line(state.prompt(), BOLD));
            body(lines, state, sample, logs, columns, rows - lines.size());
        }
        while (lines.size() < rows) {
            lines.add(AttributedString.EMPTY);
        }
        return lines.subList(0, rows).stream()
            .map(line -> line.columnLength() > columns ? line.columnSubSequence(0, columns) : line).toList();
    }

    private AttributedStyle alarm() {
        return colours ? PLAIN.foreground(AttributedStyle.RED) : BOLD;
    }

    /* The last one: what is recorded and what is damaged. */
    private static boolean isAlarm(Sample sample, int line) {
        return line == 3 && (sample.traceLost() > 0 || !sample.snapshot().problems().isEmpty());
    }

    /** The machine in four lines. */
    static List<String> header(Sample sample, TopState state) {
        Snapshot now = sample.snapshot();
        Rates rates = sample.rates();
        long active = now.kernels().stream().filter(kernel -> kernel.state() == InstanceState.ACTIVE).count();
        int paused = sample.paused().size();
        long failed = now.kernels().stream().filter(kernel -> kernel.state() == InstanceState.FAILED).count();
        boolean dead = now.state().equals(MachineSummary.DEAD);
        List<Rates.Time> times = rates.cpus().stream().map(Rates.OfCpu::time)
            .filter(time -> time.busy() + time.polling() + time.halted() > 0).toList();
        TreeSet<Integer> host = new TreeSet<>();
        now.cpus().stream().filter(cpu -> cpu.hostCpu() >= 0).forEach(cpu -> host.add(cpu.hostCpu()));
        List<String> lines = new ArrayList<>();
        lines.add("mk top - " + now.machine() + (dead ? " is DEAD, its host was killed" : " up "
            + Units.duration(now.upNanos()) + ", host pid " + now.pid()) + ", " + now.ipi()
            + (state == null ? "" : state.paused() ? ", PAUSED" : ", every " + Units.seconds(state.intervalMillis())
            + " s"));
        lines.add("kernels " + now.kernels().size() + ": " + (active - paused) + " active, "
            + (paused == 0 ? "" : paused + " paused, ") + failed + " failed; CPUs "
            + now.cpus().size() + " on host CPUs " + CpuList.text(List.copyOf(host)) + ": " + mean(times));
        lines.add("messages/s " + Units.rate(rates.sent()) + " sent, " + Units.rate(rates.received()) + " received, "
            + Units.rate(rates.refused()) + " refused; interrupts/s " + Units.rate(rates.interrupts()));
        String problems = now.problems().isEmpty() ? "" : "; " + now.problems().size() + " PROBLEMS: "
            + now.problems().getFirst();
        lines.add("trace " + now.trace().mode().label() + ", " + Units.rate(sample.traceSlots()) + " slots/s, lost "
            + Units.rate(now.trace().lost()) + " records" + problems);
        return lines;
    }

    private static String mean(List<Rates.Time> times) {
        return Units.percent(times.stream().mapToDouble(Rates.Time::busy).average().orElse(0)) + "% busy, "
            + Units.percent(times.stream().mapToDouble(Rates.Time::polling).average().orElse(0)) + "% polling, "
            + Units.percent(times.stream().mapToDouble(Rates.Time::halted).average().orElse(0)) + "% halted";
    }

    private void body(List<AttributedString> lines, TopState state, Sample sample, LogTails logs, int columns,
        int room) {
        List<KernelRow> kernels = state.arrange(Rows.kernels(sample));
        switch (state.view()) {
            case KERNELS -> {
                lines.add(title(Rows.KERNELS.titles(columns, state.sortedBy()), columns));
                state.scrollToSelected(room - 1);
                int from = state.scrolled(kernels.size(), room - 1);
                for (KernelRow row : page(kernels, from, room - 1)) {
                    AttributedStyle style = row.hasFailed() ? alarm() : PLAIN;
                    boolean selected = row.kernel().id() == state.selected();
                    lines.add(Plain.fill(Plain.line(Rows.KERNELS.row(columns, row),
                        selected ? style.inverse() : style), columns, selected ? style.inverse() : PLAIN));
                }
            }
            case CPUS -> table(lines, state, Rows.CPUS, Rows.cpus(sample).stream()
                .filter(row -> state.shows(row.owner() + " " + row.cpu().id())).toList(), columns, room);
            case TRAFFIC -> traffic(lines, state, sample, columns, room);
            case LOG -> {
                String name = Rows.names(sample).getOrDefault(state.selected(), "kernel " + state.selected());
                lines.add(title("log of " + name, columns));
                scroll(lines, state, logs.of(state.selected()).stream().filter(state::shows).toList(), room - 1);
            }
            case HELP -> {
                lines.add(title("mk top", columns));
                scroll(lines, state, HELP, room - 1);
            }
        }
    }

    private static AttributedString title(String text, int columns) {
        return Plain.fill(Plain.line(text, TITLE), columns, TITLE);
    }

    private static <R> void table(List<AttributedString> lines, TopState state, Table<R> table, List<R> rows,
        int columns, int room) {
        lines.add(title(table.titles(columns, state.sortedBy()), columns));
        scroll(lines, state, table.sorted(rows, state.sortedBy(), state.reverse()).stream()
            .map(row -> table.row(columns, row)).toList(), room - 1);
    }

    private static void scroll(List<AttributedString> lines, TopState state, List<String> texts, int room) {
        int from = state.scrolled(texts.size(), room);
        page(texts, from, room).forEach(text -> lines.add(Plain.line(text)));
    }

    private static <R> List<R> page(List<R> all, int from, int room) {
        return all.subList(Math.min(from, all.size()), Math.clamp(from + (long) Math.max(0, room), 0, all.size()));
    }

    /** A matrix if it fits, else a row for each pair that has exchanged messages. */
    private static void traffic(List<AttributedString> lines, TopState state, Sample sample, int columns, int room) {
        List<String> matrix = matrix(sample);
        if (matrix.getFirst().length() <= columns && matrix.size() <= room) {
            lines.add(title(matrix.getFirst(), columns));
            scroll(lines, state, matrix.subList(1, matrix.size()), room - 1);
        } else {
            table(lines, state, Rows.PAIRS, Rows.pairs(sample).stream()
                .filter(row -> state.shows(row.from() + " " + row.to())).toList(), columns, room);
        }
    }

    /** Messages a second from the kernel of a row to the kernel of a column. */
    static List<String> matrix(Sample sample) {
        Map<Integer, String> names = new TreeMap<>(Rows.names(sample));
        Map<Integer, Map<Integer, Double>> rates = new TreeMap<>();
        sample.rates().pairs().forEach(pair ->
            rates.computeIfAbsent(pair.from(), id -> new TreeMap<>()).put(pair.to(), pair.delivered()));
        List<String> lines = new ArrayList<>();
        StringBuilder titles = new StringBuilder(Plain.fit("FROM \\ TO", 2 * CELL, false));
        names.values().forEach(name -> titles.append(' ').append(Plain.fit(name, CELL, true)));
        lines.add(titles.toString());
        names.forEach((from, name) -> {
            StringBuilder line = new StringBuilder(Plain.fit(name, 2 * CELL, false));
            names.keySet().forEach(to -> {
                Double rate = rates.getOrDefault(from, Map.of()).get(to);
                line.append(' ').append(Plain.fit(rate == null ? "-" : Units.rate(rate), CELL, true));
            });
            lines.add(line.toString());
        });
        return lines;
    }
}
