// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardTest {
    @Test
    void shardsTogetherDoEachRunOnce() {
        for (int count = 1; count <= 7; count++) {
            for (long all = 0; all <= 30; all++) {
                List<Long> done = new ArrayList<>();
                for (int index = 0; index < count; index++) {
                    Shard shard = new Shard(index, count);
                    LongStream.range(0, shard.runs(all)).map(shard::number).forEach(done::add);
                }
                assertEquals(LongStream.range(0, all).boxed().toList(), done.stream().sorted().toList(),
                    count + " shards of " + all + " runs");
            }
        }
    }

    @Test
    void withoutALimitAShardHasNoneEither() {
        assertEquals(Long.MAX_VALUE, new Shard(2, 3).runs(Long.MAX_VALUE));
    }

    @Test
    void saysWhichSeeds() {
        assertEquals("seeds 7 to 36", Shard.WHOLE.seeds(7, 30));
        assertEquals("seeds 9 to 36, those of shard 2/3", new Shard(2, 3).seeds(7, 10));
        assertEquals("no seed", new Shard(2, 3).seeds(7, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1/", "/3", "3/3", "-1/3", "1/0", "0/100001", "1/3/4", "a/b", " 1/3",
        "1/99999999999999999999"})
    void refusesWhatIsNoShard(String text) {
        String line = assertThrows(IllegalArgumentException.class, () -> Shard.parse(text)).getMessage();
        assertTrue(line.contains(text) && line.lines().count() == 1, line);
    }

    @Test
    void readsOne() {
        assertEquals(new Shard(2, 3), Shard.parse("2/3"));
        assertTrue(Shard.parse("0/1").isWhole());
    }

    @Test
    void anIndexedJobGivesOne() {
        assertNull(Shard.ofJob(Map.of("PATH", "/bin")));
        assertEquals(new Shard(2, 3), Shard.ofJob(Map.of("JOB_COMPLETION_INDEX", "2", "JOB_COMPLETIONS", "3")));
    }

    @Test
    void aJobThatGivesHalfOfItIsRefused() {
        assertRefused(Map.of("JOB_COMPLETION_INDEX", "2"), "JOB_COMPLETIONS is not: set that");
        assertRefused(Map.of("JOB_COMPLETIONS", "3"), "completionMode: Indexed");
        assertRefused(Map.of("JOB_COMPLETION_INDEX", "3", "JOB_COMPLETIONS", "3"), "the shards of 3 are 0 to 2");
        assertRefused(Map.of("JOB_COMPLETION_INDEX", "x", "JOB_COMPLETIONS", ""), "'x/' is not a shard");
    }

    private static void assertRefused(Map<String, String> environment, String why) {
        String line = assertThrows(IllegalArgumentException.class, () -> Shard.ofJob(environment)).getMessage();
        assertTrue(line.contains(why) && line.lines().count() == 1, line);
    }
}
