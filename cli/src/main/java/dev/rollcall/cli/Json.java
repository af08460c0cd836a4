package dev.rollcall.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Value;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The JSON that {@code docs/cli.md} describes: objects on one line each. */
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /** Writes the fields of an object. */
    @FunctionalInterface
    interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    /** One object on one line. */
    static String object(Fields fields) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    static void instance(JsonGenerator json, Instance instance) throws IOException {
        json.writeStartObject();
        json.writeStringField("service", instance.service());
        json.writeStringField("id", instance.id());
        json.writeStringField("version", instance.version());
        json.writeStringField("address", instance.address().toString());
        json.writeStringField("status", Show.status(instance));
        map(json, "metadata", instance.metadata());
        map(json, "serviceMetadata", instance.serviceMetadata());
        endpoints(json, instance.endpoints());
        json.writeEndObject();
    }

    static void endpoints(JsonGenerator json, List<Endpoint> endpoints) throws IOException {
        json.writeArrayFieldStart("endpoints");
        for (Endpoint endpoint : endpoints) {
            json.writeStartObject();
            json.writeStringField("name", endpoint.name());
            value(json, "request", endpoint.request());
            value(json, "response", endpoint.response());
            map(json, "metadata", endpoint.metadata());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void value(JsonGenerator json, String name, @Nullable Value value) throws IOException {
        json.writeFieldName(name);
        if (value == null) {
            json.writeNull();
        } else {
            value(json, value);
        }
    }

    private static void value(JsonGenerator json, Value value) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", value.name());
        json.writeStringField("type", value.type());
        json.writeArrayFieldStart("values");
        for (Value inner : value.values()) {
            value(json, inner);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void map(JsonGenerator json, String name, Map<String, String> map) throws IOException {
        json.writeObjectFieldStart(name);
        for (Map.Entry<String, String> entry : new TreeMap<>(map).entrySet()) {
            json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
    }
}
