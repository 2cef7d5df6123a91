// SPDX-License-Identifier: Apache-2.0
package io.mkemu.decode;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.decode.DecoderProtocol.Answer;
import io.mkemu.decode.DecoderProtocol.Kind;
import io.mkemu.decode.DecoderProtocol.Request;
import io.mkemu.kernel.ModuleLoader;
import io.mkemu.module.PayloadDecoder;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The process of the decoders of a jar.
 *
 * <p>{@code DecoderMain JAR}. It speaks {@link DecoderProtocol}, and ends when its stdin does.
 */
public final class DecoderMain {
    private static final int WAITING = 16;

    private DecoderMain() {
    }

    /** Decodes. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 1) {
            System.err.println("mkemu decoder: want a JAR; mk starts this itself");
            Runtime.getRuntime().halt(ExitCode.USAGE.code());
        }
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        BlockingQueue<Request> requests = read(new DataInputStream(new FileInputStream(FileDescriptor.in)));
        /* What a decoder prints is nobody's. */
        System.setIn(InputStream.nullInputStream());
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        List<PayloadDecoder> decoders = load(args[0], out);
        while (true) {
            Request request = requests.take();
            DecoderProtocol.answer(out, decode(decoders, request));
        }
    }

    /** The thread that reads also notices, whatever a decoder does, that nobody asks any more. */
    private static BlockingQueue<Request> read(DataInputStream in) {
        BlockingQueue<Request> requests = new ArrayBlockingQueue<>(WAITING);
        Thread reader = new Thread(() -> {
            try {
                while (true) {
                    requests.put(DecoderProtocol.request(in));
                }
            } catch (IOException | InterruptedException over) {
                Runtime.getRuntime().halt(ExitCode.OK.code());
            }
        }, "requests");
        reader.setDaemon(true);
        reader.start();
        return requests;
    }

    private static List<PayloadDecoder> load(String jar, DataOutputStream out) throws IOException {
        try {
            List<PayloadDecoder> decoders = ModuleLoader.services(jar, PayloadDecoder.class);
            DecoderProtocol.answer(out, new Answer(0, Kind.TEXT, ""));
            return decoders;
        } catch (MachineException refused) {
            DecoderProtocol.answer(out, new Answer(0, Kind.FAULT, refused.getMessage()));
            return List.of();
        }
    }

    private static Answer decode(List<PayloadDecoder> decoders, Request request) {
        try {
            for (PayloadDecoder decoder : decoders) {
                /* A copy for each: the next one sees what was sent. */
                String text = decoder.decode(request.type(), new UnsafeBuffer(request.payload().clone()));
                if (text != null) {
                    return new Answer(request.number(), Kind.TEXT, text);
                }
            }
            return new Answer(request.number(), Kind.NONE, "");
        } catch (Throwable fault) {
            return new Answer(request.number(), Kind.FAULT, text(fault));
        }
    }

    private static String text(Throwable fault) {
        try {
            return String.valueOf(fault);
        } catch (Throwable alsoThrown) {
            return fault.getClass().getName();
        }
    }
}
