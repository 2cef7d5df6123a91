// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.control.ControlRequest;
import io.mkemu.host.life.BoxedHost;
import io.mkemu.host.tx.Form;
import io.mkemu.tree.MachineSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Changes of a machine as transactions, and what undoes them. No kernel runs. */
class TransactionVerbsTest extends BoxedHost {
    private final HostVerbs verbs = new HostVerbs(host, null);

    private JsonNode ask(String request) throws InterruptedException {
        return verbs.handle(ControlRequest.parse(request.replace('\'', '"').getBytes(StandardCharsets.UTF_8)),
            line -> { });
    }

    private void refused(ExitCode code, String why, String request) {
        Map<String, Form> before = host.forms();
        MachineException refused = assertThrows(MachineException.class, () -> ask(request));
        assertEquals(why, refused.getMessage());
        assertEquals(code, refused.exitCode());
        assertSame(before);
    }

    /** The same instances, wherever their memory lies. */
    private void assertSame(Map<String, Form> expected) {
        assertEquals(expected.keySet(), host.forms().keySet());
        expected.forEach((name, form) -> assertEquals(form.spec() + " " + form.loaded(),
            host.forms().get(name).spec() + " " + host.forms().get(name).loaded()));
    }

    private List<String> list() throws InterruptedException {
        List<String> list = new ArrayList<>();
        ask("{'verb':'transactions'}").path("transactions").forEach(one -> list.add(one.path("tx").asText() + " "
            + one.path("status").asText() + " " + one.path("source").asText()));
        return list;
    }

    @Test
    void everyVerbThatChangesTheTreeIsOneAndCanBeUndone() throws Exception {
        long free = box.free();
        List<Map<String, Form>> states = new ArrayList<>(List.of(host.forms()));
        for (String verb : List.of("{'verb':'create','name':'one','cpus':[5,4],'memory':1048576}",
            "{'verb':'load','name':'one','modules':['echo'],'cmdline':'idle=halt','jvmOptions':['-ea']}",
            "{'verb':'update','name':'one','cpus':[6],'memory':2097152}", "{'verb':'unload','names':['one','db']}",
            "{'verb':'delete','names':['one','db']}")) {
            assertEquals("tx_" + states.size(), ask(verb).path("tx").asText());
            states.add(host.forms());
        }
        assertEquals(List.of("tx_1 applied create one", "tx_2 applied load one", "tx_3 applied update one",
            "tx_4 applied unload one db", "tx_5 applied delete one db"), list());
        for (int number = 5; number > 0; number--) {
            String before =
                ask("{'verb':'transactions','number':" + number + ",'tree':'before'}").path("tree").asText();
            assertEquals("tx_" + (11 - number), ask("{'verb':'rollback','number':" + number + "}").path("tx").asText());
            assertSame(states.get(number - 1));
            assertEquals(host.spec(), MachineSpec.parse("before", before, Path.of("/")));
            refused(ExitCode.STATE, "tx_" + number + " is rolled back already, by tx_" + (11 - number),
                "{'verb':'rollback','number':" + number + "}");
        }
        assertEquals(free, box.free());
        assertEquals("tx_3 rolled-back update one", list().get(2));
        /* What was undone can be done again in the same way. */
        ask("{'verb':'rollback','number':10}");
        ask("{'verb':'rollback','number':9}");
        assertSame(states.get(2));
    }

    @Test
    void whatStandsInTheWayIsNamed() throws Exception {
        ask("{'verb':'unload','names':['db']}");
        ask("{'verb':'update','name':'db','cpus':[4]}");
        ask("{'verb':'create','name':'new','cpus':[3],'memory':1048576}");
        refused(ExitCode.STATE, "tx_1 cannot be rolled back: instance db was changed since by tx_2 (update db): roll "
            + "that back first", "{'verb':'rollback','number':1}");
        refused(ExitCode.RESOURCES, "tx_2 cannot be rolled back: CPU 3 is taken by instance new: free are 5 6 7",
            "{'verb':'rollback','number':2,'dryRun':true}");
        assertEquals(4, list().size());
        refused(ExitCode.RESOURCES, "tx_2 cannot be rolled back: CPU 3 is taken by instance new: free are 5 6 7",
            "{'verb':'rollback','number':2}");
        assertEquals("tx_5 failed rollback tx_2", list().get(4));
        refused(ExitCode.STATE, "tx_5 failed, and has changed nothing", "{'verb':'rollback','number':5}");
        refused(ExitCode.RESOURCES, "CPU 4 is taken by instance db: free are 5 6 7",
            "{'verb':'create','name':'more','cpus':[4],'memory':1048576}");
        assertEquals("CPU 4 is taken by instance db: free are 5 6 7",
            ask("{'verb':'transactions','number':6}").at("/transaction/error").asText());
        refused(ExitCode.STATE, "there is no transaction tx_9: kept are tx_1 to tx_6",
            "{'verb':'rollback','number':9}");
        ask("{'verb':'load','name':'db'}");
        box.start(List.of("db"), line -> { });
        refused(ExitCode.STATE, "tx_7 cannot be rolled back: instance db is loaded (waits to be joined): cannot unload "
            + "it: mk kill -f ends its kernel", "{'verb':'rollback','number':7}");
    }

