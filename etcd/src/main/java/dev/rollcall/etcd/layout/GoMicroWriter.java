package dev.rollcall.etcd.layout;

import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Value;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes an instance's value as go-micro does; the order of fields changed with v5. */
final class GoMicroWriter {
    private final GoJsonWriter out = new GoJsonWriter();
    private final boolean v5;

    private GoMicroWriter(boolean v5) {
        this.v5 = v5;
    }

    static byte[] v2(Instance instance) {
        return new GoMicroWriter(false).write(instance);
    }

    static byte[] v5(Instance instance) {
        return new GoMicroWriter(true).write(instance);
    }

    private byte[] write(Instance instance) {
        out.raw("{\"name\":").text(instance.service());
        out.raw(",\"version\":").text(instance.version());
        out.raw(",\"metadata\":").map(instance.serviceMetadata());
        out.raw(",\"endpoints\":").list(instance.endpoints(), this::endpoint);
        out.raw(",\"nodes\":[");
        node(instance);
        return out.raw("]}").bytes();
    }

    private void node(Instance instance) {
        Map<String, String> metadata = StatusEntry.with(instance);
        String address = instance.address().toString();
        if (v5) {
            out.raw("{\"metadata\":").map(metadata);
            out.raw(",\"id\":").text(instance.id());
            out.raw(",\"address\":").text(address).raw("}");
        } else {
            out.raw("{\"id\":").text(instance.id());
            out.raw(",\"address\":").text(address);
            out.raw(",\"metadata\":").map(metadata).raw("}");
        }
    }

    private void endpoint(Endpoint endpoint) {
        if (v5) {
            out.raw("{\"request\":");
        } else {
            out.raw("{\"name\":").text(endpoint.name()).raw(",\"request\":");
        }
        value(endpoint.request());
        out.raw(",\"response\":");
        value(endpoint.response());
        out.raw(",\"metadata\":").map(endpoint.metadata());
        if (v5) {
            out.raw(",\"name\":").text(endpoint.name());
        }
        out.raw("}");
    }

    private void value(@Nullable Value value) {
        if (value == null) {
            out.raw("null");
            return;
        }
        out.raw("{\"name\":").text(value.name());
        out.raw(",\"type\":").text(value.type());
        out.raw(",\"values\":").list(value.values(), this::value);
        out.raw("}");
    }
}
