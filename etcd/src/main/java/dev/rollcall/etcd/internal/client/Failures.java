package dev.rollcall.etcd.internal.client;

import dev.rollcall.AccessDeniedException;
import dev.rollcall.RollcallException;
import dev.rollcall.Text;
import dev.rollcall.UnavailableException;
import io.grpc.Status;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Locale;

/** What etcd's status codes and texts mean; the texts are part of etcd's API (its {@code rpctypes} package). */
public final class Failures {
    private Failures() {}

    private static final String TLS_PERHAPS = "one that speaks TLS is an https:// address";
    static final String NO_LEADER = "etcdserver: no leader";

    /** What a call failed with; gRPC's long account of a missed deadline in three words. */
    static Status of(Throwable thrown, Duration deadline) {
        Status status = Status.fromThrowable(thrown);
        if (status.getCode() != Status.Code.DEADLINE_EXCEEDED) {
            return status;
        }
        boolean connecting = says(status, "was_still_waiting");
        return Status.DEADLINE_EXCEEDED.withDescription(
                (connecting ? "cannot connect in " : "no answer in ") + deadline.toMillis() + " ms");
    }

    /** The server is up, but knows no leader: a majority of its cluster is away, or is about to elect one. */
    static boolean noQuorum(Status status) {
        return status.getCode() == Status.Code.UNAVAILABLE && says(status, NO_LEADER);
    }

    /** The same status of a connection that never worked: one that is closed at once may go to the wrong kind of port. */
    static Status ofAttempt(Status status, boolean tls) {
        return closed(status) && TlsProblem.of(status) == null
                ? status.withDescription(tls ? TlsProblem.CLOSED : TLS_PERHAPS)
                : status;
    }

    private static boolean closed(Status status) {
        String cause = status.getCause() == null
                ? ""
                : String.valueOf(status.getCause().getMessage());
        return says(status, "Network closed for unknown reason")
                || says(status, TLS_PERHAPS)
                || cause.contains("reset by peer");
    }

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

    /** The token ran out, or the member that knows it restarted, or there was none to send: a new one helps. */
    public static boolean staleToken(Status status) {
        return says(status, "invalid auth token")
                || says(status, "user name is empty")
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
        TlsProblem tls = TlsProblem.of(status);
        return refused(status) || (tls != null && tls.trust());
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
        TlsProblem tls = TlsProblem.of(status);
        String what = "etcd at " + endpoint + ": " + (tls == null ? Text.plain(words(status)) : "TLS: " + tls.words());
        return denied(status)
                ? new AccessDeniedException(what, status.asRuntimeException())
                : new UnavailableException(what, status.asRuntimeException());
    }

    private static String words(Status status) {
        String description = status.getDescription() == null ? "" : status.getDescription();
        Throwable cause = status.getCause();
        if (cause instanceof ConnectException) {
            return "connection refused";
        }
        if (closed(status)) {
            return "the server closed the connection"
                    + (description.equals(TLS_PERHAPS) ? " (expected: an etcd; " + TLS_PERHAPS + ")" : "");
        }
        if (says(status, "user name is empty")) {
            return "authentication is on and we have no user (expected: a user and a password)";
        }
        if (description.equals(NO_LEADER)) {
            return "no leader: most of its cluster is away, or it is electing one";
        }
        String text = description.replace("etcdserver: ", "").replace("io exception", "");
        if (cause != null && cause.getMessage() != null) {
            text = text.isBlank() ? cause.getMessage() : text + ": " + cause.getMessage();
        }
        String name = status.getCode().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        if (text.isBlank()) {
            return name;
        }
        // the exception's type says as much
        boolean said = refused(status)
                || status.getCode() == Status.Code.UNAVAILABLE
                || status.getCode() == Status.Code.DEADLINE_EXCEEDED;
        return said ? text.strip() : text.strip() + " (" + name + ")";
    }

    private static boolean says(Status status, String text) {
        String description = status.getDescription();
        return description != null && description.contains(text);
    }
}
