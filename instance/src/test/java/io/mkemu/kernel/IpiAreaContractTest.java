// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.Await;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** IPI areas, in both modes. */
@ParameterizedClass
@EnumSource(MailboxContract.Differences.class)
class IpiAreaContractTest extends MailboxContract {
    IpiAreaContractTest(Differences here) {
        super(KernelHost.JAVA, here);
    }

    long available(int id) {
        try (InstancePool pool = machine.mapped().poolOf(machine.mapped().instances().entry(id))) {
            return pool.available();
        }
    }

    private byte[] bytesOf(long address, long length) {
        try (Window window = machine.memory().map(address, length)) {
            byte[] bytes = new byte[(int) length];
            window.buffer().getBytes(0, bytes);
            return bytes;
        }
    }

    @Test
    @DisplayName("mk_instance_ipi_create: no instance, or an id outside 0..255, is -EINVAL")
    void createNeedsAnInstance() {
        for (int none : new int[] {-1, 256, 77, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertEquals(-Errno.EINVAL, machine.areas().create(none), "instance " + none);
        }
    }

    @Test
    @DisplayName("mk_instance_ipi_create: an instance without a pool is -ENODEV")
    void createNeedsAPool() {
        machine.reserve(3, 6).regions(List.of());
        assertEquals(-Errno.ENODEV, machine.areas().create(3));
    }

    @Test
    @DisplayName("mk_instance_ipi_create: a pool that cannot hold the buffer is -ENOMEM")
    void createNeedsRoom() {
        InstanceEntry entry = machine.reserve(3, 6);
        try (InstancePool pool = machine.mapped().poolOf(entry)) {
            while (pool.alloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE) != 0) {
                continue;
            }
        }
        assertEquals(-Errno.ENOMEM, machine.areas().create(3));
        assertEquals(0, machine.areas().get(3));
    }

    @Test
    @DisplayName("mk_instance_ipi_create: the second is -EEXIST, its buffer freed, the old one kept")
    void createTwiceKeepsTheFirst() {
        machine.load(3, 6);
        long area = machine.areas().get(3);
        long before = available(3);
        assertEquals(-Errno.EEXIST, machine.areas().create(3));
        assertEquals(area, machine.areas().get(3));
        assertEquals(before, available(3));
    }

    @Test
    @DisplayName("mk_instance_ipi_create: the buffer is zeroed before it is published")
    void createZeroesBeforeItPublishes() throws Exception {
        InstanceEntry entry = machine.reserve(3, 6);
        long length = machine.mapped().interconnect().areaLength(1);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger seen = new AtomicInteger();
        AtomicReference<String> stale = new AtomicReference<>();
        Thread watcher = new Thread(() -> {
            while (!over.get()) {
                long area = machine.areas().get(3);
                if (area != 0 && (seen.get() & 1) == 0) {
                    byte[] bytes = bytesOf(area, length);
                    for (int at = 128; at < bytes.length; at++) {
                        if (bytes[at] != 0) {
                            stale.set("byte " + at + " is " + bytes[at]);
                        }
                    }
                    seen.incrementAndGet();
                }
                Thread.onSpinWait();
            }
        });
        watcher.start();
        try {
            for (int round = 0; round < 50; round++) {
                try (InstancePool pool = machine.mapped().poolOf(entry)) {
                    long dirty = pool.alloc(length, Pages.PAGE_SIZE);
                    try (Window window = machine.memory().map(dirty, length)) {
                        window.buffer().setMemory(0, (int) length, (byte) 0x5a);
                    }
                    assertEquals(0, pool.free(dirty, length));
                }
                assertEquals(0, machine.areas().create(3));
                Await.until(() -> (seen.get() & 1) == 1);
                assertEquals(0, machine.areas().destroy(3));
                seen.incrementAndGet();
            }
        } finally {
            over.set(true);
            watcher.join();
        }
        assertNull(stale.get());
    }

    @Test
    @DisplayName("mk_instance_ipi_destroy: unknown or out of range is nothing; else unpublished and freed")
    void destroyGivesBack() {
        for (int none : new int[] {-1, 256, 77}) {
            assertEquals(0, machine.areas().destroy(none), "instance " + none);
        }
        machine.reserve(3, 6);
        long before = available(3);
        assertEquals(0, machine.areas().create(3));
        assertNotEquals(before, available(3));
        assertEquals(0, machine.areas().destroy(3));
        assertEquals(before, available(3));
        assertEquals(0, machine.areas().destroy(3));
        assertEquals(0, machine.areas().get(3));
    }

    @Test
    @DisplayName("mk_instance_ipi_get: the area, or none")
    void getFindsTheArea() {
        assertEquals(machine.mapped().instances().entry(1).ipiArea(), machine.areas().get(1));
        assertNotEquals(0, machine.areas().get(1));
        for (int none : new int[] {-1, 256, 77}) {
            assertEquals(0, machine.areas().get(none), "instance " + none);
        }
    }
}
