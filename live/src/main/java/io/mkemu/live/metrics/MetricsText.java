// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.metrics;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * Metrics as a text that scrapers read.
 *
 * @param contentType of HTTP
 * @param bytes       UTF-8
 */
public record MetricsText(String contentType, byte[] bytes) {
    private static final ExpositionFormatWriter OPEN_METRICS =
        OpenMetricsTextFormatWriter.builder().setCreatedTimestampsEnabled(true).build();
    private static final ExpositionFormatWriter PROMETHEUS = PrometheusTextFormatWriter.create();

    /** In OpenMetrics. */
    public static MetricsText openMetrics(MetricSnapshots metrics) throws IOException {
        return of(OPEN_METRICS, metrics);
    }

    /**
     * In the format that a client wants.
     *
     * @param accept HTTP's header Accept; without OpenMetrics in it, or null: Prometheus' older text format
     */
    public static MetricsText accepted(String accept, MetricSnapshots metrics) throws IOException {
        return of(OPEN_METRICS.accepts(accept) ? OPEN_METRICS : PROMETHEUS, metrics);
    }

    private static MetricsText of(ExpositionFormatWriter writer, MetricSnapshots metrics) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        writer.write(bytes, metrics);
        return new MetricsText(writer.getContentType(), bytes.toByteArray());
    }
}
