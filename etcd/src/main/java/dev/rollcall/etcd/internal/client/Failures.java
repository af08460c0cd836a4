package dev.rollcall.etcd.internal.client;

import dev.rollcall.AccessDeniedException;
import dev.rollcall.RollcallException;
import dev.rollcall.Text;
import dev.rollcall.UnavailableException;
import io.grpc.Status;
import java.security.cert.CertificateException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What etcd's status codes and texts mean; the texts are part of etcd's API (its {@code rpctypes} package). */
public final class Failures {
    private Failures() {}

    /** A read below the oldest revision kept. */
    public static boolean compacted(Status status) {
        return status.getCode() == Status.Code.OUT_OF_RANGE && says(status, "compacted");
    }

    /** A read above the newest revision: of a linearizable read, a proof of another history. */
    public static boolean future(Status status) {
        return status.getCode() == Status.Code.OUT_OF_RANGE && says(status, "future revision");
    }

    public static boolean leaseNotFound(Status status) {
        return status.getCode() == Status.Code.NOT_FOUND && says(status, "lease not found");
    }

    /** The token ran out, or the member that knows it restarted: a new one helps. */
    public static boolean staleToken(Status status) {
        return says(status, "invalid auth token")
                || says(status, "auth revision")
                || says(status, "auth store is old")
                || status.getCode() == Status.Code.UNAUTHENTICATED;
    }

    /** Who we say we are, or what we ask, is refused. */
    public static boolean refused(Status status) {
        return status.getCode() == Status.Code.PERMISSION_DENIED
                || status.getCode() == Status.Code.UNAUTHENTICATED
                || says(status, "authentication failed")
                || says(status, "user name is empty");
    }

    /** Refused by etcd, or by either side's check of the other's certificate. */
    public static boolean denied(Status status) {
        return refused(status) || tlsProblem(status.getCause()) != null;
    }

    /** The same status for a watch that etcd cancelled: it says why in a text. */
    static Status ofCancelReason(String reason) {
        String text = reason.toLowerCase(Locale.ROOT);
        Status.Code code = text.contains("permission denied")
                ? Status.Code.PERMISSION_DENIED
                : text.contains("invalid auth token") || text.contains("auth")
                        ? Status.Code.UNAUTHENTICATED
                        : Status.Code.ABORTED;
        return code.toStatus().withDescription(reason);
    }

    /** What a user is told of a failed call or connection. */
    public static RollcallException explain(Status status, String endpoint) {
        Throwable tls = tlsProblem(status.getCause());
        if (tls != null) {
            return new AccessDeniedException(
                    "etcd at " + endpoint + ": TLS: " + Text.plain(message(tls)), status.getCause());
        }
        String what = "etcd at " + endpoint + ": " + Text.plain(words(status));
        return denied(status)
                ? new AccessDeniedException(what, status.asRuntimeException())
                : new UnavailableException(what, status.asRuntimeException());
    }

    private static String words(Status status) {
        String description = status.getDescription();
        Throwable cause = status.getCause();
        String text = description == null
                ? ""
                : description.replace("etcdserver: ", "").replace("io exception", "");
        if (cause != null && cause.getMessage() != null) {
            text = text.isBlank() ? cause.getMessage() : text + ": " + cause.getMessage();
        }
        String name = status.getCode().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return text.isBlank() ? name : text.strip() + " (" + name + ")";
    }

    /** The innermost complaint about a certificate or a handshake, if that is what went wrong. */
    private static @Nullable Throwable tlsProblem(@Nullable Throwable thrown) {
        Throwable found = null;
        int depth = 0;
        for (Throwable t = thrown; t != null && depth < 20; t = t.getCause(), depth++) {
            if (t instanceof SSLException || t instanceof CertificateException) {
                found = t;
            }
        }
        return found;
    }

    private static String message(Throwable thrown) {
        String message = thrown.getMessage();
        return message == null ? thrown.getClass().getSimpleName() : message;
    }

    private static boolean says(Status status, String text) {
        String description = status.getDescription();
        return description != null && description.contains(text);
    }
}
