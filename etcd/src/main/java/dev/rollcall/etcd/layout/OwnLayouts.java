package dev.rollcall.etcd.layout;

import dev.rollcall.ConfigurationException;
import dev.rollcall.Text;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The layouts that come with Rollcall. */
final class OwnLayouts implements LayoutProvider {
    private static final int LONGEST_PREFIX = 256;

    /** The root that a layout has of itself, and how to make one with this or another. */
    private record Kind(String root, BiFunction<String, String, Layout> make) {}

    private static final Map<String, Kind> KINDS = new TreeMap<>();

    static {
        String goMicro = "/micro/registry/";
        add("go-micro", goMicro, (name, root) -> new GoMicroLayout(name, root, GoMicroWriter::v2));
        add("go-micro-v5", goMicro, (name, root) -> new GoMicroLayout(name, root, GoMicroWriter::v5));
        add("go-micro-old", "/micro-registry/", (name, root) -> new GoMicroLayout(name, root, null));
        add("go-kit", "", (name, root) -> new GoKitLayout(name, root, GoKitLayout.Suffix.ADDRESS, false));
        add("go-kit-crc32", "", (name, root) -> new GoKitLayout(name, root, GoKitLayout.Suffix.CRC32, false));
        add("go-kit-id", "", (name, root) -> new GoKitLayout(name, root, GoKitLayout.Suffix.ID, false));
        add("go-kit-url", "", (name, root) -> new GoKitLayout(name, root, GoKitLayout.Suffix.ADDRESS, true));
        add("etcd-naming", "", (name, root) -> new EtcdNamingLayout(name, root, true));
        add("etcd-naming-bare", "", (name, root) -> new EtcdNamingLayout(name, root, false));
        add("go-zero", "", GoZeroLayout::new);
        add("kratos", KratosLayout.ROOT, KratosLayout::new);
        add("kitex", KitexLayout.ROOT, KitexLayout::new);
        add("rpcx", RpcxLayout.ROOT, RpcxLayout::new);
        add("coredns", CoreDnsLayout.ROOT, CoreDnsLayout::new);
        add("discovery", DiscoveryLayout.ROOT, DiscoveryLayout::new);
        add("dubbo", DubboLayout.ROOT, DubboLayout::new);
        add("rollcall", RollcallLayout.ROOT, RollcallLayout::new);
    }

    private static void add(String name, String root, BiFunction<String, String, Layout> make) {
        KINDS.put(name, new Kind(root, make));
    }

    @Override
    public Set<String> names() {
        return KINDS.keySet();
    }

    @Override
    public Layout open(String name, @Nullable String prefix) {
        Kind kind = KINDS.get(name);
        if (kind == null) {
            throw new IllegalArgumentException("name: " + Text.quote(name) + " (expected: one of " + names() + ")");
        }
        return kind.make().apply(name, root(prefix, kind.root()));
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
