// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.table.TypeNames.TypeName;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class TypeNamesTest {
    private static final int BASE = 3;
    private final UnsafeBuffer field = new UnsafeBuffer(new byte[BASE + InstanceDescriptor.TYPE_NAMES_LENGTH + 4]);
    private final TypeNames names = new TypeNames(field, BASE);

    @Test
    void aTypeHasOneName() {
        assertEquals(0, names.name(0x80000001, "pages.pfn"));
        assertEquals(0, names.name(0, "rpc:a/b-c_9"));
        assertEquals(0, names.name(0, "rpc:a/b-c_9"));
        assertEquals(-Errno.EEXIST, names.name(0, "rpc"));
        List<TypeName> given = List.of(new TypeName(0x80000001, "pages.pfn"), new TypeName(0, "rpc:a/b-c_9"));
        assertEquals(given, names.all());
        assertEquals(given, new TypeNames(field, BASE).all());
        assertEquals(2, names.count());
        names.clear();
        assertEquals(List.of(), names.all());
        assertEquals(0, names.name(0, "rpc"));
    }

    @Test
    void whatIsNoName() {
        for (String name : new String[] {null, "", "9a", "a b", "a=b", "a\u00e9", "a\n", "a".repeat(64)}) {
            assertEquals(-Errno.EINVAL, names.name(1, name), name);
        }
        assertEquals(0, names.count());
        assertEquals(0, names.name(1, "a".repeat(63)));
    }

    @Test
    void whatIsFullKeepsWhatItHasAndTouchesNothingElse() {
        int given = 0;
        while (names.name(given, String.format("name.%06d", given)) == 0) {
            given++;
        }
        assertEquals(InstanceDescriptor.TYPE_NAMES_LENGTH / 16, given);
        assertEquals(-Errno.ENOSPC, names.name(given, "more"));
        assertEquals(0, names.name(0, "name.000000"));
        assertEquals(given, names.all().size());
        for (int at = 0; at < 4; at++) {
            assertEquals(0, field.getByte(BASE + InstanceDescriptor.TYPE_NAMES_LENGTH + at));
        }
    }

    @Test
    void garbageIsNoNameAndNoFault() {
        Random random = new Random(7);
        byte[] bytes = new byte[InstanceDescriptor.TYPE_NAMES_LENGTH];
        for (int time = 0; time < 2000; time++) {
            random.nextBytes(bytes);
            field.putBytes(BASE, bytes);
            names.all().forEach(name -> assertTrue(name.name().matches("[A-Za-z][\\w.:/-]*"), name::name));
            assertTrue(names.count() >= names.all().size());
            names.name(time, "name");
        }
    }

    @Test
    void aReaderNeverSeesHalfAName() throws Exception {
        TypeNames reader = new TypeNames(field, BASE);
        CompletableFuture<Void> writes = CompletableFuture.runAsync(() -> {
            for (int type = 0; type < 25; type++) {
                names.name(type, "name." + "x".repeat(type % 10) + type);
            }
        });
        List<TypeName> seen = new ArrayList<>();
        while (seen.size() < 25) {
            seen = reader.all();
            for (int type = 0; type < seen.size(); type++) {
                assertEquals(new TypeName(type, "name." + "x".repeat(type % 10) + type), seen.get(type));
            }
        }
        writes.get();
    }
}