    @Test
    void anOverlayIsCheckedWholeAndADryRunChangesNothing() throws Exception {
        String create = "fragment@%d { __overlay__ { instance-create { instance-name = '%s'; resources { cpus = <%d>; "
            + "memory-bytes = <0x%x>; }; }; }; };";
        String remove = "fragment@%d { __overlay__ { instance-remove { instance-name = '%s'; }; }; };";
        ask("{'verb':'unload','names':['db']}");
        String apply = "{'verb':'apply','file':'o.dtso','overlay':'/dts-v1/; /plugin/; / { "
            + (remove.formatted(0, "db") + create.formatted(1, "one", 3, 3 << 20)
            + create.formatted(2, "two", 4, 4 << 20)).replace("'", "\\'") + " };'%s}";
        Snapshot before = Snapshot.of(host);
        JsonNode dry = ask(apply.formatted(",'dryRun':true"));
        assertEquals("[\"db\"]", dry.path("removed").toString());
        assertEquals("one two", dry.at("/instances/0/name").asText() + " " + dry.at("/instances/1/name").asText());
        box.assertUnchanged(before);
        assertEquals(1, list().size());
        ask("{'verb':'create','name':'big','cpus':[7],'memory':1048576}");
        before = Snapshot.of(host);
        String tooMuch = apply.formatted(",'dryRun':true");
        assertEquals(ExitCode.RESOURCES, assertThrows(MachineException.class, () -> ask(tooMuch)).exitCode());
        box.assertUnchanged(before);
        ask("{'verb':'delete','names':['big']}");
        assertEquals("tx_4", ask(apply.formatted("")).path("tx").asText());
        assertEquals(List.of("web", "one", "two"), host.names());
        ask("{'verb':'rollback','number':4}");
        assertEquals(List.of("web", "db"), host.names());
    }

    @Test
    void anOverlayMovesCpusAndMemoryOfWhatDoesNotRun() throws Exception {
        String apply = "{'verb':'apply','overlay':'/dts-v1/; /plugin/; / { fragment@0 { target-path = "
            + "\\'/instances/db\\'; __overlay__ { cpu-remove { cpu@3 { reg = <%d>; }; }; "
            + "cpu-add { cpu@4 { reg = <0 4>; }; cpu@5 { reg = "
            + "<5>; }; }; memory-add { region@0 { size = <0x100000>; }; }; memory-remove { region@0 { reg = <0 0 0 "
            + "0x80000>; }; }; }; }; };'%s}";
        Map<String, Form> before = host.forms();
        assertEquals("[4,5] 2621440 loaded", form(ask(apply.formatted(3, ",'dryRun':true"))));
        assertSame(before);
        refused(ExitCode.STATE, "CPU 6 is not one of instance db's: mk show tells which it has; nothing of the overlay "
            + "is applied", apply.formatted(6, ""));
        assertEquals("[4,5] 2621440 loaded", form(ask(apply.formatted(3, ""))));
        ask("{'verb':'rollback','number':2}");
        assertSame(before);
        box.start(List.of("db"), line -> { });
        refused(ExitCode.STATE, "instance db is loaded (waits to be joined): it boots: wait until it is active; "
            + "nothing of the overlay is applied", apply.formatted(3, ""));
    }

    private static String form(JsonNode result) {
        JsonNode one = result.at("/instances/0");
        return one.path("cpus") + " " + one.path("memory") + " " + one.path("state").asText();
    }
}
