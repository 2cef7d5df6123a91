// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.system.modules.Sharer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Kernels in a container each: what they exchange, where they run, and what is recorded of them. */
@NeedsDocker
class ContainersIT {
    private static final long MESSAGES = 20_000;
    private static final int KERNELS = 3;

    @RegisterExtension
    final ContainerMachine lab = new ContainerMachine();

    @Test
    void theDemosExchangeIsVerified() throws Exception {
        MkContainer host = lab.host(ContainerMachine.tree("demo.messages=10000 demo.pages=4").host("demo")
            .instance("web", "demo").instance("db", "demo"));
        MkContainer web = lab.join("web");
        MkContainer db = lab.join("db");
        host.awaitOut(1, "host: demo: everything was verified$");
        assertEquals(1, host.out("messages: 60000 sent, 60000 delivered, 0 lost, 0 torn, 0 repeated, 0 reordered$")
            .size(), host::describe);
        assertEquals(1, host.out("demo: pages: 16 shared, 16 verified$").size(), host::describe);
        for (MkContainer kernel : List.of(host, web, db)) {
            var config = kernel.inspect().getHostConfig();
            assertEquals(List.of("none", "private", ""),
                List.of(config.getNetworkMode(), config.getIpcMode(), config.getPidMode()));
            kernel.exec("mk", "healthcheck").ends(0);
        }
        /* Each is the first process of a name space of its own. */
        assertEquals(List.of(1L, 1L),
            List.of(lab.show("web").get("pid").asLong(), lab.show("db").get("pid").asLong()));
        MkContainer holder = lab.holder();
        lab.shutDown(web, db);
        assertEquals(List.of(), holder.exec("ls", "-A", ContainerMachine.RAM).ends(0).out());
    }

    @Test
    void theJournalOutlivesAllContainersAndIsWhole() throws Exception {
        MkContainer host = lab.host(ContainerMachine.tree("traffic.messages=" + MESSAGES + " traffic.rate=10000")
            .host("traffic").instance("a", "traffic").instance("b", "traffic"), "--journal", ContainerMachine.JOURNAL);
        MkContainer a = lab.join("a");
        MkContainer b = lab.join("b");
        host.awaitOut(KERNELS, ": traffic: " + MESSAGES + " sent, " + MESSAGES
            + " received, 0 lost, 0 torn, 0 repeated, ");
        lab.shutDown(a, b);
        lab.removeAllButTheDisk();
        /* Each kernel also told each other one how many it had sent. */
        long messages = KERNELS * MESSAGES + KERNELS * (KERNELS - 1);
        MkContainer trace = lab.start(limits -> { }, "trace", "--journal", ContainerMachine.JOURNAL, "--summary",
            "--json").ends(0);
        JsonNode summary = new ObjectMapper().readTree(trace.out().getFirst());
        assertEquals(messages, summary.get("sent").longValue(), summary::toString);
        assertEquals(messages, summary.get("delivered").longValue(), summary::toString);
        assertEquals(0, summary.at("/gaps/sends").longValue() + summary.at("/gaps/deliveries").longValue()
            + summary.get("undelivered").longValue() + summary.get("unsent").longValue(), summary::toString);
        lab.fetch(ContainerMachine.JOURNAL, lab.fetched());
        JournalBooks books = JournalBooks.of(lab.fetched().resolve("journal"));
        assertEquals(JournalBooks.NO_FAULTS, books.faults());
        assertEquals(messages, books.sends());
        assertEquals(messages, books.deliveries());
        assertTrue(books.isComplete(), "it was ended in order");
    }

