// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.peer;

import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.logbuffer.FragmentHandler;
import java.nio.file.Path;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * Aeron IPC with a media driver of its own in the main process. The driver takes no part in passing messages, but moves
 * their flow control on; between two commands it looks up now and then only, so that it disturbs nobody's round trips.
 */
final class AeronWire implements Wire {
    private static final int UP = 1;
    private static final int DOWN = 2;
    private static final int LIMIT = 64;
    /* Of Aeron's own default for its conductor. */
    private static final long LONGEST_PARK_NANOS = 1_000_000;
    private static final long RESTING_MILLIS = 50;

    /** The driver's idling: Aeron's own during a command. */
    private static final class DriverIdle implements IdleStrategy {
        private final IdleStrategy backoff = new BackoffIdleStrategy(10, 20, 1000, LONGEST_PARK_NANOS);
        private volatile boolean rests;

        @Override
        public void idle(int workCount) {
            if (!rests) {
                backoff.idle(workCount);
            } else if (workCount <= 0) {
                idle();
            }
        }

        @Override
        public void idle() {
            if (!rests) {
                backoff.idle();
                return;
            }
            try {
                Thread.sleep(RESTING_MILLIS);
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void reset() {
            backoff.reset();
        }
    }

    private final MediaDriver driver;
    private final DriverIdle driverIdle;
    private final Aeron aeron;
    private final Publication out;
    private final Subscription in;
    private final FragmentHandler handler = (buffer, offset, length, header) -> hand(buffer, offset, length);
    private Receiver receiver;

    private AeronWire(MediaDriver driver, DriverIdle driverIdle, Path directory, int sends, int receives) {
        this.driver = driver;
        this.driverIdle = driverIdle;
        this.aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(directory.resolve("aeron").toString()));
        this.in = aeron.addSubscription(CommonContext.IPC_CHANNEL, receives);
        this.out = aeron.addPublication(CommonContext.IPC_CHANNEL, sends);
    }

    static AeronWire main(Path directory) {
        DriverIdle idle = new DriverIdle();
        MediaDriver driver = MediaDriver.launch(new MediaDriver.Context()
            .aeronDirectoryName(directory.resolve("aeron").toString())
            .threadingMode(ThreadingMode.SHARED).sharedIdleStrategy(idle)
            .ipcTermBufferLength(1 << 22).warnIfDirectoryExists(false).dirDeleteOnStart(true)
            .dirDeleteOnShutdown(true));
        return new AeronWire(driver, idle, directory, DOWN, UP);
    }

    static AeronWire child(Path directory) {
        return new AeronWire(null, null, directory, UP, DOWN);
    }

    @Override
    public boolean offer(DirectBuffer payload, int offset, int bytes) {
        long position = out.offer(payload, offset, bytes);
        if (position == Publication.CLOSED || position == Publication.MAX_POSITION_EXCEEDED) {
            throw new IllegalStateException("Aeron: " + Publication.errorString(position));
        }
        return position > 0;
    }

    private void hand(DirectBuffer buffer, int offset, int length) {
        receiver.message(buffer, offset, length);
    }

    @Override
    public int poll(Receiver to) {
        receiver = to;
        return in.poll(handler, LIMIT);
    }

    @Override
    public void begin(int run, int bytes) {
        if (driverIdle != null) {
            driverIdle.rests = false;
        }
    }

    @Override
    public void end() {
        if (driverIdle != null) {
            driverIdle.rests = true;
        }
    }

    @Override
    public void close() {
        begin(0, 0);
        CloseHelper.closeAll(aeron, driver);
    }
}
