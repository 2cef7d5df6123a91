// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a recording told once and every reader must know: the machine, the trace mode, each instance's life, with the
 * names it gave to types.
 */
final class Preamble {
    private record Life(long life, long nanos, byte[] what, List<Name> names) {
    }

    private record Name(long nanos, int type, byte[] name) {
    }

    private final Map<Integer, Life> lives = new TreeMap<>();
    private final List<DirectBuffer> documents = new ArrayList<>();
    private final DocumentBuilder document = new DocumentBuilder();
    private byte[] machine = {};
    private long machineNanos;
    private TraceMode mode = TraceMode.OFF;
    private TraceMode modeBefore = TraceMode.OFF;
    private long modeNanos;

    void machine(long nanos, byte[] what) {
        machineNanos = nanos;
        machine = what;
    }

    void mode(long nanos, TraceMode now, TraceMode before) {
        modeNanos = nanos;
        mode = now;
        modeBefore = before;
    }

    void life(int instance, long life, long nanos, byte[] what) {
        lives.put(instance, new Life(life, nanos, what, new ArrayList<>()));
    }

    /** A type has a name in the present life of an instance. */
    void typeName(int instance, long nanos, int type, byte[] name) {
        Life life = lives.get(instance);
        if (life != null) {
            life.names().add(new Name(nanos, type, name));
        }
    }

    /** It as documents; their watermark is 0, so that it promises nothing. */
    List<DirectBuffer> documents() {
        documents.clear();
        document.clear();
        document.record(-1, 0, TraceEvent.MACHINE, machineNanos, 0, 0, 0, machine);
        document.record(DocumentBuilder.HOST, -1, 0, 0, TraceEvent.MODE, 0, modeNanos, 0, 0, 0, mode.ordinal(),
            modeBefore.ordinal());
        lives.forEach((instance, life) -> {
            if (!document.hasRoom()) {
                finish();
            }
            document.record(instance, life.life(), TraceEvent.LIFE, life.nanos(), 0, 0, 0, life.what());
            for (Name name : life.names()) {
                if (!document.hasRoom()) {
                    finish();
                }
                document.record(instance, life.life(), TraceEvent.TYPE_NAME, name.nanos(), name.type(), 0, 0,
                    name.name());
            }
        });
        finish();
        return documents;
    }

    private void finish() {
        UnsafeBuffer copy = new UnsafeBuffer(new byte[document.length()]);
        copy.putBytes(0, document.bytes(0), 0, document.length());
        documents.add(copy);
        document.clear();
    }
}
