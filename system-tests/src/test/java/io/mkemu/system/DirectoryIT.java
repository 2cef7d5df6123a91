// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mkemu.system.modules.OneShot;
import io.mkemu.system.modules.Quiet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a machine lies: whose it is, and whether there is room. */
class DirectoryIT {
    @RegisterExtension
    final Mk mk = new Mk();

    private Path tree;

    @BeforeEach
    void makeTree() throws IOException {
        Path jar = ModuleJar.of(mk.work(), OneShot.class);
        tree = new TreeSource().host(jar).instance("web", jar).write(mk.work(), "place");
    }

    @Test
    void refusesALinkAsBase() throws Exception {
        Path target = directory(mk.work().resolve("target"), "rwx------");
        Files.createSymbolicLink(mk.base(), target);
        mk.start("run", tree).refuses(4, mk.base() + " is a link");
        assertEquals(List.of(), Trees.below(target));
        assertTrue(Files.isSymbolicLink(mk.base()));
        Files.delete(mk.base());
    }

    @Test
    void listsNoMachinesThatAreNotItsUsers() throws Exception {
        Path target = directory(mk.work().resolve("target"), "rwx------");
        Files.createSymbolicLink(mk.base(), target);
        for (String verb : List.of("list", "show", "dmesg")) {
            mk.start(verb).refuses(4, mk.base() + " is a link or a file; mkemu uses only directories of its own user");
        }
        Files.delete(mk.base());
        directory(mk.base(), "rwxr-xr-x");
        mk.start("list").refuses(4, mk.base() + " is open to other users");
        Files.delete(mk.base());
        mk.start("list").ends(0);
    }

    @Test
    void takesARelativeBaseAsItIsFromHere() throws Exception {
        Path relative = mk.work().relativize(mk.base());
        Path was = mk.base();
        mk.base(relative);
        MkProcess init = mk.start("init", "--machine", "here", "--cpus", "0-1", "--memory", "8M").ends(0);
        assertEquals(List.of(), init.err(), init::describe);
        assertTrue(Files.exists(was.resolve("here/ram")));
        mk.start("shutdown").ends(0);
        mk.base(was);
    }

    @Test
    void saysThatTheBaseLiesOnADisk() throws Exception {
        Path disk = directory(mk.work().resolve("disk"), "rwx------");
        String type = Files.getFileStore(disk).type();
        assumeFalse(type.equals("tmpfs"), "the temporary directory lies in memory");
        mk.base(disk);
        MkProcess run = mk.start("run", tree).ends(0);
        assertEquals(List.of("mk: note: " + disk + " lies on a file system of type " + type + ", not in memory: the "
            + "machine's RAM is written to it again and again, and slow; set MKEMU_DIR to a directory on a tmpfs, or "
            + "leave it unset"), run.err(), run::describe);
    }

    @Test
    void refusesABaseThatIsOpenToOthers() throws Exception {
        for (String mode : List.of("rwxr-xr-x", "rwx-----x", "rwx-w----")) {
            directory(mk.base(), mode);
            mk.start("run", tree).refuses(4, mk.base() + " is open to other users");
            assertEquals(List.of(), Trees.below(mk.base()));
            Files.delete(mk.base());
        }
    }

    @Test
    void refusesABaseWithoutAPlace() throws Exception {
        mk.base(mk.sandbox().resolve("missing/mk"));
        mk.start("run", tree).refuses(4, mk.sandbox().resolve("missing") + " does not exist");
    }

    @Test
    void doesNotFollowALinkInAMachinesPlace() throws Exception {
        Path target = directory(mk.work().resolve("target"), "rwx------");
        Path precious = Files.writeString(target.resolve("ram"), "precious");
        directory(mk.base(), "rwx------");
        Files.createSymbolicLink(mk.machine("place"), target);
        mk.start("run", tree).refuses(4, mk.machine("place") + " is a link");
        assertEquals(List.of(precious), Trees.below(target));
        assertEquals("precious", Files.readString(precious));
        Trees.delete(mk.base());
    }

