package dev.rollcall.grpc.internal.client;

import dev.rollcall.Text;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What a channel is to be connected to.
 *
 * @param registry the URL of the registry, or null for the default one
 * @param service its name there
 * @param shown the target as it may be shown: without what could be a login
 */
record Target(@Nullable String registry, String service, String shown) {
    private static final String EXPECTED =
            " (expected: rollcall:///SERVICE or rollcall://HOST:PORT,.../SERVICE[?OPTION=VALUE&...])";

    static Target of(URI uri) {
        String authority = uri.getRawAuthority();
        String host = authority == null ? "" : authority.substring(authority.lastIndexOf('@') + 1);
        String path = uri.getPath() == null ? "" : uri.getPath();
        String shown = Text.quote(uri.getScheme() + "://" + host + path);
        String service = path.startsWith("/") ? path.substring(1) : path;
        if (service.isBlank()) {
            throw new IllegalArgumentException("target: " + shown + " names no service" + EXPECTED);
        }
        if (authority != null && authority.lastIndexOf('@') > authority.indexOf(':') && authority.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "target: " + shown
                            + " has a password, and targets are logged (expected: the variable ETCD_PASSWORD, or ChannelArgs.ROLLCALL)");
        }
        if (authority == null && uri.getRawQuery() != null) {
            throw new IllegalArgumentException("target: " + shown + " has options but no registry" + EXPECTED);
        }
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return new Target(authority == null ? null : "etcd://" + authority + query, service, shown);
    }
}