    @Test
    void pagesAreSharedByTheirPfns() throws Exception {
        Path jar = ModuleJar.of(lab.files(), Sharer.class);
        MkContainer host = lab.host(ContainerMachine.tree("").instance("owner", ContainerMachine.jar(jar))
            .instance("receiver", ContainerMachine.jar(jar)).instance("third", ContainerMachine.jar(jar)));
        MkContainer owner = lab.join("owner");
        MkContainer receiver = lab.join("receiver");
        host.awaitOut(1, "receiver: sharer: still reads 0 and 1$");
        List<String> mapped = host.out("receiver: sharer: mapped [0-9a-f]+000$");
        assertEquals(2, mapped.size(), host::describe);
        assertEquals(1, host.out("owner: sharer: revoke gave 0$").size(), host::describe);
        assertEquals(3, host.out("receiver: sharer: not mapped ").size(), host::describe);
        String first = mapped.getFirst().replaceFirst(".* mapped ([0-9a-f]+)000$", "$1");
        assertEquals(1, host.out("receiver: mkemu: PFN 0x" + first
            + " from CPU 1 not mapped: its owner has not shared it").size(), host::describe);
        assertEquals(2, host.out("receiver: mkemu: PFN 0x[0-9a-f]+ from CPU 1 not mapped: it is outside ").size(),
            host::describe);
        lab.shutDown(owner, receiver);
    }

    /** The host CPUs that each thread of a container's kernel may use. */
    private static Set<String> cpus(MkContainer kernel) throws Exception {
        return kernel.exec("sh", "-c", "cat /proc/1/task/*/status").ends(0).out("^Cpus_allowed_list:").stream()
            .map(line -> line.substring(line.indexOf(':') + 1).strip()).collect(Collectors.toSet());
    }

    @Test
    void kernelsKeepToTheCpuSetsOfTheirContainers() throws Exception {
        lab.needsCpus(2);
        MkContainer host = lab.host(limits -> limits.withCpusetCpus("0"), ContainerMachine.tree("traffic.messages=2000")
            .host("traffic").instance("a", "traffic").instance("b", "traffic"));
        MkContainer a = lab.join(limits -> limits.withCpusetCpus("1"), "a");
        MkContainer b = lab.join(limits -> limits.withCpusetCpus("0"), "b");
        host.awaitOut(KERNELS, ": traffic: 2000 sent, 2000 received, 0 lost, 0 torn, 0 repeated, ");
        assertEquals(List.of(Set.of("0"), Set.of("1"), Set.of("0")), List.of(cpus(host), cpus(a), cpus(b)));
        lab.shutDown(a, b);
    }

    /** The line that docker run takes, as it is printed, but for the label that the clean-up goes by. */
    private MkProcess run(String line) throws Exception {
        String label = DockerRun.LABEL + "=" + lab.run().labels().get(DockerRun.LABEL);
        return new MkProcess(new ProcessBuilder("sh", "-c",
            "exec " + line.replaceFirst("^docker run ", "docker run --label " + label + " ")).start(), line);
    }

    @Test
    void thePrintedDockerLineJoinsAndARefusedCpuIsNamed() throws Exception {
        lab.needsCpus(2);
        MkContainer host = lab.host(limits -> limits.withCpusetCpus("0"), ContainerMachine.tree("traffic.messages=2000")
            .host("traffic").instance("a", "traffic"));
        String line = line(host);
        assertTrue(line.matches("docker run .*--cpuset-cpus 1 .*"), line);
        run(line.replace("--cpuset-cpus 1 ", "--cpuset-cpus 0 ")).refuses(5,
            "CPU 1: cannot pin to host CPU 1 \\(errno 22\\); allowed here: 0\\b");
        host.awaitOut(1, " a: .*cannot pin to host CPU 1 .*; allowed here: 0;");
        assertEquals("waits to be joined", lab.show("a").get("detail").asText());

        MkProcess a = run(line);
        host.awaitOut(2, ": traffic: 2000 sent, 2000 received, 0 lost, 0 torn, 0 repeated, ");
        lab.shutDown();
        a.ends(0);
    }

    private String line(MkContainer host) throws Exception {
        List<String> lines = host.mk("exec", "a", "--external", "--format", "docker", "--volume", lab.ramVolume(),
            "--no-wait").out();
        assertEquals(1, lines.size(), lines::toString);
        return lines.getFirst();
    }
}
