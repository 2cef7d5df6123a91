// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.system.modules.Awkward;
import io.mkemu.system.modules.Chatter;
import io.mkemu.system.modules.Counting;
import io.mkemu.system.modules.Pressing;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Kernels whose containers are paused, killed, or taken by the kernel for want of memory, and what the others see. */
@NeedsDocker
class ContainerDeathIT {
    private static final long MESSAGES = 20_000;
    private static final int HOST_IS_GONE = 75;
    private static final int KILLED = 137;
    private static final long LIMIT_BYTES = 160L << 20;
    private static final String HEARS_ALL = ": chatter: hears all$";
    private static final String EXACT = "(a|b): traffic: " + MESSAGES + " sent, " + MESSAGES
        + " received, 0 lost, 0 torn, 0 repeated, ";
    private static final String DIED = "its process ended without a word";

    @RegisterExtension
    final ContainerMachine lab = new ContainerMachine();

    private String jar(Class<?> module, String... others) {
        return ContainerMachine.jar(ModuleJar.of(lab.files(), module, others));
    }

    @Test
    void sendersToAPausedReceiverGetEnospcAndNothingIsLost() throws Exception {
        String jar = jar(Pressing.class);
        MkContainer host = lab.host(ContainerMachine.tree("pressing.messages=" + MESSAGES).instance("receiver", jar)
            .instance("a", jar).instance("b", jar));
        MkContainer receiver = lab.join("receiver");
        lab.awaitState("receiver", "active");
        MkContainer a = lab.join("a");
        MkContainer b = lab.join("b");
        lab.awaitState("a", "active");
        lab.awaitState("b", "active");
        receiver.pause();
        for (String sender : List.of("a", "b")) {
            awaitStuck(sender);
            assertTrue(host.out(" " + sender + ": pressing: -ENOSPC after \\d+$").size() > 0, host::describe);
        }
        /* It is not dead: its life lock is held while it is paused. */
        assertEquals("active", lab.show("receiver").get("state").asText());
        receiver.unpause();
        for (int sender = 2; sender <= 3; sender++) {
            host.awaitOut(1, "receiver: pressing: of " + MESSAGES + " of instance " + sender
                + " 0 lost, 0 torn, 0 repeated$");
        }
        host.awaitOut(2, ": pressing: " + MESSAGES + " sent, refused [1-9]\\d* times$");
        lab.shutDown(receiver, a, b);
    }

    /** Until nothing of what an instance tries to send is taken any more. */
    private void awaitStuck(String sender) throws Exception {
        long[] sent = {-1};
        lab.await(sender + " goes on sending", () -> {
            long before = sent[0];
            sent[0] = lab.show(sender).at("/counters/sent").longValue();
            return sent[0] == before;
        });
        assertTrue(sent[0] > 0 && sent[0] < MESSAGES, sender + " sent " + sent[0]);
    }

    @Test
    void anInstanceKilledInMidTrafficIsNoticedReturnsWhatItHadAndBootsAgain() throws Exception {
        String chatter = jar(Chatter.class);
        String counting = jar(Counting.class);
        MkContainer host = lab.host(ContainerMachine.tree("traffic.messages=" + MESSAGES
            + " traffic.rate=2000 traffic.with=1,2").host(chatter).instance("a", chatter, counting, "traffic")
            .instance("b", chatter, "traffic").instance("c", chatter, counting));
        MkContainer a = lab.join("a");
        MkContainer b = lab.join("b");
        MkContainer c = lab.join("c");
        host.awaitOut(4, HEARS_ALL);
        c.kill();
        JsonNode dead = lab.awaitState("c", "failed");
        assertTrue(dead.get("reason").asText().startsWith(DIED), dead::toString);
        host.awaitOut(3, "(host|a|b): .*: goes on without instance 3$");

        MkContainer next = lab.join("c");
        assertEquals(2, lab.awaitState("c", "active").get("life").asInt());
        host.awaitOut(4 + 1, HEARS_ALL);
        host.awaitOut(1, " a: counting: jumps from \\d+ to 0$");
        next.kill();
        lab.awaitState("c", "failed");
        long held = freeMemory(host);
        host.mk("unload", "c");
        host.mk("delete", "c");
        assertEquals(held + dead.get("memory").asLong(), freeMemory(host));
        host.mk("create", "d", "--cpus", "3", "--memory", dead.get("memory").asText(), "--external");
        host.mk("load", "d", "--modules", "echo");
        MkContainer d = lab.join("d");
        lab.awaitState("d", "active");

        host.awaitOut(2, EXACT);
        /* From c, every message of either life came once and in order, up to its last one. */
        assertEquals(List.of("begins at 0", "jumps from N to 0"), host.out(" a: counting: ").stream()
            .map(line -> line.replaceFirst(".* counting: ", "").replaceFirst("from \\d+", "from N")).toList());
        lab.shutDown(a, b, d);
    }

    private static long freeMemory(MkContainer host) throws Exception {
        return new ObjectMapper().readTree(host.mk("show", "--json").out().getFirst()).at("/machine/freeMemory")
            .longValue();
    }

    @Test
    void aKilledHostTakesItsInstancesAlongAndStartsAgainOnTheSameVolume() throws Exception {
        String chatter = jar(Chatter.class);
        MkContainer host = lab.host(ContainerMachine.tree("traffic.messages=5000 traffic.rate=5000")
            .host(chatter, "traffic").instance("a", chatter, "traffic").instance("b", chatter, "traffic"));
        MkContainer holder = lab.holder();
        MkContainer a = lab.join("a");
        MkContainer b = lab.join("b");
        host.awaitOut(3, HEARS_ALL);
        host.kill();
        a.endsWith(code -> code == HOST_IS_GONE, "75");
        b.endsWith(code -> code == HOST_IS_GONE, "75");
        assertEquals(List.of(lab.machine()), holder.exec("ls", ContainerMachine.RAM).ends(0).out());
        host.out.awaitEnd(host::describe);

        String exact = ": traffic: 5000 sent, 5000 received, 0 lost, 0 torn, 0 repeated, ";
        MkContainer again = host.startAgain();
        lab.host(again);
        a = lab.join("a");
        b = lab.join("b");
        /* Its output begins with what it had said before it was killed. */
        again.awaitOut(3 + 3, HEARS_ALL);
        again.awaitOut(host.out(exact).size() + 3, exact);
        lab.shutDown(a, b);
        assertEquals(List.of(), holder.exec("ls", "-A", ContainerMachine.RAM).ends(0).out());
    }

    @Test
    void anInstanceThatTheKernelKillsForItsMemoryIsTheOnlyOne() throws Exception {
        MkContainer host = lab.host(ContainerMachine.tree("traffic.messages=" + MESSAGES
            + " traffic.rate=4000 traffic.with=2,3 awkward.in=memory")
            .instance("eater", jar(Awkward.class)).instance("a", "traffic").instance("b", "traffic"));
        MkContainer a = lab.join("a");
        MkContainer b = lab.join("b");
        MkContainer eater = lab.join(limits -> limits.withMemory(LIMIT_BYTES).withMemorySwap(LIMIT_BYTES), "eater");
        host.awaitOut(1, "eater: awkward: eats$");
        /* Nobody else kills it. Docker's OOMKilled says the same, unless it hears of the end before it hears why. */
        eater.endsWith(code -> code == KILLED, "137");
        JsonNode dead = lab.awaitState("eater", "failed");
        assertTrue(dead.get("reason").asText().startsWith(DIED), dead::toString);
        host.awaitOut(2, EXACT);
        lab.shutDown(a, b);
    }
}
