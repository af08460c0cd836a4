package dev.rollcall.etcd.view;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.LayoutProvider;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A layout with bugs; found through META-INF/services of the tests. */
public final class ThrowingLayouts implements LayoutProvider {
    @Override
    public Set<String> names() {
        return Set.of("test-throwing");
    }

    @Override
    public Layout open(String name, @Nullable String prefix) {
        return new Throwing();
    }

    private static final class Throwing implements Layout {
        @Override
        public String name() {
            return "test-throwing";
        }

        @Override
        public Set<Part> carries() {
            return Set.of();
        }

        @Override
        public String prefix() {
            return "/throwing/";
        }

        @Override
        public String prefix(String service) {
            if (service.equals("boom")) {
                throw new IllegalStateException("boom");
            }
            return prefix() + service + "/";
        }

        @Override
        public List<Entry> encode(Instance instance) {
            throw new IllegalStateException("boom");
        }

        @Override
        public Instance decode(String key, byte[] value) {
            String text = new String(value, StandardCharsets.UTF_8);
            if (text.equals("boom")) {
                throw new IllegalStateException("boom");
            }
            if (text.equals("deep")) {
                throw new StackOverflowError();
            }
            return Instance.of("pay", Address.parse(text)).withId(key);
        }
    }
}
