// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.mkemu.cli.trace.PerfettoProto.Trace;
import io.mkemu.cli.trace.PerfettoProto.TracePacket;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Writes packets of a Perfetto trace, compressed in blocks, as the format itself has it. */
final class PacketBlocks {
    /** The format wants less than 512 KiB with what surrounds it, compressed; noise does not become shorter. */
    private static final int BLOCK_BYTES = 256 * 1024;

    private final OutputStream out;
    private final Deflater deflater = new Deflater();
    private final ByteString.Output block = ByteString.newOutput(BLOCK_BYTES);
    private DeflaterOutputStream compressed = new DeflaterOutputStream(block, deflater);
    private CodedOutputStream packets = CodedOutputStream.newInstance(compressed);

    PacketBlocks(OutputStream out) {
        this.out = out;
    }

    /** Adds a packet. */
    void add(TracePacket packet) throws IOException {
        if (packets.getTotalBytesWritten() > 0
            && packets.getTotalBytesWritten() + packet.getSerializedSize() > BLOCK_BYTES) {
            pass();
        }
        packets.writeMessage(Trace.PACKET_FIELD_NUMBER, packet);
    }

    /** Writes what is left. */
    void end() throws IOException {
        pass();
        deflater.end();
        out.flush();
    }

    private void pass() throws IOException {
        if (packets.getTotalBytesWritten() == 0) {
            return;
        }
        packets.flush();
        compressed.finish();
        MessageLite packet = TracePacket.newBuilder().setCompressedPackets(block.toByteString()).build();
        CodedOutputStream whole = CodedOutputStream.newInstance(out);
        whole.writeMessage(Trace.PACKET_FIELD_NUMBER, packet);
        whole.flush();
        block.reset();
        deflater.reset();
        compressed = new DeflaterOutputStream(block, deflater);
        packets = CodedOutputStream.newInstance(compressed);
    }
}