    @Test
    void doesNotFollowALinkInPlaceOfTheRam() throws Exception {
        Path precious = Files.writeString(mk.work().resolve("precious"), "precious");
        directory(mk.base(), "rwx------");
        directory(mk.machine("place"), "rwx------");
        Files.createSymbolicLink(mk.machine("place").resolve("ram"), precious);
        mk.start("run", tree).ends(0);
        assertEquals("precious", Files.readString(precious));
    }

    @Test
    void doesNotFollowALinkInPlaceOfTheLock() throws Exception {
        Path precious = mk.work().resolve("precious");
        directory(mk.base(), "rwx------");
        directory(mk.machine("place"), "rwx------");
        Files.createSymbolicLink(mk.machine("place").resolve("host.lock"), precious);
        mk.start("run", tree).refuses(4, mk.machine("place").resolve("host.lock").toString());
        assertTrue(Files.notExists(precious, LinkOption.NOFOLLOW_LINKS));
        Trees.delete(mk.base());
    }

    @Test
    void refusesADirectoryThatIsNoMachines() throws Exception {
        directory(mk.base(), "rwx------");
        directory(mk.machine("place"), "rwx------");
        Path notes = Files.writeString(mk.machine("place").resolve("notes.txt"), "precious");
        mk.start("run", tree).refuses(4, mk.machine("place") + " is no machine's directory: it holds notes.txt; move");
        assertEquals(List.of(notes), Trees.below(mk.machine("place")));
        assertEquals("precious", Files.readString(notes));
        Trees.delete(mk.base());
    }

    @Test
    void makesFilesForItsUserOnly() throws Exception {
        Path quiet = ModuleJar.of(mk.work(), Quiet.class);
        MkProcess run = mk.start("run", new TreeSource().instance("web", quiet).write(mk.work(), "modes"));
        run.awaitOut(1, "quiet: up");
        assertEquals("rwx------", mode(mk.base()));
        assertEquals("rwx------", mode(mk.machine("modes")));
        for (Path file : Trees.below(mk.machine("modes"))) {
            assertEquals("rw-------", mode(file), file.toString());
        }
        run.signal("TERM");
        run.ends(143);
    }

    @Test
    void saysThatTheFileSystemIsFull() throws Exception {
        Path small = mount("8m");
        try {
            mk.base(small.resolve("mk"));
            mk.start("run", tree).refuses(5, "/place/ram: the machine's RAM needs \\d+ MiB and .* has \\d+ MiB free");
            assertEquals(List.of(), Trees.below(mk.base()));
            mk.start("demo", "--json").refuses(5, "/mk/demo/ram: the machine's RAM needs \\d+ MiB");
            assertEquals(List.of(), Trees.below(mk.base()));
        } finally {
            unmount(small);
        }
    }

    @Test
    void saysWhatWouldFitAndMakesATreeFit() throws Exception {
        Path small = mount("40m");
        try {
            mk.base(small.resolve("mk"));
            Path large = Files.writeString(mk.work().resolve("large.dts"), """
                /dts-v1/;
                / {
                    compatible = "multikernel-v1";
                    resources { cpus = <0 1>; memory-bytes = <0x8000000>; };
                    instances { web { id = <1>; resources { cpus = <1>; memory-bytes = <0x4000000>; }; }; };
                };
                """);
            MkProcess refused = mk.start("init", large);
            refused.refuses(5, "has \\d+ MiB free; ask for less memory-bytes \\(0x[0-9a-f]+, \\d+ MiB, would fit; "
                + "--scale-memory 1/\\d+ makes a tree fit\\)");
            String scale = refused.err().getFirst().replaceFirst(".*--scale-memory (1/\\d+) .*", "$1");
            mk.run("init", large, "--scale-memory", scale).ends(0);
            assertEquals((64 << 20) / Integer.parseInt(scale.substring(2)),
                mk.json("show", "web").get("memory").asInt());
            mk.run("shutdown").ends(0);
        } finally {
            unmount(small);
        }
    }

    @Test
    void saysThatTheFileSystemIsFullWhereTheBaseIsItsRoot() throws Exception {
        Path small = mount("8m");
        try {
            mk.base(small);
            mk.start("run", tree).refuses(5, "/place/ram: the machine's RAM needs \\d+ MiB and .* has \\d+ MiB free");
            assertEquals(List.of(), Trees.below(small));
        } finally {
            unmount(small);
        }
    }

