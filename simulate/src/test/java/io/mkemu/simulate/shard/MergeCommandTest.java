// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MergeCommandTest {
    private static final int MISSING = 7;

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Exception refused;

    private static String passed(int shard, int shards) {
        return "{\"sweep\":\"mk simulate a.dts\",\"firstSeed\":7,\"runs\":10,\"points\":100,\"messages\":20,"
            + "\"faults\":3,\"states\":50,\"undecided\":0,\"shard\":" + shard + ",\"shards\":" + shards
            + ",\"failed\":false}";
    }

    private static String failed(int shard, int shards, long seed) {
        return passed(shard, shards).replace("\"failed\":false}", "\"failed\":true,\"seed\":" + seed
            + ",\"kind\":\"check\",\"text\":\"two leaders\",\"run\":{\"steps\":40,\"points\":900,\"nanos\":5,"
            + "\"done\":[\"kill of a\",\"kill of b\"]},\"smaller\":{\"text\":\"two leaders\",\"steps\":9,\"points\":90,"
            + "\"nanos\":3,\"done\":[\"kill of a\"]},\"again\":\"mk simulate a.dts --seed " + seed + "\"}");
    }

    private int merge(boolean json, String... lines) throws IOException {
        Path file = Files.write(directory.resolve("shards.json"), List.of(lines));
        List<String> args = new ArrayList<>(List.of(file.toString()));
        if (json) {
            args.add("--json");
        }
        CommandLine command = new CommandLine(new MergeCommand(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8)));
        command.setExecutionExceptionHandler((wrong, line, parsed) -> {
            refused = wrong;
            return -1;
        });
        return command.execute(args.toArray(String[]::new));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private List<String> err() {
        return err.toString(StandardCharsets.UTF_8).lines().map(line -> line.replace(directory + "/", "")).toList();
    }

    @Test
    void addsUpAsOneSweepTells() throws IOException {
        assertEquals(0, merge(false, passed(2, 3), passed(0, 3), passed(1, 3)));
        assertEquals("simulate: no run of 30 failed (seeds 7 to 36): 300 points, 60 messages, 9 faults, about 150 "
            + "different states\n", out());
        assertEquals(List.of(), err());
    }

    @Test
    void theLogOfAPodHasStderrToo() throws IOException {
        assertEquals(0, merge(false, "mk: shard 0/2, as JOB_COMPLETION_INDEX and JOB_COMPLETIONS say", passed(0, 2), "",
            "mk: 10 runs", passed(1, 2)));
        assertEquals(List.of(), err());
    }

    @Test
    void unequalPartsLeaveGaps() throws IOException {
        assertEquals(0, merge(false, passed(0, 2), passed(1, 2).replace("\"runs\":10", "\"runs\":8")));
        assertTrue(out().startsWith("simulate: no run of 18 failed (from seed 7, with gaps): "), out());
    }

    @Test
    void theLowestSeedCounts() throws IOException {
        assertEquals(1, merge(false, failed(1, 3, 20), failed(0, 3, 16), passed(2, 3)));
        assertEquals("""
            simulate: seed 16 fails: check: two leaders
              after 40 steps, 2 faults, 900 points
              kill of a
              kill of b
            smaller: 9 steps, 1 fault, 90 points
              kill of a
            again: mk simulate a.dts --seed 16 -v
            simulate: other shards found more: seed 20 (check)
            """, out());
    }

    @Test
    void theLowestIsTheFirstAlsoWhereSeedsTurnNegative() throws IOException {
        String first = "\"firstSeed\":" + (Long.MAX_VALUE - 1);
        assertEquals(1, merge(true, failed(0, 2, Long.MIN_VALUE).replace("\"firstSeed\":7", first),
            failed(1, 2, Long.MAX_VALUE).replace("\"firstSeed\":7", first)));
        assertEquals(Long.MAX_VALUE, Json.read(out.toByteArray()).get("seed").longValue());
    }

    @Test
    void missingShardsAreNamed() throws IOException {
        assertEquals(MISSING, merge(false, passed(3, 8), passed(0, 8)));
        assertTrue(out().contains("of 8 shards 2 are here; missing: shards 1, 2, 4 to 7. Do such a one: mk simulate "
            + "a.dts --seed 7 --shard 1/8 --json"), out());
    }

    @Test
    void aFailureCountsMoreThanAMissingShard() throws IOException {
        assertEquals(1, merge(false, failed(0, 2, 9)));
        assertTrue(out().contains("missing: shard 1."), out());
    }

    @Test
    void aShardThatComesTwiceCountsOnce() throws IOException {
        assertEquals(0, merge(false, passed(0, 2), passed(1, 2), passed(1, 2)));
        assertTrue(out().contains("no run of 20 failed"), out());
        assertTrue(out().contains("shard 1 came more than once; each is counted once"), out());
    }

    @Test
    void aFailureOfEitherLifeOfAShardCounts() throws IOException {
        assertEquals(1, merge(false, passed(0, 2), failed(1, 2, 8), passed(1, 2)));
        assertEquals(1, merge(false, passed(0, 2), passed(1, 2), failed(1, 2, 8)));
    }

    @Test
    void jsonHasWhatAShardHas() throws IOException {
        assertEquals(1, merge(true, failed(0, 3, 10), passed(2, 3), passed(2, 3)));
        JsonNode node = Json.read(out.toByteArray());
        assertEquals(30 - 10, node.get("runs").longValue());
        assertEquals(List.of("[1]", "[2]", "3", "true", "10", "\"two leaders\""),
            IntStream.range(0, 6).mapToObj(field -> node.get(List.of("missing", "doubled", "shards", "failed", "seed",
                "text").get(field)).toString()).toList());
        assertEquals("mk simulate a.dts --seed 10", node.get("again").textValue());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "\"shard\":1 | \"shard\":2 | 2/2: the shards of 2 are 0 to 1",
        "\"shard\":1 | \"shard\":-1 | 'shard' is no such number",
        "\"shard\":1 | \"shart\":1 | 'shard' is missing",
        "\"shards\":2 | \"shards\":3 | it is one of 3 shards, the ones before are of 2",
        "\"firstSeed\":7 | \"firstSeed\":8 | its sweep begins at seed 8, the ones before begin at 7",
        "a.dts | b.dts | it did 'mk simulate b.dts', the ones before did 'mk simulate a.dts'",
        "\"points\":100 | \"points\":-1 | 'points' is no count",
        "\"points\":100 | \"points\":1e300 | 'points' is no count",
        "\"points\":100 | \"points\":99999999999999999999 | 'points' is no count",
        "\"failed\":false | \"failed\":1 | 'failed' is not true or false",
        "\"failed\":false | \"failed\":true | 'seed' is missing",
        "\"failed\":false | \"failed\":true,\"seed\":9 | seed 9 is none of shard 1/2 from seed 7",
        "\"failed\":false} | \"failed\":fal | it is no JSON object"})
    void whatCannotBeUsedIsNamedAndLeftOut(String what, String instead, String why) throws IOException {
        assertTrue(passed(1, 2).contains(what), what);
        assertEquals(MISSING, merge(false, passed(0, 2), passed(1, 2).replace(what, instead)));
        assertEquals(List.of("mk: shards.json:2: left out: " + why), err());
        assertTrue(out().contains("missing: shard 1."), out());
    }

    @Test
    void noShardAtAllIsRefused() throws IOException {
        assertEquals(-1, merge(false, "no", "such", "thing"));
        assertEquals(List.of("mk: shards.json:1: left out: it is no JSON object",
            "mk: shards.json:2: left out: it is no JSON object", "mk: shards.json:3: left out: it is no JSON object"),
            err());
        assertEquals(ExitCode.STATE, ((MachineException) refused).exitCode());
        assertEquals("", out());
    }

    @Test
    void ofManyBadLinesSomeAreTold() throws IOException {
        String[] lines = new String[51];
        Arrays.fill(lines, "[]");
        lines[50] = passed(0, 1);
        assertEquals(MISSING, merge(false, lines));
        assertEquals(21, err().size());
        assertEquals("mk: 30 more such lines were left out", err().getLast());
    }

    @Test
    void aFileThatIsNotThereIsRefused() {
        MergeCommand command = new MergeCommand();
        new CommandLine(command).parseArgs(directory.resolve("nothing").toString());
        MachineException wrong = assertThrows(MachineException.class, command::call);
        assertEquals(ExitCode.RESOURCES, wrong.exitCode());
        assertTrue(wrong.getMessage().contains("there is no such file"), wrong.getMessage());
    }
}
