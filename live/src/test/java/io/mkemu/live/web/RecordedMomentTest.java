// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.abi.InstanceState;
import io.mkemu.journal.event.TraceNames;
import io.mkemu.json.Json;
import io.mkemu.live.web.Slices.What;
import org.junit.jupiter.api.Test;

/** A recording, as of several times. */
class RecordedMomentTest {
    private static final long MILLI = 1_000_000;

    private final Recording recording = new Recording(new TraceNames());

    private JsonNode at(long time) {
        return new RecordedMoment(recording, time).tell();
    }

    private void record() {
        Entries.state(recording, 1, InstanceState.ACTIVE, "", MILLI);
        Entries.state(recording, 2, InstanceState.ACTIVE, "", MILLI);
        Entries.log(recording, 1, 6, "<b>hello", 2 * MILLI);
        for (int i = 1; i <= 10; i++) {
            Entries.send(recording, 1, 2, i, 100 * MILLI + i);
            Entries.callback(recording, 1, 2, i, 100 * MILLI + i + 300, 40);
        }
        Entries.state(recording, 2, InstanceState.FAILED, "killed by signal 9", 200 * MILLI);
        Entries.log(recording, 2, 3, "dead", 201 * MILLI);
    }

    @Test
    void statesAreThoseOfTheTime() {
        record();
        assertEquals("empty", at(0).at("/snapshot/kernels/0/state").asText());
        assertEquals("active", at(150 * MILLI).at("/snapshot/kernels/1/state").asText());
        JsonNode after = at(200 * MILLI).at("/snapshot/kernels/1");
        assertEquals("failed", after.get("state").asText());
        assertEquals("killed by signal 9", after.get("reason").asText());
        assertEquals("active", at(300 * MILLI).at("/snapshot/kernels/0/state").asText());
    }

    @Test
    void linesAreThoseUpToTheTime() {
        record();
        assertEquals(0, at(MILLI).get("lines").size());
        assertEquals("<b>hello", at(2 * MILLI).at("/lines/0/text").asText());
        assertEquals(2, at(201 * MILLI).get("lines").size());
        assertEquals("err", at(201 * MILLI).at("/lines/1/level").asText());
    }

    @Test
    void messagesHaveLatenciesRatesAndAWay() {
        record();
        assertEquals(0, at(99 * MILLI).at("/trace/pairs").size());
        JsonNode moment = at(100 * MILLI + 400);
        JsonNode pair = moment.at("/trace/pairs/0");
        assertEquals(10, pair.get("count").asLong());
        assertTrue(pair.get("p50").asLong() >= 300 && pair.get("max").asLong() < 310, pair::toString);
        assertEquals(10, moment.at("/trace/flights").size());
        assertEquals("[100000001,1,2,100000301,40,7,64]", Json.text(moment.at("/trace/flights/0")));
        double seconds = moment.at("/rates/seconds").asDouble();
        assertEquals(10 / seconds, moment.at("/rates/sent").asDouble());
        assertEquals(10 / seconds, moment.at("/rates/pairs/0/delivered").asDouble());
        assertEquals(0, at(5_200 * MILLI).at("/trace/pairs").size(), "more than 5 s later");
    }

    @Test
    void aMessageWithoutItsSendHasNoLatency() {
        Entries.callback(recording, 1, 2, 1, MILLI, 40);
        assertEquals(0, at(2 * MILLI).at("/trace/flights").size());
    }

    @Test
    void whatIsLiveTellsTheSame() {
        Flights flights = new Flights(new TraceNames());
        for (int i = 1; i <= 2 * Flights.MOST_SHOWN; i++) {
            Entries.send(flights, 1, 2, i, i * MILLI);
            Entries.callback(flights, 1, 2, i, i * MILLI + 300, 40);
        }
        JsonNode told = flights.tell(Json.object(), 2 * Flights.MOST_SHOWN * MILLI);
        assertEquals(2 * Flights.MOST_SHOWN, told.at("/pairs/0/count").asInt());
        assertEquals(Flights.MOST_SHOWN, told.get("flights").size());
        assertEquals((Flights.MOST_SHOWN + 1) * MILLI, told.at("/flights/0/0").asLong());
        assertEquals(0, flights.tell(Json.object(), 60_000 * MILLI).get("pairs").size(), "a minute later");
    }

    @Test
    void slicesKeepAllCountsHoweverLongItTakes() {
        Slices slices = new Slices(7);
        long width = slices.width();
        for (int i = 0; i < 5 * Slices.MOST; i++) {
            slices.count(7 + i * width, i % 2, What.SENT);
            slices.delivered(7 + i * width, 1, 2);
        }
        assertTrue(slices.all().size() <= Slices.MOST);
        assertEquals(8 * width, slices.width());
        assertEquals(5L * Slices.MOST, slices.all().stream().mapToLong(slice -> slice.all(What.SENT)).sum());
        assertEquals(5L * Slices.MOST, slices.all().stream().mapToLong(slice -> slice.pairs.values().stream()
            .mapToLong(Long::longValue).sum()).sum());
        assertEquals(4, slices.find(7).of(1, What.SENT));
        assertEquals(0, slices.find(6).of(1, What.SENT), "before the beginning");
        assertEquals(0, slices.find(Long.MAX_VALUE).of(1, What.SENT));
    }
}
