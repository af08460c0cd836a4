package dev.rollcall.etcd.layout;

import dev.rollcall.Instance;
import java.util.HashMap;
import java.util.Map;

/** A weight that a layout writes as a number of its own, beside the metadata entry {@code weight}. */
final class Weight {
    private static final String NAME = "weight";

    private Weight() {}

    static int of(Instance instance, int otherwise) {
        String text = instance.metadata().getOrDefault(NAME, "");
        int weight = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
        return weight > 0 ? weight : otherwise;
    }

    /** The metadata with the weight, unless it has one or it is the one that everybody has. */
    static Map<String, String> into(Map<String, String> metadata, long weight, int usual) {
        if (weight == usual || metadata.containsKey(NAME)) {
            return metadata;
        }
        Map<String, String> with = new HashMap<>(metadata);
        with.put(NAME, Long.toString(weight));
        return with;
    }
}
