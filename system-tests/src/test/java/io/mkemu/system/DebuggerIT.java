// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.event.ClassPrepareEvent;
import com.sun.jdi.event.VMStartEvent;
import com.sun.jdi.request.ClassPrepareRequest;
import io.mkemu.system.modules.Quiet;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code mk exec --debug}, with real debuggers. */
class DebuggerIT extends LabMachine {
    private static final String WAITS = "web: waits for a debugger: ";
    private static final String SOURCE = """
        #include <linux/module.h>
        static int at = 7;
        module_param(at, int, 0444);
        static int __init waits_init(void)
        {
            pr_info("at %d\\n", at);
            return 0;
        }
        static void __exit waits_exit(void)
        {
        }
        module_init(waits_init);
        module_exit(waits_exit);
        MODULE_LICENSE("GPL");
        """;

    private MkProcess exec(Object module, String cmdline) throws Exception {
        mk.ask("lab", "{'verb':'create','name':'web','cpus':[1],'memory':8388608}");
        mk.ask("lab", "{'verb':'load','name':'web','modules':['" + module + "'],'cmdline':'" + cmdline + "'}");
        MkProcess exec = mk.start("exec", "--debug", "web");
        exec.awaitOut(1, "^" + WAITS);
        return exec;
    }

    private static String attach(MkProcess exec) {
        return exec.out(WAITS).getFirst().substring(WAITS.length());
    }

    @Test
    void gdbStopsAtALineOfAModuleInC() throws Exception {
        assumeTrue(Procs.run("sh", "-c", "command -v gdb >/dev/null"), "GDB IS NOT TESTED: there is no gdb; install "
            + "it (apt-get install gdb)");
        MkProcess exec = exec(CModule.of(mk, "waits", SOURCE), "kernel=native");
        String attach = attach(exec);
        assertTrue(attach.matches("gdb -p \\d+"), attach);
        JsonNode web = web();
        assertEquals("loaded", web.get("state").asText());
        assertEquals(WAITS.substring("web: ".length()) + attach, web.get("detail").asText());
        MkProcess gdb = mk.launch(List.of(attach.split(" ")), mk.work(), "-nx", "-batch", "-ex", "break waits.c:6",
            "-ex", "continue", "-ex", "print at", "-ex", "set variable at = 8");
        assertEquals(0, gdb.awaitExit(), gdb::describe);
        gdb.out.awaitEnd(gdb::describe);
        assertEquals(1, gdb.out("hit Breakpoint 1, waits_init \\(\\) at .*waits\\.c:6").size(), gdb::describe);
        assertEquals(1, gdb.out("^\\$1 = 7$").size(), gdb::describe);
        exec.ends(0);
        assertEquals(1, exec.out("^web: active, pid ").size(), exec::describe);
        MkProcess log = mk.start("dmesg", "web").ends(0);
        assertEquals(1, log.out("at 8$").size(), log::describe);
        end();
    }

    @Test
    void aDebuggerOfAJvmIsThereBeforeTheModule() throws Exception {
        MkProcess exec = exec(quiet, "");
        String attach = attach(exec);
        assertTrue(attach.matches("jdb -attach 127\\.0\\.0\\.1:\\d+"), attach);
        VirtualMachine jvm = Jdi.attach(attach);
        ClassPrepareRequest request = jvm.eventRequestManager().createClassPrepareRequest();
        request.addClassFilter(Quiet.class.getName());
        request.enable();
        assertInstanceOf(VMStartEvent.class, Jdi.next(jvm));
        assertEquals(0, exec.out("active").size(), exec::describe);
        jvm.resume();
        assertEquals(Quiet.class.getName(),
            assertInstanceOf(ClassPrepareEvent.class, Jdi.next(jvm)).referenceType().name());
        jvm.dispose();
        exec.ends(0);
        assertEquals(1, exec.out("^web: active, pid ").size(), exec::describe);
        end();
    }

    @ParameterizedTest
    @CsvSource({"native", "jvm"})
    void anInterruptEndsWhatWaits(String kernel) throws Exception {
        Path module = kernel.equals("native") ? CModule.of(mk, "waits", SOURCE) : quiet;
        MkProcess exec = exec(module, "kernel=" + kernel);
        long pid = web().get("pid").asLong();
        exec.signal("INT");
        assertEquals(130, exec.awaitExit(), exec::describe);
        exec.err.awaitEnd(exec::describe);
        assertEquals(List.of("mk: interrupted; what waited for a debugger is ended"), exec.err(), exec::describe);
        assertTrue(ProcessHandle.of(pid).isEmpty(), () -> "process " + pid + " is left");
        JsonNode web = web();
        assertEquals("loaded", web.get("state").asText());
        assertEquals("", web.get("detail").asText());
        end();
    }

    @Test
    void whatSomebodyElseStartsIsNotDebugged() throws Exception {
        mk.start("exec", "--debug", "--external", "web").refuses(2, "--debug is not for --external: .*gdb --args");
        mk.start("exec", "--debug", "--all").refuses(2, Pattern.quote("--debug needs the names"));
        mk.ask("lab", "{'verb':'create','name':'web','cpus':[1],'memory':8388608,'external':true}");
        mk.ask("lab", "{'verb':'load','name':'web','modules':['echo']}");
        mk.start("exec", "--debug", "web").refuses(2, "instance web is external, .*gdb --args");
        end();
    }
}
