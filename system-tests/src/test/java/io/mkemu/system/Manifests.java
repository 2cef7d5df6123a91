// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The manifests of deploy/kubernetes, read so strictly that what Kubernetes does not know is an error. */
final class Manifests {
    private static final Map<String, Class<? extends HasMetadata>> KINDS = Map.of("v1/ConfigMap", ConfigMap.class,
        "v1/Pod", Pod.class, "batch/v1/Job", Job.class);
    private static final YAMLMapper MAPPER = YAMLMapper.builder(
        YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .annotationIntrospector(new Strict()).build();

    private Manifests() {
    }

    /** The model keeps unknown fields, in a map that each of its classes has for them. Here it has none. */
    private static final class Strict extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1L;

        @Override
        public Boolean hasAnySetter(Annotated member) {
            return false;
        }
    }

    /**
     * Reads all objects of a text.
     *
     * @throws IOException if a field is unknown, or there twice, or a value is not of its type
     */
    static List<HasMetadata> parse(String yaml) throws IOException {
        List<HasMetadata> objects = new ArrayList<>();
        try (var documents = MAPPER.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
            while (documents.hasNextValue()) {
                JsonNode document = documents.nextValue();
                String kind = document.path("apiVersion").asText() + "/" + document.path("kind").asText();
                if (!KINDS.containsKey(kind)) {
                    throw new IOException("no manifest here has a " + kind);
                }
                objects.add(MAPPER.readerFor(KINDS.get(kind)).readValue(MAPPER.treeAsTokens(document)));
            }
        }
        return objects;
    }

    /** The text of one of them. */
    static String text(String name) throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve("deploy/kubernetes"))) {
            root = root.getParent();
        }
        return Files.readString(root.resolve("deploy/kubernetes").resolve(name));
    }

    /** The only object of a class in one of them. */
    static <T extends HasMetadata> T only(String name, Class<T> kind) throws IOException {
        List<T> found = parse(text(name)).stream().filter(kind::isInstance).map(kind::cast).toList();
        if (found.size() != 1) {
            throw new IOException(name + " has " + found.size() + " of " + kind.getSimpleName());
        }
        return found.getFirst();
    }
}
