// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.host.control.ControlClient;
import io.mkemu.host.control.Protocol;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.HostSpec;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to a host that has not booted: what they may say, and that they are done whole or not at all. */
@Timeout(300)
class HostVerbsTest {
    private static final long PATIENCE_MILLIS = 30_000;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Path base;
    private Host host;
    private HostControl control;

    @BeforeEach
    void make() throws IOException {
        base = Files.createTempDirectory(Path.of("/dev/shm"), "mkemu-test-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        MachineSpec spec = MachineSpec.of(List.of(0, 1, 2, 3), 32 << 20, new HostSpec("", List.of()), List.of(),
            OptionalInt.empty());
        host = Host.init(new MachineDirectory(base.resolve("verbs")), MachinePlan.of(spec));
        control = HostControl.open(host);
    }

    @AfterEach
    void end() throws Exception {
        control.close();
        host.shutDown(0);
        host.close();
        Files.delete(base);
    }

    private JsonNode ask(String request) throws IOException {
        try (ControlClient client = ControlClient.connect(host.machine().directory().control(), PATIENCE_MILLIS)) {
            return client.ask((ObjectNode) MAPPER.readTree(request.replace('\'', '"')), PATIENCE_MILLIS, line -> { });
        }
    }

    private String refused(ExitCode code, String request) {
        MachineException refused = assertThrows(MachineException.class, () -> ask(request), request);
        assertEquals(code, refused.exitCode(), refused.getMessage());
        assertFalse(refused.getMessage().contains("\n"));
        return refused.getMessage();
    }

    /** All that a client can see, but what the time changes. */
    private String state() throws IOException {
        ObjectNode status = (ObjectNode) ask("{'verb':'show'}");
        ((ObjectNode) status.get("machine")).remove("upMillis");
        return status.toString();
    }

