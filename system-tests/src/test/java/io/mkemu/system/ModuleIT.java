// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.system.modules.BadStart;
import io.mkemu.system.modules.CallbackThrower;
import io.mkemu.system.modules.InitThrower;
import io.mkemu.system.modules.NoModule;
import io.mkemu.system.modules.OneShot;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Modules that fail: the log says which, and the kernel lives on. */
class ModuleIT {
    @RegisterExtension
    final Mk mk = new Mk();

    @Test
    void aModuleThatThrowsInInit() throws Exception {
        Path bad = ModuleJar.of(mk.work(), InitThrower.class);
        Path good = ModuleJar.of(mk.work(), OneShot.class);
        MkProcess run = mk.start("run", new TreeSource().host(bad, good).instance("web", bad, good)
            .write(mk.work(), "init"));
        run.awaitOut(2, "one-shot: done");
        for (String kernel : new String[] {"host", "web"}) {
            run.awaitOut(1, "\\] " + kernel + ": InitThrower: init failed: java.io.IOException: no such device");
        }
        endsFailed(run);
        assertEquals(2, run.out("^ +[01] +\\w+ +active").size(), run::describe);
        assertEquals(2, run.out("^\\w+: 1 tasks or modules failed").size(), run::describe);
    }

    @Test
    void aModuleThatThrowsInItsCallback() throws Exception {
        Path bad = ModuleJar.of(mk.work(), CallbackThrower.class);
        MkProcess run = mk.start("run", new TreeSource().host(bad).instance("web", bad).instance("db", bad)
            .write(mk.work(), "callback"));
        endsFailed(run);
        assertEquals(2, run.out("callback-thrower: counted 3").size(), run::describe);
        for (int message = 1; message <= 3; message++) {
            assertEquals(2, run.out("CallbackThrower: callback for IPI type 0x7 threw .*IllegalStateException: message "
                + message + " is too much").size(), run::describe);
        }
        assertEquals(3, run.out("^ +[012] +\\w+ +active").size(), run::describe);
        assertEquals(2, run.out("3 callbacks threw").size(), run::describe);
    }

    @Test
    void aServiceEntryWithoutItsClass() throws Exception {
        cannotBeLoaded(new ModuleJar().service("org.example.Missing").write(mk.work(), "missing.jar"),
            "org\\.example\\.Missing");
    }

    @Test
    void aClassFileThatIsDamaged() throws Exception {
        cannotBeLoaded(new ModuleJar().service("org.example.Damaged")
            .file("org/example/Damaged.class", "no class file".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
            .write(mk.work(), "damaged.jar"), "org[./]example[./]Damaged");
    }

    @Test
    void aClassThatIsNoModule() throws Exception {
        cannotBeLoaded(ModuleJar.of(mk.work(), NoModule.class), "NoModule");
    }

    @Test
    void aClassThatCannotBeInitialised() throws Exception {
        cannotBeLoaded(ModuleJar.of(mk.work(), BadStart.class), "no number");
    }

    @Test
    void aServiceFileWithoutAnEntry() throws Exception {
        cannotBeLoaded(new ModuleJar().service("# nothing").write(mk.work(), "empty.jar"), "names no class");
    }

    /** In an instance it fails the instance and not the run; in the host nothing is started. */
    private void cannotBeLoaded(Path jar, String why) throws Exception {
        String named = "module " + Pattern.quote(jar.toString()) + " .*" + why;
        MkProcess run = mk.start("run", new TreeSource().instance("web", jar)
            .instance("db", ModuleJar.of(mk.work(), OneShot.class)).write(mk.work(), "load"));
        endsFailed(run);
        assertEquals(1, run.out("^web failed: " + named).size(), run::describe);
        assertEquals(1, run.out("one-shot: done").size(), run::describe);
        mk.start("run", new TreeSource().host(jar).instance("web").write(mk.work(), "load")).refuses(6, named);
    }

    /** Ends by itself with exit code 1, says all there is on stdout, and not more than a screen of it. */
    private static void endsFailed(MkProcess run) throws Exception {
        run.ends(1);
        assertTrue(run.err().isEmpty(), run::describe);
        assertTrue(run.out().size() <= 70, run::describe);
    }
}
