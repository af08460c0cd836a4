package dev.rollcall.etcd.layout;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The layouts of go-micro. */
final class GoMicroLayouts implements LayoutProvider {
    private static final String ROOT = "/micro/registry/";
    private static final String OLD_ROOT = "/micro-registry/";
    private static final int LONGEST_PREFIX = 256;

    @Override
    public Set<String> names() {
        return Set.of("go-micro", "go-micro-v5", "go-micro-old");
    }

    @Override
    public Layout open(String name, @Nullable String prefix) {
        return switch (name) {
            case "go-micro" -> new GoMicroLayout(name, root(prefix, ROOT), GoMicroWriter::v2);
            case "go-micro-v5" -> new GoMicroLayout(name, root(prefix, ROOT), GoMicroWriter::v5);
            case "go-micro-old" -> new GoMicroLayout(name, root(prefix, OLD_ROOT), null);
            default ->
                throw new IllegalArgumentException("name: " + Text.quote(name) + " (expected: one of " + names() + ")");
        };
    }

    private static String root(@Nullable String prefix, String own) {
        if (prefix == null) {
            return own;
        }
        String inner = prefix.startsWith("/") ? prefix.substring(1) : prefix;
        inner = inner.endsWith("/") ? inner.substring(0, inner.length() - 1) : inner;
        if (prefix.length() > LONGEST_PREFIX
                || prefix.chars().anyMatch(Character::isISOControl)
                || !StandardCharsets.UTF_8.newEncoder().canEncode(prefix)
                || Arrays.stream(inner.split("/", -1)).anyMatch(Set.of("", ".", "..")::contains)) {
            throw new ConfigurationException("prefix: " + Text.quote(prefix) + " (expected: at most " + LONGEST_PREFIX
                    + " characters, no control characters, path segments other than \"\", \".\" and \"..\")");
        }
        return prefix.endsWith("/") ? prefix : prefix + "/";
    }
}
