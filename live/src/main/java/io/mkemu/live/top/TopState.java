// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.top;

import java.math.BigDecimal;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a user has chosen to see, and what keys do to it. Knows no terminal and no machine. Not thread-safe. */
final class TopState {
    /** Least and largest time from one refresh to the next. */
    static final long LEAST_MILLIS = 50;
    static final long MOST_MILLIS = 3_600_000;
    private static final int NOBODY = -1;
    private static final int MOST_TYPED = 64;
    private static final int THOUSAND = 1000;

    /** What the screen shows. */
    enum View { KERNELS, CPUS, TRAFFIC, LOG, HELP }

    /** What is to be done beyond a change of this state. */
    enum Action { NONE, QUIT, KILL, REFRESH }

    /** What is being typed. */
    enum Prompt {
        FILTER("filter: "), INTERVAL("seconds between refreshes: ");

        private final String label;

        Prompt(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    private static final Map<View, Table<?>> TABLES =
        Map.of(View.KERNELS, Rows.KERNELS, View.CPUS, Rows.CPUS, View.TRAFFIC, Rows.PAIRS);

    private View view = View.KERNELS;
    private View before = View.KERNELS;
    private final Map<View, String> sortedBy =
        new EnumMap<>(Map.of(View.KERNELS, "ID", View.CPUS, "CPU", View.TRAFFIC, "MSGS/S"));
    private boolean reverse;
    private String filter = "";
    private Prompt prompt;
    private String typed = "";
    private boolean paused;
    private long intervalMillis;
    private String message = "";
    /* The kernels as they stand on the screen, and the selected one. */
    private List<Rows.KernelRow> rows = List.of();
    private int selected = NOBODY;
    /* The kernel of the question whether to kill it. */
    private int asked = NOBODY;
    private String askedName = "";
    /* First line of what does not fit, or in a log lines from the end; how many fit. */
    private int scroll;
    private int page = 1;

    TopState(long intervalMillis) {
        this.intervalMillis = Math.clamp(intervalMillis, LEAST_MILLIS, MOST_MILLIS);
    }

    View view() {
        return view;
    }

    String sortedBy() {
        return sortedBy.getOrDefault(view, "");
    }

    boolean reverse() {
        return reverse;
    }

    boolean paused() {
        return paused;
    }

    long intervalMillis() {
        return intervalMillis;
    }

    int scroll() {
        return scroll;
    }

    /** Id of the kernel that is selected, or -1. */
    int selected() {
        return selected;
    }

    /** Id of the kernel that {@link Action#KILL} is for. */
    int asked() {
        return asked;
    }

    /** The line between header and table: a question, what is being typed, or what came of something. */
    String prompt() {
        if (asked != NOBODY) {
            return "kill " + askedName + " (" + asked + ")? Its modules are asked to end, and forced after 30 s. y/n";
        }
        if (prompt != null) {
            return prompt.label() + typed + "_";
        }
        return !message.isEmpty() ? message : filter.isEmpty() ? "" : "filter: " + filter;
    }

    /** Says what came of something, until the next key. */
    void message(String said) {
        message = said;
    }

    /** Whether a row of this text is to be seen. */
    boolean shows(String text) {
        String wanted = prompt == Prompt.FILTER ? typed : filter;
        return text.toLowerCase(Locale.ROOT).contains(wanted.toLowerCase(Locale.ROOT));
    }

    /** The kernels in the order in which they are shown; keeps the selection on one of them. */
    List<Rows.KernelRow> arrange(List<Rows.KernelRow> all) {
        int at = index();
        rows = Rows.KERNELS.sorted(all, sortedBy.get(View.KERNELS), reverse).stream()
            .filter(row -> shows(row.kernel().name() + " " + row.kernel().state() + " " + row.kernel().reason()))
            .toList();
        if (index() < 0) {
            select(Math.max(0, at));
        }
        return rows;
    }

    private int index() {
        for (int index = 0; index < rows.size(); index++) {
            if (rows.get(index).kernel().id() == selected) {
                return index;
            }
        }
        return -1;
    }

    private void select(int index) {
        selected = rows.isEmpty() ? NOBODY : rows.get(Math.clamp(index, 0, rows.size() - 1)).kernel().id();
    }

    /**
     * Says how many lines there are to see, and how many of them fit.
     *
     * @return the first of those to show
     */
    int scrolled(int lines, int fit) {
        page = Math.max(1, fit);
        int most = Math.max(0, lines - page);
        scroll = Math.clamp(scroll, 0, most);
        return view == View.LOG ? most - scroll : scroll;
    }

    /** So that the selected row of the kernels can be seen. */
    void scrollToSelected(int fit) {
        int at = Math.max(0, index());
        scroll = Math.clamp(scroll, Math.max(0, at - fit + 1), at);
    }

    /** Does what a key asks for. */
    Action press(Key key) {
        if (key.kind() == Key.Kind.END_OF_INPUT) {
            return Action.QUIT;
        }
        message = "";
        if (asked != NOBODY) {
            return answer(key);
        }
        if (prompt != null) {
            type(key);
            return Action.NONE;
        }
        return switch (key.kind()) {
            case TEXT -> press(key.text());
            case ENTER -> open(View.LOG);
            case ESCAPE, BACKSPACE -> back();
            default -> move(key.kind());
        };
    }

    private Action answer(Key key) {
        if (key.kind() == Key.Kind.TEXT && key.text().equalsIgnoreCase("y")) {
            message = "killing " + askedName + " ...";
            return Action.KILL;
        }
        message = askedName + " is not killed";
        answered();
        return Action.NONE;
    }

    /** The question is answered and done with. */
    void answered() {
        asked = NOBODY;
    }

    private void type(Key key) {
        switch (key.kind()) {
            case TEXT -> typed = typed.length() < MOST_TYPED ? typed + Plain.text(key.text()) : typed;
            case BACKSPACE -> typed = typed.substring(0, typed.offsetByCodePoints(typed.length(),
                typed.isEmpty() ? 0 : -1));
            case ENTER -> {
                Prompt done = prompt;
                prompt = null;
                if (done == Prompt.FILTER) {
                    filter = typed;
                } else {
                    interval(typed);
                }
            }
            case ESCAPE -> {
                filter = prompt == Prompt.FILTER ? "" : filter;
                prompt = null;
            }
            default -> { }
        }
    }

    private void interval(String seconds) {
        if (!seconds.matches("\\d{1,5}(\\.\\d{1,3})?")) {
            message = "'" + seconds + "' are no seconds: 0.05 to 3600";
            return;
        }
        interval(new BigDecimal(seconds).movePointRight(3).longValue());
    }

    private Action press(String text) {
        switch (text) {
            case "q", "Q" -> {
                return Action.QUIT;
            }
            case "h", "?" -> {
                return open(View.HELP);
            }
            case "k" -> {
                return move(Key.Kind.UP);
            }
            case "j" -> {
                return move(Key.Kind.DOWN);
            }
            case "g" -> {
                return move(Key.Kind.HOME);
            }
            case "G" -> {
                return move(Key.Kind.END);
            }
            case "l" -> {
                return open(View.LOG);
            }
            case "c" -> {
                return open(View.CPUS);
            }
            case "t" -> {
                return open(View.TRAFFIC);
            }
            case "s", ">" -> sort(1);
            case "<" -> sort(-1);
            case "r", "R" -> reverse = !reverse;
            case "/" -> ask(Prompt.FILTER);
            case "d" -> ask(Prompt.INTERVAL);
            case "+" -> interval(intervalMillis * 2);
            case "-" -> interval(intervalMillis / 2);
            case " " -> {
                paused = !paused;
                return paused ? Action.NONE : Action.REFRESH;
            }
            case "K" -> askToKill();
            default -> message = "no such key here; h for help";
        }
        return Action.NONE;
    }

    private void ask(Prompt what) {
        prompt = what;
        typed = "";
    }

    private void interval(long millis) {
        intervalMillis = Math.clamp(millis, LEAST_MILLIS, MOST_MILLIS);
        message = "a refresh every " + Units.seconds(intervalMillis) + " s";
    }

    private void sort(int steps) {
        if (TABLES.containsKey(view)) {
            sortedBy.put(view, TABLES.get(view).next(sortedBy.get(view), steps));
            message = "sorted by " + sortedBy.get(view);
        }
    }

    private void askToKill() {
        int at = index();
        if (at < 0 || view != View.KERNELS && view != View.LOG) {
            message = "select a kernel first, in the list of kernels";
        } else if (selected == 0) {
            message = "the host is not killed: mk shutdown ends the machine";
        } else {
            asked = selected;
            askedName = rows.get(at).kernel().name();
        }
    }

    private Action open(View wanted) {
        if (wanted == View.LOG && selected == NOBODY) {
            message = "no kernel is selected";
            return Action.NONE;
        }
        if (view == wanted) {
            return back();
        }
        before = view == View.HELP || view == View.LOG ? View.KERNELS : view;
        view = wanted;
        scroll = 0;
        return Action.NONE;
    }

    private Action back() {
        if (view == View.KERNELS) {
            filter = "";
        }
        view = view == View.HELP || view == View.LOG ? before : View.KERNELS;
        scroll = 0;
        return Action.NONE;
    }

    private Action move(Key.Kind key) {
        int steps = switch (key) {
            case UP -> -1;
            case DOWN -> 1;
            case PAGE_UP -> -page;
            case PAGE_DOWN -> page;
            case HOME -> -THOUSAND * THOUSAND;
            case END -> THOUSAND * THOUSAND;
            default -> 0;
        };
        if (view == View.KERNELS) {
            select(Math.clamp(index() + (long) steps, 0, Math.max(0, rows.size() - 1)));
        } else {
            /* A log is scrolled from its end. */
            scroll = Math.clamp(scroll + (long) (view == View.LOG ? -steps : steps), 0, Integer.MAX_VALUE);
        }
        return Action.NONE;
    }
}
