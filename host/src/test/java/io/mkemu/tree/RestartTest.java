// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.dts.Position;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Restarts in a tree. */
class RestartTest {

    private static final String ID = "id = <7>;";
    private static final String FULL = "restart = \"on-failure\"; restart-limit = <9>; restart-delay-ms = <250>;";

    private static MachineSpec parse(String properties) {
        return MachineSpec.parse(Marked.FILE, Trees.with(ID, ID + " " + properties), Marked.BASE);
    }

    private static InstanceSpec db(String properties) {
        return parse(properties).instances().get(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "restart = \"on-failure\"; | 5 | 100",
        "restart = \"on-failure\"; restart-limit = <0>; | 0 | 100",
        "restart-limit = <1000>; restart = \"on-failure\"; | 1000 | 100",
        "restart = \"on-failure\"; restart-delay-ms = <1>; | 5 | 1",
        "restart = \"on-failure\"; restart-delay-ms = /bits/ 64 <(60 * 1000)>; | 5 | 60000",
        FULL + " | 9 | 250",
    })
    void onFailureHasALimitAndADelay(String properties, int limit, long delay) {
        assertEquals(new RestartPolicy(true, limit, delay), db(properties).restart());
    }

    @Test
    void neverIsTheDefault() {
        assertEquals(RestartPolicy.NEVER, db("").restart());
        assertEquals(parse(""), parse("restart = \"never\";"));
        assertEquals(RestartPolicy.NEVER, db("mkemu,external; restart = \"never\";").restart(), "it is true of one");
    }

    @Test
    void keepsThePlaces() {
        Places places = db(FULL).places();
        assertEquals(new Position(20, 24), places.of("restart"));
        assertEquals(new Position(20, 55), places.of("restart-limit"));
        assertEquals(new Position(20, 79), places.of("restart-delay-ms"));
    }