    private List<String> states() throws IOException {
        List<String> states = new ArrayList<>();
        ask("{'verb':'show'}").get("instances").forEach(
            one -> states.add(one.get("name").asText() + " " + one.get("state").asText()));
        return states;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{'verb':'frobnicate'} | unknown verb \"frobnicate\": a host knows show, create",
        "{'verb':'show','x':1} | show: unknown field \"x\", known are names",
        "{'verb':'show','names':'a'} | show: field \"names\" is \"a\", expected a list",
        "{'verb':'create'} | create: field \"name\" is missing",
        "{'verb':'create','name':'a/b','cpus':[1],'memory':4096} | is not legal, expected letters, digits",
        "{'verb':'create','name':'host','cpus':[1],'memory':4096} | instance name \"host\" is the host kernel's own",
        "{'verb':'create','name':'a','memory':4096} | create: name either cpus or a cpuCount",
        "{'verb':'create','name':'a','cpus':[1],'cpuCount':1,'memory':4096} | create: name either cpus or a cpuCount",
        "{'verb':'create','name':'a','cpus':[],'memory':4096} | create: \"cpus\" names no CPU",
        "{'verb':'create','name':'a','cpus':[-1],'memory':4096} | create: field \"cpus\" is -1, expected a whole",
        "{'verb':'create','name':'a','cpus':[1]} | create: field \"memory\" is missing",
        "{'verb':'create','name':'a','cpus':[1],'memory':5000} | memory of 5000 bytes is not a multiple of 4096",
        "{'verb':'create','name':'a','cpus':[1],'memory':-4096} | create: field \"memory\" is -4096",
        "{'verb':'create','name':'a','cpus':[1],'memory':4096,'id':256} | field \"id\" is 256, expected a whole number",
        "{'verb':'update','name':'a'} | update: name cpus, memory or both",
        "{'verb':'load','name':'a','restart':'always'} | is not a restart policy; use never",
        "{'verb':'load','name':'a','modules':['echo','echo']} | load: a module is named twice",
        "{'verb':'load'} | load: field \"name\" is missing",
        "{'verb':'exec'} | exec: field \"names\" is missing or empty",
        "{'verb':'exec','names':[]} | exec: field \"names\" is missing or empty",
        "{'verb':'exec','names':['a'],'all':true} | exec: names or all, not both",
        "{'verb':'exec','names':['a'],'timeoutMillis':0} | field \"timeoutMillis\" is 0, expected a whole",
        "{'verb':'exec','names':['a'],'image':'i'} | exec: a container has an image and a volume: name both",
        "{'verb':'join','name':'a'} | join: \"hostCpus\" is missing or names no CPU",
        "{'verb':'join','name':'a','hostCpus':[1024]} | join: field \"hostCpus\" is 1024, expected a whole number",
        "{'verb':'join','hostCpus':[1]} | join: field \"name\" is missing",
        "{'verb':'kill','force':'yes','names':['a']} | kill: field \"force\" is \"yes\", expected true or false",
        "{'verb':'shutdown','now':true} | shutdown: unknown field \"now\""})
    void saysWhatIsWrongWithARequest(String request, String message) throws IOException {
        String before = state();
        String said = refused(ExitCode.USAGE, request);
        assertTrue(said.contains(message), said);
        assertEquals(before, state());
    }

    @Test
    void aNumberSignMakesItAnIdAndNothingElse() throws IOException {
        ask("{'verb':'create','name':'2','id':1,'cpus':[1],'memory':1048576}");
        ask("{'verb':'create','name':'web','id':2,'cpus':[2],'memory':1048576}");
        assertEquals("2", ask("{'verb':'show','names':['2']}").at("/instances/0/name").asText(), "a name goes first");
        assertEquals("web", ask("{'verb':'show','names':['#2']}").at("/instances/0/name").asText());
        assertEquals("2", ask("{'verb':'show','names':['1']}").at("/instances/0/name").asText());
        assertEquals("there is no instance \"#3\": the machine has 2, web",
            refused(ExitCode.STATE, "{'verb':'delete','names':['#2','#3']}"));
        ask("{'verb':'load','name':'#2','modules':['echo']}");
        assertEquals(List.of("host loaded", "2 ready", "web loaded"), states());
        ask("{'verb':'unload','names':['#2']}");
        ask("{'verb':'delete','names':['#2']}");
        assertEquals(List.of("host loaded", "2 ready"), states());
    }

    /** The host's side; the client's is in RemoteHost, and VersionsIT holds both together. */
    @ParameterizedTest
    @ValueSource(strings = {"0.0.1", "0.1.0+other", "99.0.0", "0.1.0-SNAPSHOT, ABI 4"})
    void anotherMkemuOfTheSameProtocolAndAbiIsServed(String version) throws IOException {
        ObjectNode request = Protocol.request("show").put("version", version);
        assertEquals("verbs", ask(request.toString()).get("machine").get("name").asText());
        assertEquals("verbs", ask("{'verb':'show','version':'" + version + "'}").get("machine").get("name").asText());
    }

    @Test
    void whatANewerMkemuAsksForBeyondThisOneIsRefusedWithBothVersions() {
        String both = "; the host is mkemu " + Protocol.version() + ", this mk is mkemu 99.0.0 and may ask for more "
            + "than the host knows";
        assertEquals("show: unknown field \"colour\", known are names" + both,
            refused(ExitCode.USAGE, "{'verb':'show','version':'99.0.0','colour':'red'}"));
        assertTrue(refused(ExitCode.USAGE, "{'verb':'paint','version':'99.0.0'}").endsWith(both));
        assertFalse(refused(ExitCode.USAGE, "{'verb':'paint','version':'" + Protocol.version() + "'}")
            .contains("mkemu"));
        assertFalse(refused(ExitCode.STATE, "{'verb':'kill','names':['no'],'version':'99.0.0'}").contains("99.0.0"));
    }

    @Test
    void anotherProtocolOrAbiMayOnlyEndTheMachine() throws Exception {
        String here = "machine \"verbs\" runs under mkemu " + Protocol.version() + " (protocol " + Protocol.NUMBER
            + ", ABI " + RamHeaderDescriptor.ABI_VERSION + "), this mk is mkemu ";
        String remedy = "): use the mk that made the machine, or end it with mk shutdown";
        assertEquals(here + "99.0.0 (protocol 98, ABI " + RamHeaderDescriptor.ABI_VERSION + remedy,
            refused(ExitCode.MACHINE, "{'verb':'show','version':'99.0.0','protocol':98}"));
        assertEquals(here + "0.0.1 (protocol " + Protocol.NUMBER + ", ABI 0" + remedy,
            refused(ExitCode.MACHINE, "{'verb':'exec','all':true,'version':'0.0.1','abi':0}"));
        assertEquals(here + "without a version (protocol 0, ABI 0" + remedy,
            refused(ExitCode.MACHINE, "{'verb':'list','protocol':0,'abi':0}"));
        assertEquals("show: field \"protocol\" is \"1\", expected a whole number in 0..2147483647",
            refused(ExitCode.USAGE, "{'verb':'show','protocol':'1'}"));
        CompletableFuture<JsonNode> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return ask("{'verb':'shutdown','version':'0.0.1','protocol':98,'abi':0,'timeoutMillis':1234}");
            } catch (IOException broken) {
                throw new IllegalStateException(broken);
            }
        });
        host.endAsked().await();
        assertEquals(1234, control.endMillis(1));
        control.ended(List.of("web: forced"));
        assertEquals("{\"forced\":[\"web: forced\"]}", answer.get().toString());
    }

    @Test
    void createUpdateLoadUnloadDelete() throws IOException {
        String empty = state();
        JsonNode made = ask("{'verb':'create','name':'a','cpuCount':2,'memory':8388608}").get("instances").get(0);
        assertEquals("[1,2]", made.get("cpus").toString());
        assertEquals(1, made.get("id").asInt());
        ask("{'verb':'create','name':'b','cpus':[3],'memory':8388608,'id':7,'external':true}");
        assertEquals(List.of("host loaded", "a ready", "b ready"), states());
        ask("{'verb':'load','name':'a','modules':['echo'],'cmdline':'idle=halt','restart':'on-failure:2'}");
        ask("{'verb':'load','name':'7'}");
        assertEquals(List.of("host loaded", "a loaded", "b loaded"), states());
        JsonNode updated = ask("{'verb':'update','name':'1','cpus':[2],'memory':4194304}").get("instances").get(0);
        assertEquals("loaded", updated.get("state").asText());
        assertEquals("[2]", updated.get("cpus").toString());
        assertEquals(4194304, updated.get("memory").asLong());
        assertEquals("[\"echo\"]", updated.get("modules").toString());
        assertEquals("on-failure:2", updated.get("restart").asText());
        ask("{'verb':'unload','names':['a','7']}");
        assertEquals(List.of("host loaded", "a ready", "b ready"), states());
        assertEquals(2, ask("{'verb':'delete','names':['a','a','b']}").get("instances").size());
        assertEquals(empty, state());
    }

    @Test
    void severalInstancesAreChangedTogetherOrNotAtAll() throws IOException {
        ask("{'verb':'create','name':'a','cpus':[1],'memory':8388608}");
        ask("{'verb':'create','name':'b','cpus':[2],'memory':8388608}");
        ask("{'verb':'load','name':'a'}");
        String before = state();
        refused(ExitCode.STATE, "{'verb':'unload','names':['a','b']}");
        refused(ExitCode.STATE, "{'verb':'delete','names':['b','a']}");
        refused(ExitCode.STATE, "{'verb':'delete','names':['b','nobody']}");
        refused(ExitCode.STATE, "{'verb':'exec','names':['a','b']}");
        refused(ExitCode.STATE, "{'verb':'kill','names':['a','b'],'force':true}");
        refused(ExitCode.RESOURCES, "{'verb':'update','name':'a','cpus':[3],'memory':33554432}");
        refused(ExitCode.RESOURCES, "{'verb':'update','name':'a','cpus':[2],'memory':4194304}");
        refused(ExitCode.STATE, "{'verb':'create','name':'b','cpus':[3],'memory':8388608}");
        refused(ExitCode.STATE, "{'verb':'create','name':'b','cpuCount':9,'memory':8388608}");
        refused(ExitCode.STATE, "{'verb':'create','name':'c','cpus':[3],'memory':8388608,'id':1}");
        refused(ExitCode.RESOURCES, "{'verb':'create','name':'c','cpuCount':2,'memory':8388608}");
        refused(ExitCode.RESOURCES, "{'verb':'create','name':'c','cpus':[0],'memory':8388608}");
        refused(ExitCode.RESOURCES, "{'verb':'create','name':'c','cpus':[3],'memory':33554432}");
        refused(ExitCode.CONFIG, "{'verb':'create','name':'c','cpus':[3],'memory':4096}");
        refused(ExitCode.CONFIG, "{'verb':'load','name':'b','modules':['nope']}");
        refused(ExitCode.CONFIG, "{'verb':'load','name':'b','cmdline':'idle=nap'}");
        refused(ExitCode.CONFIG, "{'verb':'load','name':'b','cmdline':'mk_life=3'}");
        ask("{'verb':'delete','names':['b']}");
        ask("{'verb':'create','name':'b','cpus':[2],'memory':8388608,'external':true}");
        before = state();
        refused(ExitCode.CONFIG, "{'verb':'load','name':'b','restart':'on-failure'}");
        assertEquals(before, state());
    }

    @Test
    void aDryRunChangesNothingAndRefusesWhatWouldBeRefused() throws IOException {
        ask("{'verb':'create','name':'a','cpus':[1],'memory':8388608}");
        String before = state();
        JsonNode planned = ask("{'verb':'create','name':'b','cpuCount':2,'memory':25165824,'dryRun':true}");
        assertEquals("{\"instances\":[{\"id\":2,\"name\":\"b\",\"state\":\"empty\",\"cpus\":[2,3],"
            + "\"memory\":25165824,\"external\":false}]}", planned.toString());
        refused(ExitCode.RESOURCES, "{'verb':'create','name':'b','cpuCount':2,'memory':25169920,'dryRun':true}");
        ask("{'verb':'update','name':'a','cpus':[2],'memory':33554432,'dryRun':true}");
        refused(ExitCode.RESOURCES, "{'verb':'update','name':'a','memory':33558528,'dryRun':true}");
        ask("{'verb':'delete','names':['a'],'dryRun':true}");
        refused(ExitCode.STATE, "{'verb':'delete','names':['b'],'dryRun':true}");
        assertEquals(before, state());
    }

    @Test
    void allAreThoseThatAllow() throws IOException {
        ask("{'verb':'create','name':'a','cpus':[1],'memory':8388608}");
        assertEquals("no instance is loaded or failed: mk show lists them",
            refused(ExitCode.STATE, "{'verb':'exec','all':true}"));
        assertEquals("no instance is active: mk show lists them",
            refused(ExitCode.STATE, "{'verb':'kill','all':true}"));
    }

    @Test
    void theHostIsNoInstance() throws IOException {
        for (String verb : List.of("unload", "delete", "exec", "kill")) {
            assertEquals("the host kernel lives and ends with its machine: mk shutdown ends both",
                refused(ExitCode.STATE, "{'verb':'" + verb + "','names':['0']}"));
        }
        assertEquals("host", ask("{'verb':'show','names':['0']}").get("instances").get(0).get("name").asText());
    }

    @Test
    void jvmOptionsStayUntilOthersAreGiven() throws IOException {
        ask("{'verb':'create','name':'a','cpus':[1],'memory':4194304}");
        String load = "{'verb':'load','name':'a','modules':['echo'],'cmdline':'%s','jvmOptions':%s}";
        assertTrue(refused(ExitCode.CONFIG, load.formatted("", "['-cp']")).contains("'-cp' is no option"));
        assertTrue(refused(ExitCode.CONFIG, load.formatted("kernel=native", "['-ea']")).contains("kernel=native"));
        assertEquals("[\"-Xmx64m\",\"-ea\"]", jvmOptions(load.formatted("", "['-Xmx64m','-ea']")));
        ask("{'verb':'unload','names':['a']}");
        assertEquals("[\"-Xmx64m\",\"-ea\"]", jvmOptions("{'verb':'load','name':'a','modules':['echo']}"));
        ask("{'verb':'unload','names':['a']}");
        assertEquals("[]", jvmOptions(load.formatted("", "[]")));
    }

    private String jvmOptions(String request) throws IOException {
        return ask(request).at("/instances/0/jvmOptions").toString();
    }
}
