// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import io.mkemu.test.FakeKernel;
import io.mkemu.test.FakeMachine;
import io.mkemu.test.FakeMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Kernel 0 plays the partner, message by message; kernel 1 has the module. */
class PeerModuleTest {
    private static final int WORDS = PeerModule.PAYLOAD / Long.BYTES;

    private final FakeMachine machine = new FakeMachine(2, 16);
    private final FakeKernel partner = machine.kernel(0);
    private final FakeKernel kernel = machine.kernel(1);

    PeerModuleTest() {
        new PeerModule().init(kernel);
    }

    private void send(int type, long... words) {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long word : words) {
            bytes.putLong(word);
        }
        assertEquals(0, partner.sendIpiData(1, bytes.array(), type));
        kernel.round();
    }

    private static long[] data(long k) {
        long[] words = new long[WORDS];
        words[0] = k;
        for (int index = 1; index < WORDS; index++) {
            words[index] = PeerModule.pattern(k, index);
        }
        return words;
    }

    private List<FakeMessage> answers() {
        return partner.take(1);
    }

    private static long word(FakeMessage message, int index) {
        return ByteBuffer.wrap(message.payload()).order(ByteOrder.LITTLE_ENDIAN).getLong(index * Long.BYTES);
    }

    private void sayHello(long messages, long lockStep) {
        send(PeerModule.HELLO, messages, lockStep);
        FakeMessage hello = answers().getFirst();
        assertEquals(PeerModule.HELLO, hello.type());
        assertTrue(hello.payload().length > 0, "a message of size 0 does not arrive in single-slot mode");
    }

    @Test
    void inLockStepEachMessageFollowsThePartners() {
        sayHello(3, 1);
        for (long k = 0; k < 3; k++) {
            assertEquals(List.of(), answers());
            send(PeerModule.DATA, data(k));
            List<FakeMessage> answers = answers();
            assertEquals(1, answers.size());
            assertEquals(k, word(answers.getFirst(), 0));
            assertEquals(~PeerModule.pattern(k, 7), word(answers.getFirst(), 7));
        }
        send(PeerModule.BYE, 0);
        FakeMessage result = answers().getFirst();
        assertEquals(PeerModule.RESULT, result.type());
        assertEquals(3, word(result, 0));
        assertEquals(0, word(result, 1));
        assertFalse(kernel.hasTasks());
        assertEquals(List.of(), kernel.failures());
        assertEquals(List.of("instance 0: 3 sent, 3 received, 0 mismatches here, 0 there"), kernel.log());
    }

    @Test
    void withoutLockStepItSendsWhatTheLaneTakes() {
        send(PeerModule.HELLO, 100, 0);
        long next = 0;
        for (int round = 0; round < 100 && next < 100; round++) {
            for (FakeMessage message : answers()) {
                if (message.type() == PeerModule.DATA) {
                    assertEquals(next++, word(message, 0));
                }
            }
            machine.advance(1_000_000);
            kernel.round();
        }
        assertEquals(100, next);
    }

    @Test
    void everyWrongMessageIsCounted() {
        sayHello(3, 1);
        send(PeerModule.DATA, data(0));
        send(PeerModule.DATA, data(7));
        long[] torn = data(2);
        torn[WORDS - 1]++;
        send(PeerModule.DATA, torn);
        answers();
        send(PeerModule.BYE, 0);
        assertEquals(2, word(answers().getFirst(), 1));
        assertEquals(1, kernel.failures().size());
        assertTrue(kernel.failures().getFirst().toString().contains("2 mismatches"), kernel.failures()::toString);
    }

    @Test
    void aPartnerThatDiesIsSaid() {
        sayHello(3, 1);
        partner.state(InstanceState.FAILED);
        machine.advance(1_000_000_000);
        kernel.round();
        assertFalse(kernel.hasTasks());
        assertTrue(kernel.failures().getFirst().toString().contains("broke off: 0 sent, 0 received of 3"),
            kernel.failures()::toString);
    }

    @Test
    void invertsThePageAndAnswersWithOneOfItsOwn() {
        long pfn = Pages.pfn(partner.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE));
        try (Window page = partner.memremap(Pages.address(pfn), Pages.PAGE_SIZE)) {
            for (int index = 0; index < Pages.PAGE_SIZE / Long.BYTES; index++) {
                page.buffer().putLong(index * Long.BYTES, PeerModule.pattern(pfn, index));
            }
            page.buffer().putLong(8, 0);
            assertEquals(0, partner.sendPfn(1, pfn));
            kernel.round();
            assertEquals(-1, page.buffer().getLong(8));
            assertEquals(~PeerModule.pattern(pfn, 511), page.buffer().getLong(4088));
        }
        FakeMessage answer = answers().getFirst();
        assertEquals(MkIpiDataDescriptor.PFN_IPI_TYPE, answer.type());
        try (Window own = kernel.memremap(Pages.address(word(answer, 0)), Pages.PAGE_SIZE)) {
            assertEquals(1, own.buffer().getLong(0), "words it found wrong");
            assertEquals(PeerModule.pattern(word(answer, 0), 511), own.buffer().getLong(4088));
        }
    }
}