    @Test
    void worksWhereTheBaseIsTheRootOfAFileSystem() throws Exception {
        Path large = mount("256m");
        try {
            runsIn(large);
        } finally {
            unmount(large);
        }
    }

    /** A machine lives in a directory, says nothing about it and leaves nothing there. */
    private void runsIn(Path place) throws Exception {
        mk.base(place);
        MkProcess run = mk.start("run", tree).ends(0);
        assertEquals(2, run.out("one-shot: done").size(), run::describe);
        assertEquals(List.of(), run.err(), run::describe);
        assertEquals(List.of(), Trees.below(place));
    }

    /** It has no fallocate, and no size. */
    @Test
    void worksOnRamfs() throws Exception {
        Path ramfs = mount("ramfs", "mode=0700");
        try {
            runsIn(ramfs);
        } finally {
            unmount(ramfs);
        }
    }

    @Test
    void refusesAFileSystemOfHugePages() throws Exception {
        Path huge = mount("hugetlbfs", "mode=0700");
        try {
            mk.base(huge);
            mk.start("run", tree).refuses(5, huge + "/place/ram: the file system is a hugetlbfs, which has huge pages "
                + "only.*; set MKEMU_DIR to a directory on a tmpfs");
            assertEquals(List.of(), Trees.below(huge));
        } finally {
            unmount(huge);
        }
    }

    /**
     * In a chroot whose root is no mount point Java finds no file store ("Mount point not found"). All mounts are in a
     * name space that ends with the command, below a tmpfs that ends with it too.
     */
    @ParameterizedTest
    @ValueSource(strings = {"/", "/mk"})
    void worksInAChroot(String base) throws Exception {
        Path point = directory(mk.work().resolve("point"), "rwx------");
        String script = """
            set -e
            mount -t tmpfs -o mode=0700 mkemu-it "$1"
            root=$1/root
            mkdir -m 700 "$root"
            for top in /*; do
                if [ -L "$top" ]; then cp -P "$top" "$root/"
                elif [ -d "$top" ]; then mkdir "$root$top"; mount --rbind "$top" "$root$top"; fi
            done
            before=$(ls -A "$root")
            base=$2
            shift 2
            code=0
            chroot "$root" env -C / MKEMU_DIR="$base" "$@" || code=$?
            [ "$base" = / ] || rmdir "$root$base"
            [ "$(ls -A "$root")" = "$before" ] || echo "left: $(ls -A "$root")" >&2
            exit $code
            """;
        boolean allowed = Procs.run("unshare", "--mount", "true");
        assumeTrue(allowed, "NO CHROOT IS TRIED: no right to mount in a name space of mounts; run as root");
        List<String> inside = List.of("unshare", "--mount", "bash", "-c", script, "bash", point.toString(), base);
        MkProcess run = mk.startWith(inside, "run", tree).ends(0);
        assertEquals(2, run.out("one-shot: done").size(), run::describe);
        assertEquals(List.of(), run.err(), run::describe);
        Files.delete(point);
    }

    private Path mount(String size) throws Exception {
        return mount("tmpfs", "size=" + size + ",mode=0700");
    }

    private Path mount(String type, String options) throws Exception {
        Path directory = directory(mk.sandbox().resolve("mount"), "rwx------");
        boolean mounted = Procs.run("mount", "-t", type, "-o", options, "mkemu-it", directory.toString());
        if (!mounted) {
            Files.delete(directory);
            System.err.println("SKIPPED: no right to mount a " + type + "; run as root to test one");
        }
        assumeTrue(mounted, "no right to mount a " + type + "; run as root to test one");
        return directory;
    }

    private static void unmount(Path directory) throws Exception {
        /* Lazily: after a failed test a process may still have the RAM open. */
        assertTrue(Procs.run("umount", "-l", directory.toString()));
        Files.delete(directory);
    }

    private static Path directory(Path path, String mode) throws IOException {
        Files.createDirectory(path);
        return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }
}