    @Test
    void takesPartInEquality() {
        Set<MachineSpec> machines = List.of("", "restart = \"on-failure\";", FULL, FULL.replace("9", "8"),
                FULL.replace("250", "251")).stream().map(RestartTest::parse).collect(Collectors.toSet());
        assertEquals(5, machines.size());
        assertNotEquals(parse("").hashCode(), parse(FULL).hashCode());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "restart = §\"always\"; | 'restart' is 'always', expected \"on-failure\" or \"never\"",
        "restart = §\"on-failure:3\"; | 'restart' is 'on-failure:3', expected \"on-failure\" or \"never\"",
        "restart = §\"\"; | 'restart' is '', expected",
        "restart = §<1>; | 'restart' is cells <1>, expected a string: restart = \"on-failure\";",
        "restart = \"never\", §\"on-failure\"; | 'restart' has 2 strings, expected one",
        "§restart; | 'restart' has no value, expected restart = \"on-failure\";",
        "§restart-delay = <1>; | did you mean 'restart-delay-ms'?",
        "§restart-limit = <3>; | 'restart-limit' means nothing without restart = \"on-failure\": "
            + "write restart = \"on-failure\"; or remove 'restart-limit'",
        "restart = \"never\"; §restart-limit = <3>; | 'restart-limit' means nothing without restart = \"on-failure\"",
        "§restart-delay-ms = <3>; | 'restart-delay-ms' means nothing without restart = \"on-failure\": "
            + "write restart = \"on-failure\"; or remove 'restart-delay-ms'",
        "mkemu,external; §restart-limit = <3>; | without restart = \"on-failure\": remove 'restart-limit'",
        "mkemu,external; §restart-delay-ms = <3>; | without restart = \"on-failure\": remove 'restart-delay-ms'",
        "restart = §\"on-failure\"; mkemu,external; | 'restart' is \"on-failure\" in an external instance, which mkemu "
            + "does not start and so cannot start again: remove 'restart' or 'mkemu,external'",
    })
    void policies(String spoilt, String words) {
        assertSpoilt(spoilt, words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "restart-limit = <§1001>; | 'restart-limit' is 1001, expected 0..1000 restarts in a row",
        "restart-limit = <§(-1)>; | 'restart-limit' is (-1), expected 0..1000",
        "restart-limit = /bits/ 64 <§0xffffffffffffffff>; | 'restart-limit' is 0xffffffffffffffff, expected 0..1000",
        "restart-limit = /bits/ 64 <§0x100000005>; | 'restart-limit' is 0x100000005, expected 0..1000",
        "restart-limit = <1 §2>; | 'restart-limit' has 2 cells, expected one: restart-limit = <5>;",
        "restart-limit = §\"5\"; | 'restart-limit' is the string \"5\", expected cells: restart-limit = <5>;",
        "restart-delay-ms = <§0>; | 'restart-delay-ms' is 0, expected 1..60000 milliseconds",
        "restart-delay-ms = <§60001>; | 'restart-delay-ms' is 60001, expected 1..60000 milliseconds",
        "§restart-delay-ms; | 'restart-delay-ms' has no value, expected restart-delay-ms = <100>;",
    })
    void numbers(String spoilt, String words) {
        assertSpoilt("restart = \"on-failure\"; " + spoilt, words);
    }

    private static void assertSpoilt(String spoilt, String words) {
        Marked.assertError(Trees.with(ID, ID + " " + spoilt), words);
    }

    @Test
    void belongsToAnInstanceAndNotToTheHost() {
        Marked.assertError(Trees.with("mkemu,ipi-slots", "§restart = \"never\"; mkemu,ipi-slots"),
                "unknown property 'restart' in /");
    }

    @Test
    void isWrittenInFullAndParsesBackEqual() {
        for (String properties : List.of(FULL, "restart = \"on-failure\";",
                "restart = \"on-failure\"; restart-limit = <0>; restart-delay-ms = <60000>;")) {
            MachineSpec machine = parse(properties);
            assertEquals(machine, MachineSpec.parse("w.dts", DeviceTreeWriter.write(machine), Marked.BASE));
        }
        assertTrue(DeviceTreeWriter.write(parse(FULL)).contains(FULL.replace("; ", ";\n\t\t\t")));
        assertFalse(DeviceTreeWriter.write(parse("")).contains("restart"));
    }

    @Test
    void anInstanceTakesOtherModulesBootargsAndPolicy() {
        InstanceSpec db = db(FULL + " mkemu,modules = \"demo\"; chosen { bootargs = \"idle=poll\"; };");
        RestartPolicy other = RestartPolicy.of("on-failure:3");
        InstanceSpec changed = db.with(List.of("echo"), "quiet", other);
        assertEquals(new InstanceSpec(7, "db", List.of(3, 2), 64L << 20, "quiet", List.of("echo"), false, other,
                List.of(), Places.NONE), changed);
        assertEquals(db, changed.with(db.modules(), db.bootargs(), db.restart()));
        assertTrue(db("mkemu,external;").with(List.of(), "quiet", RestartPolicy.NEVER).external());
    }

    @Test
    void onlyWhatStaysTheSameKeepsItsPlace() {
        InstanceSpec db = db(FULL + " mkemu,modules = \"demo\"; chosen { bootargs = \"idle=poll\"; };");
        assertEquals(db.places(), db.with(db.modules(), db.bootargs(), db.restart()).places());
        Places changed = db.with(List.of("echo"), "quiet", RestartPolicy.NEVER).places();
        for (String property : List.of("mkemu,modules", "bootargs", "restart", "restart-limit", "restart-delay-ms")) {
            assertNotEquals(db.position(), db.places().of(property), property);
            assertEquals(db.position(), changed.of(property), property);
        }
        assertEquals(db.places().of("cpus", 1), changed.of("cpus", 1));
        assertEquals(db.places().of("id"), changed.of("id"));
    }
}
