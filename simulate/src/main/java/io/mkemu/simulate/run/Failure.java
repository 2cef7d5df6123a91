// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

/**
 * What was wrong with a run.
 *
 * @param kind   what sort of failure
 * @param text   one line, without times and steps: the same failure of two runs has the same line
 * @param step   after so many points of the run, from 0
 * @param nanos  when, of the virtual clock
 */
public record Failure(Kind kind, String text, long step, long nanos) {
    /** Sorts of failures. */
    public enum Kind {
        /** A module threw where it must not. */
        MODULE_THREW("a module threw"),
        /** A task failed. */
        TASK_FAILED("a task failed"),
        /** A line at level err or worse in a kernel log. */
        LOGGED("a line at level err or worse"),
        /** Nobody can ever go on, and tasks are not done. */
        DEADLOCK("deadlock"),
        /** Steps or virtual time ran out, and tasks are not done. */
        LIVELOCK("livelock"),
        /** Pages or memory are left when all modules have ended. */
        LEAK("leak"),
        /** mkemu's own promise is broken: a message lost, repeated, torn, out of order, to another life. */
        CONTRACT("mkemu's contract"),
        /** A check says so. */
        CHECK("check"),
        /** A check threw. */
        CHECK_THREW("a check threw"),
        /** A history of operations is not linearizable. */
        NOT_LINEARIZABLE("not linearizable"),
        /** A script threw. */
        SCRIPT("the script"),
        /** A kernel did not boot. */
        BOOT("a kernel did not boot"),
        /** A fault of mkemu itself. */
        INTERNAL("a fault of mkemu");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** As users read it. */
        public String label() {
            return label;
        }
    }

    /** Whether it is a line that a kernel has logged in its last step. */
    boolean isLogged(String kernel, long lastStep) {
        return kind == Kind.LOGGED && step == lastStep && text.startsWith(kernel + ": ");
    }

    /** Whether two failures are of one kind: what a shrunk run must keep. */
    public boolean isLike(Failure other) {
        return other != null && kind == other.kind;
    }
}
