// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.module.Task;
import io.mkemu.os.Platform;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class TaskQueueTest {
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    private TaskQueue queue;
    private final List<String> steps = new ArrayList<>();
    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private ModuleContext module;
    private InstanceEntry entry;

    @BeforeEach
    void boot() throws Exception {
        TestKernels.Node node = machine.boot(1, 2);
        module = (ModuleContext) node.api;
        queue = new TaskQueue(node.kernel.cpu(0), Platform.system());
        entry = machine.mapped().instances().entry(1);
    }

    /** A task that returns these one after another. */
    private void add(String name, long... results) {
        int[] step = {0};
        queue.add(module, name, () -> {
            steps.add(name);
            return results[step[0]++];
        }, false);
    }

    @Test
    void nothingToDoWaitsForEver() {
        assertEquals(Long.MAX_VALUE, queue.run(false));
        assertEquals(Long.MAX_VALUE, queue.run(true));
    }

    @Test
    void againIsAtOnceAndDoneIsOver() {
        add("a", Task.AGAIN, Task.AGAIN, Task.DONE);
        assertEquals(0, queue.run(false));
        assertEquals(0, queue.run(false));
        assertEquals(Long.MAX_VALUE, queue.run(false));
        assertEquals(Long.MAX_VALUE, queue.run(true));
        assertEquals(List.of("a", "a", "a"), steps);
        assertEquals(1, entry.tasksEnded());
        assertEquals(0, entry.tasksFailed());
    }

    @Test
    void anInterruptEndsAnyWait() {
        add("wait", Task.WAIT, Task.WAIT, Task.DONE);
        add("hour", HOUR, HOUR, HOUR);
        long wait = queue.run(false);
        assertTrue(wait > 0 && wait <= HOUR, "" + wait);
        assertEquals(2, steps.size());
        queue.run(false);
        assertEquals(2, steps.size(), "neither is due");
        queue.run(true);
        assertEquals(List.of("wait", "hour", "wait", "hour"), steps);
    }

    @Test
    void aTimeThatHasComeIsDue() {
        add("soon", 1, Task.DONE);
        queue.run(false);
        Await.until(() -> queue.run(false) == Long.MAX_VALUE);
        assertEquals(List.of("soon", "soon"), steps);
    }

    @Test
    void theNearestTimeCounts() {
        add("hour", HOUR);
        add("two", 2 * HOUR);
        add("wait", Task.WAIT);
        long wait = queue.run(false);
        assertTrue(wait > 0 && wait <= HOUR, "" + wait);
    }

    @Test
    void anExceptionEndsTheTaskAndNoOther() {
        queue.add(module, "broken", () -> {
            throw new IOException("no such thing");
        }, false);
        add("good", Task.AGAIN, Task.DONE);
        assertEquals(0, queue.run(false));
        assertEquals(Long.MAX_VALUE, queue.run(false));
        assertEquals(List.of("good", "good"), steps);
        assertEquals(2, entry.tasksEnded());
        assertEquals(1, entry.tasksFailed());
        assertTrue(machine.log(1).stream()
            .anyMatch(line -> line.contains("probe: task broken failed: java.io.IOException: no such thing")));
    }

    @Test
    void aResultThatIsNoneNamesWhatIsOne() {
        add("odd", -2);
        assertEquals(Long.MAX_VALUE, queue.run(false));
        assertEquals(1, entry.tasksFailed());
        assertTrue(machine.log(1).stream().anyMatch(line -> line.contains("task odd failed")
            && line.contains("step returned -2; return DONE, AGAIN, WAIT or a number of ns")));
    }

    @Test
    void aModuleThatEndsTakesItsTasksAlong() {
        add("a", Task.AGAIN, Task.AGAIN);
        queue.run(false);
        queue.removeAll(module);
        assertEquals(Long.MAX_VALUE, queue.run(true));
        assertEquals(List.of("a"), steps);
    }
}
