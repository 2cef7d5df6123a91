// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.exception.DockerClientException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.output.FrameConsumerResultCallback;
import org.testcontainers.containers.output.OutputFrame;
import org.testcontainers.containers.output.OutputFrame.OutputType;

/** A container whose main process is {@code mk ARGS}. */
final class MkContainer extends Program {
    private final GenericContainer<?> container;
    private final String what;

    /** One that has been started. What it has printed until now is read too. */
    MkContainer(GenericContainer<?> container, String what) {
        this.container = container;
        this.what = what;
        FrameConsumerResultCallback lines = new FrameConsumerResultCallback();
        lines.addConsumer(OutputType.STDOUT, frame -> take(frame, out));
        lines.addConsumer(OutputType.STDERR, frame -> take(frame, err));
        client().logContainerCmd(id()).withFollowStream(true).withStdOut(true).withStdErr(true).exec(lines);
    }

    private static void take(OutputFrame frame, Lines to) {
        if (frame == OutputFrame.END) {
            to.end();
        } else {
            to.add(frame.getUtf8StringWithoutLineEnding());
        }
    }

    private DockerClient client() {
        return container.getDockerClient();
    }

    String id() {
        return container.getContainerId();
    }

    InspectContainerResponse inspect() {
        return client().inspectContainerCmd(id()).exec();
    }

    @Override
    boolean isAlive() {
        return Boolean.TRUE.equals(inspect().getState().getRunning());
    }

    void pause() {
        client().pauseContainerCmd(id()).exec();
    }

    void unpause() {
        client().unpauseContainerCmd(id()).exec();
    }

    /** docker kill: SIGKILL to its main process; waits for the end. */
    void kill() throws InterruptedException {
        client().killContainerCmd(id()).exec();
        awaitExit();
    }

    /** docker stop: SIGTERM, and SIGKILL once the watchdog's time is over. */
    void stop() {
        client().stopContainerCmd(id()).withTimeout((int) WATCHDOG_SECONDS).exec();
    }

    /** docker start, of one that has ended. Its output begins with what it printed before. */
    MkContainer startAgain() {
        client().startContainerCmd(id()).exec();
        return new MkContainer(container, what);
    }

    @Override
    int awaitExit() throws InterruptedException {
        try (var wait = client().waitContainerCmd(id()).exec(new WaitContainerResultCallback())) {
            return wait.awaitStatusCode(WATCHDOG_SECONDS, TimeUnit.SECONDS);
        } catch (DockerClientException | IOException late) {
            return fail("does not end\n" + describe(), late);
        }
    }

    /** Waits for the end with this code. */
    MkContainer ends(int code) throws IOException, InterruptedException {
        endsWith(given -> given == code, Integer.toString(code));
        return this;
    }

    /** docker exec: a command that runs in it beside its main process, to its end. */
    Ended exec(Object... command) throws IOException, InterruptedException {
        String[] words = Arrays.stream(command).map(Object::toString).toArray(String[]::new);
        ExecResult result = container.execInContainer(words);
        return new Ended(String.join(" ", words), result.getExitCode(), result.getStdout(), result.getStderr());
    }

    /** The same of mk, which must succeed without a word on stderr. */
    Ended mk(Object... args) throws IOException, InterruptedException {
        Object[] command = new Object[args.length + 1];
        command[0] = "mk";
        System.arraycopy(args, 0, command, 1, args.length);
        Ended done = exec(command).ends(0);
        assertEquals(List.of(), done.err(), done::describe);
        return done;
    }

    /** docker rm -f. */
    void remove() {
        container.stop();
    }

    @Override
    public String toString() {
        var state = inspect().getState();
        return what + " (" + state.getStatus() + ", exit code " + state.getExitCodeLong() + ")";
    }
}
