// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static io.mkemu.tree.Marked.assertError;
import static io.mkemu.tree.Marked.assertErrorAt;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each case replaces one piece of the good tree; § marks the place of the error. */
class BindingErrorTest {

    private static final String DB_CPUS = "/bits/ 64 <3 2>";

    private static void assertSpoilt(String old, String spoilt, String... words) {
        assertError(Trees.with(old, spoilt), words);
    }

    @Test
    void saysLineAndColumnOfTheGoodTree() {
        assertErrorAt(Trees.with("id = <7>", "id = <1>"), 20, 10,
                "duplicate id 1 of instance 'db'", "'web-server' has it at line 13", "lowest free id is 2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"multikernel-v1\" | §\"multikernel-v2\" | 'compatible' is \"multikernel-v2\", expected \"multikernel-v1\"",
        "compatible = \"multikernel-v1\"; | compatible = §<1>; | 'compatible' is cells <1>, expected a string",
        "compatible = \"multikernel-v1\"; | §compatible; | 'compatible' has no value",
        "<64>; | <§48>; | 'mkemu,ipi-slots' is 48, expected a power of two in 2..16384",
        "<64>; | <§1>; | is 1, expected a power of two",
        "<64>; | <§32768>; | is 32768, expected a power of two",
        "<64>; | <64>; nr-cpus = <§0>; | 'nr-cpus' is 0, expected 1..1024, above every physical id",
        "<64>; | <64>; nr-cpus = <§1025>; | 'nr-cpus' is 1025, expected 1..1024",
        "<64>; | <64>; mkemu,host-cpu = <§1024>; | 'mkemu,host-cpu' is 1024, expected a CPU in 0..1023",
        "<64>; | <64>; mkemu,host-cpu = <§3>; | is CPU 3, which instance 'db' has at line 21: name another one",
        "<64>; | <64>; ipi-log = §\"mine\"; | 'ipi-log' is 'mine', expected \"rfc\"",
        "<64>; | <2 §4>; | has 2 cells, expected one",
        "<64>; | §<>; | has 0 cells, expected one",
        "<64>; | §\"64\"; | is the string \"64\", expected cells",
        "= <64>; | = <64>; §mkemu,ipi-slot; | unknown property 'mkemu,ipi-slot' in /: did you mean 'mkemu,ipi-slots'?",
        "<64>; | <64>; §modules = \"a\"; | did you mean 'mkemu,modules'?",
        "<64>; | <64>; §zzz; | unknown property 'zzz' in /: known here: chosen, compatible",
        "<64>; | <64>; §resource { }; | unknown node 'resource' in /: did you mean 'resources'?",
        "<64>; | <64>; §compatibel { }; | did you mean 'compatible'?",
        "chosen { | chosen { §bootarg = \"\"; | unknown property 'bootarg' in /chosen: did you mean 'bootargs'?",
        "chosen { | chosen { §n { }; | unknown node 'n' in /chosen",
    })
    void root(String old, String spoilt, String words) {
        assertSpoilt(old, spoilt, words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "§mkemu,external = <1>; | 'mkemu,external' has a value, expected none",
        "§mkemu,external = \"no\"; | without the property mkemu starts it",
        "§mkemu,extrenal; | did you mean 'mkemu,external'?",
    })
    void external(String spoilt, String words) {
        assertSpoilt("id = <7>;", "id = <7>; " + spoilt, words);
    }

    @Test
    void nodeAndPropertyConfused() {
        assertSpoilt("chosen { bootargs = \"loglevel=7 \\\"a b\\\"\"; };", "§chosen = \"x\";",
                "'chosen' is a property here, expected a node: chosen { ... };");
        assertSpoilt("mkemu,modules = \"demo\";", "§mkemu,modules { };", "is a node here, expected a property");
        assertSpoilt("instances {", "instances { §id = <1>;", "unknown property 'id' in /instances", "only nodes");
        assertSpoilt("mkemu,modules = \"demo\";", "§resources@0 { };", "did you mean 'resources'?");
    }

