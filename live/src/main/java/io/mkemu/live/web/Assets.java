// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The files of the page, by the path that a browser asks for. A path is looked up, never opened. Any thread. */
final class Assets {
    private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/dist/";
    private static final List<String> OWN = List.of("app.css", "app.js", "link.js", "format.js", "kernels.js",
        "memory.js", "matrix.js", "rates.js", "trace.js", "logs.js", "recording.js", "icon.svg");

    /**
     * A file.
     *
     * @param type  as HTTP names it
     * @param bytes of it; not to be changed
     */
    record Asset(String type, byte[] bytes) {
    }

    private final Map<String, Asset> byPath = new HashMap<>();

    Assets() throws IOException {
        add("/", "index.html");
        for (String name : OWN) {
            add("/" + name, name);
        }
        add("/uplot.js", UPLOT + "uPlot.esm.js");
        add("/uplot.css", UPLOT + "uPlot.min.css");
    }

    private void add(String path, String resource) throws IOException {
        try (InputStream in = Assets.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the class path has no " + resource);
            }
            byPath.put(path, new Asset(type(resource), in.readAllBytes()));
        }
    }

    private static String type(String name) {
        return switch (name.substring(name.lastIndexOf('.'))) {
            case ".html" -> "text/html; charset=utf-8";
            case ".css" -> "text/css; charset=utf-8";
            case ".js" -> "text/javascript; charset=utf-8";
            case ".svg" -> "image/svg+xml";
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** The file that is asked for, or null. */
    Asset find(String path) {
        return byPath.get(path);
    }
}
