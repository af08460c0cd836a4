package dev.rollcall.etcd.internal.view;

import com.google.protobuf.ByteString;
import dev.rollcall.Event.ValueSkipped;
import dev.rollcall.Instance;
import dev.rollcall.etcd.api.KeyValue;
import dev.rollcall.etcd.internal.client.Engine;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.UnreadableValueException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads etcd's values as a layout does; what cannot be read is counted and named, and hurts nothing else. */
record Values(Engine engine, Layout layout) {
    /** The key as text; one that is none becomes a text that no other key is. */
    static String key(KeyValue kv) {
        ByteString key = kv.getKey();
        return key.isValidUtf8() ? key.toStringUtf8() : '\uffff' + key.toString(StandardCharsets.ISO_8859_1);
    }

    /** The instance of a key, or null when there is none to be read. */
    @Nullable
    Instance read(String key, KeyValue kv) {
        if (!kv.getKey().isValidUtf8()) {
            return skipped(key, "the key is not UTF-8");
        }
        try {
            if (!layout.holdsInstance(key)) {
                return null;
            }
            return layout.decode(key, kv.getValue().toByteArray());
        } catch (UnreadableValueException e) {
            return skipped(key, String.valueOf(e.getMessage()));
        } catch (RuntimeException | StackOverflowError e) {
            return skipped(
                    key, "layout " + layout.name() + ": " + e); // a bug there must not stop what is followed here
        }
    }

    private @Nullable Instance skipped(String key, String reason) {
        engine.count("values.skipped");
        engine.tell(new ValueSkipped(key, reason));
        return null;
    }
}
