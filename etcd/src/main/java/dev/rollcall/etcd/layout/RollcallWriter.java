package dev.rollcall.etcd.layout;

import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Status;
import dev.rollcall.Value;
import org.jspecify.annotations.Nullable;

/** Writes an instance's value in our own format. */
final class RollcallWriter {
    /** Grows when a reader of before would misunderstand what is written. */
    static final int SCHEMA = 1;

    private final GoJsonWriter out = new GoJsonWriter();

    private RollcallWriter() {}

    static byte[] write(Instance instance) {
        return new RollcallWriter().instance(instance).bytes();
    }

    private GoJsonWriter instance(Instance instance) {
        out.raw("{\"schema\":" + SCHEMA + ",\"service\":").text(instance.service());
        out.raw(",\"id\":").text(instance.id());
        out.raw(",\"version\":").text(instance.version());
        out.raw(",\"address\":").text(instance.address().toString());
        out.raw(",\"status\":").text(instance.status() == Status.UP ? "up" : "draining");
        out.raw(",\"metadata\":").map(instance.metadata());
        out.raw(",\"service_metadata\":").map(instance.serviceMetadata());
        out.raw(",\"endpoints\":").list(instance.endpoints(), this::endpoint);
        return out.raw("}");
    }

    private void endpoint(Endpoint endpoint) {
        out.raw("{\"name\":").text(endpoint.name()).raw(",\"request\":");
        value(endpoint.request());
        out.raw(",\"response\":");
        value(endpoint.response());
        out.raw(",\"metadata\":").map(endpoint.metadata()).raw("}");
    }

    private void value(@Nullable Value value) {
        if (value == null) {
            out.raw("null");
            return;
        }
        out.raw("{\"name\":").text(value.name());
        out.raw(",\"type\":").text(value.type());
        out.raw(",\"values\":").list(value.values(), this::value).raw("}");
    }
}