    @Test
    void lackingNodesAndProperties() {
        assertError("/dts-v1/; §/ { };", "node '/' lacks the property 'compatible'",
                "add compatible = \"multikernel-v1\";");
        assertError("/dts-v1/; §/ { compatible = \"multikernel-v1\"; };", "node '/' lacks the node 'resources'");
        assertError("/dts-v1/; / { compatible = \"multikernel-v1\"; §resources { cpus = <1>; }; };",
                "node '/resources' lacks the property 'memory-bytes'");
        assertSpoilt("db {\n\t\t\tid = <7>;", "§db {\n", "node '/instances/db' lacks the property 'id'");
        assertSpoilt("resources { cpus = /bits/ 64 <3 2>;", "§resources {",
                "node '/instances/db/resources' lacks the property 'cpus'");
        assertSpoilt("web: web-server {", "§a { id = <9>; }; web-server {",
                "node '/instances/a' lacks the node 'resources'");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "cpus = §<>; | 'cpus' of '/resources' names no CPU",
        "§cpus; | 'cpus' has no value",
        "cpus = <0 1 2 3 §1>; | 'cpus' lists CPU 1 twice, first at line 7, column 13",
        "cpus = <0 §0x400>; | 'cpus' names CPU 0x400, expected a physical id in 0..1023",
        "cpus = <§(-1)>; | 'cpus' names CPU (-1), expected a physical id in 0..1023",
        "cpus = /bits/ 64 <0 §0xffffffffffffffff>; | expected a physical id in 0..1023",
        "cpus = /bits/ 8 §<0 1>; | cells of 'cpus' are 8 bits wide, expected 32",
        "cpus = <0>, /bits/ 16 §<1>; | cells of 'cpus' are 16 bits wide",
        "cpus = §\"0-3\"; | 'cpus' is the string \"0-3\", expected cells",
        "cpus = §[00 01]; | 'cpus' is a byte string of 2 bytes, expected cells",
        "cpus = <0 1 2 3>; §cpu = <1>; | unknown property 'cpu' in /resources: did you mean 'cpus'?",
        "cpus = <0 1 2 3>; memory-base = <§0x1001>; | 'memory-base' is 0x1001, which is not page aligned",
        "cpus = <0 1 2 3>; memory-base = <1 2 §3>; | 'memory-base' has 3 cells",
    })
    void resources(String spoilt, String words) {
        assertSpoilt("cpus = <0 1 2 0x3>;", spoilt, words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "<§0> | 'memory-bytes' is 0, expected a multiple of 4096",
        "<§0 0> | 'memory-bytes' is 0 0, expected",
        "<§4097> | 'memory-bytes' is 4097, expected a multiple of 4096 (0x1000), the next is 0x2000",
        "<§0x80000000 0> | expected a multiple of 4096 (0x1000) from 0x1000 to 0x7ffffffffffff000",
        "<0 1 §2> | 'memory-bytes' has 3 cells",
        "/bits/ 64 <0 §0x20000000> | one of 64 bits among them",
        "§<> | 'memory-bytes' has 0 cells",
        "/bits/ 16 §<0x1000> | 16 bits wide",
        "<§0x120000000> | does not fit a cell of 32 bits",
        "§\"512M\" | is the string \"512M\", expected cells",
    })
    void memory(String spoilt, String words) {
        assertSpoilt("<0x20000000>", spoilt, words);
    }

    @ParameterizedTest
    @CsvSource({"0, 'is 0, which is the host: expected 1..255'", "256, 'is 256, expected 1..255'",
        "0x100, 'is 0x100, expected 1..255'"})
    void ids(String id, String words) {
        assertSpoilt("id = <7>", "id = <§" + id + ">", "'id' " + words);
    }

    @Test
    void names() {
        assertSpoilt("db {", "§db@1 {", "instance name 'db@1' is not legal", "letters, digits and , . _ + -");
        assertSpoilt("db {", "§d#b {", "instance name 'd#b' is not legal");
        assertSpoilt("db {", "§.. {", "instance name '..' is not legal");
        assertSpoilt("db {", "§" + "n".repeat(64) + " {", "has 64 bytes, expected at most 63");
        assertSpoilt("db {", "§web-server {", "duplicate node 'web-server': it is already at line 12");
    }

    @Test
    void unknownInAnInstance() {
        assertSpoilt("id = <7>;", "id = <7>; §memory-bytes = <1>;",
                "unknown property 'memory-bytes' in /instances/db");
        assertSpoilt("id = <7>;", "§ID = <7>;", "unknown property 'ID'", "did you mean 'id'?");
        assertSpoilt("cpus = /bits/ 64", "§apic-ids = <0>; cpus = /bits/ 64", "unknown property 'apic-ids'");
        assertSpoilt("cpus = /bits/ 64", "memory-base = <§5>; cpus = /bits/ 64", "'memory-base' is 5, which is not "
                + "page aligned");
    }

    @Test
    void cpusOutsideThePoolOrTaken() {
        assertSpoilt(DB_CPUS, "<2 §5>", "CPU 5 of instance 'db' is not in the pool", "/resources/cpus lists 0-3");
        assertSpoilt(DB_CPUS, "<3 §1>", "CPU 1 of instance 'db' is already taken by 'web-server' at line 14",
                "unclaimed in the pool: 0,2");
        assertSpoilt(DB_CPUS, "<3 §3>", "lists CPU 3 twice");
    }

    @Test
    void memoryThatDoesNotFit() {
        assertSpoilt("<0 (64 << 20)>", "<§0x1c001000>", "'memory-bytes' 0x1c001000", "instance 'db'",
                "does not fit the pool of 0x20000000 (512 MiB)", "0x1c000000 (448 MiB) is left");
        assertSpoilt("<0x4000000>", "<§1 0>", "instance 'web-server' is more than the whole pool of 0x20000000");
        assertSpoilt("<0x4000000>", "<§100>", "'memory-bytes' is 100, expected a multiple of 4096");
    }

    @Test
    void strings() {
        assertSpoilt("\"idle=halt\"", "§<1>", "'bootargs' is cells <1>, expected a string");
        assertSpoilt("\"idle=halt\"", "\"a\", §\"b\"", "'bootargs' has 2 strings, expected one");
        assertSpoilt("\"idle=halt\"", "§\"a\\nb\"", "'bootargs' holds a control character in \"a<U+000A>b\"");
        assertSpoilt("\"path/to/x.jar\"", "§<1>", "'mkemu,modules' is cells <1>, expected a string");
        assertSpoilt("\"path/to/x.jar\"", "§\"a b\"", "module name 'a b'", "path of a .jar or .so");
        assertSpoilt("\"path/to/x.jar\"", "§\"a,,b\"", "module name ''");
        assertSpoilt("\"path/to/x.jar\"", "§\"a\\t/b.jar\"", "control character");
        assertSpoilt("\"path/to/x.jar\"", "§\"demo\"", "lists module 'demo' twice");
    }
}
