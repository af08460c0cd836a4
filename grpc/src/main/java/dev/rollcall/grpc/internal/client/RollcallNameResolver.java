package dev.rollcall.grpc.internal.client;

import dev.rollcall.NoInstanceException;
import dev.rollcall.NoInstanceException.Reason;
import dev.rollcall.RollcallException;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.ServiceSnapshot.Freshness;
import dev.rollcall.Subscription;
import dev.rollcall.Text;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells one channel who the instances of a service are, as soon as it changes. Asking again ({@link #refresh}) reads nothing from
 * the registry, whose watch is never behind; it only looks host names up anew.
 *
 * <p>While the registry is away the list stays. An error is reported only when there is nobody to call: nothing was read in time,
 * the service was never seen, nobody is left, or nobody speaks gRPC.
 */
final class RollcallNameResolver extends NameResolver {
    /** The instances to call when the best ones cannot be; only the policy {@code rollcall} knows of it. */
    static final Attributes.Key<List<EquivalentAddressGroup>> RESERVE = Attributes.Key.create("rollcall-reserve");

    private record Resolved(ServiceSnapshot snapshot, Endpoints.Found found, ConfigOrError config) {}

    private final String service;
    private final Supplier<SharedRollcalls.Use> rollcalls;
    private final ServiceConfig config;
    private final Args args;
    private final SynchronizationContext channel;

    private final Object order = new Object();
    private final Endpoints endpoints = new Endpoints();
    private final AtomicReference<@Nullable Resolved> undelivered = new AtomicReference<>();
    private volatile @Nullable ServiceSnapshot latest;

    // What follows is only touched in the channel's context.
    private @Nullable Listener2 listener;
    private SharedRollcalls.@Nullable Use use;
    private @Nullable Subscription subscription;
    private SynchronizationContext.@Nullable ScheduledHandle patience;
    private boolean seen;
    private boolean shutdown;

    RollcallNameResolver(String service, Supplier<SharedRollcalls.Use> rollcalls, ServiceConfig config, Args args) {
        this.service = service;
        this.rollcalls = rollcalls;
        this.config = config;
        this.args = args;
        this.channel = args.getSynchronizationContext();
    }

    /** The service's name, which TLS and the {@code :authority} header show unless the channel overrides it. */
    @Override
    public String getServiceAuthority() {
        return URLEncoder.encode(service, StandardCharsets.UTF_8);
    }

    @Override
    public void start(Listener2 told) {
        listener = told;
        open();
    }

    private void open() {
        try {
            SharedRollcalls.Use opened = rollcalls.get();
            use = opened;
            subscription = opened.rollcall().watch(service, (snapshot, changes) -> {
                latest = snapshot;
                publish();
            });
            long wait = opened.rollcall().configuration().waitForFirstList().toNanos();
            patience = channel.schedule(
                    this::tellWhetherCold, wait, TimeUnit.NANOSECONDS, args.getScheduledExecutorService());
        } catch (RuntimeException failed) {
            end();
            error(Status.UNAVAILABLE
                    .withDescription("rollcall: " + Text.plain(String.valueOf(failed.getMessage())))
                    .withCause(failed));
        }
    }

    @Override
    public void refresh() {
        if (shutdown) {
            return;
        }
        if (subscription == null) {
            open();
        } else if (latest == null) {
            tellWhetherCold();
        } else {
            args.getOffloadExecutor().execute(this::lookUpAgain);
        }
    }

    private void lookUpAgain() {
        synchronized (order) {
            if (!endpoints.named()) {
                return;
            }
        }
        publish();
    }

    /** On the subscription's thread, which may block. */
    private void publish() {
        synchronized (order) {
            ServiceSnapshot snapshot = latest;
            if (snapshot == null || snapshot.freshness() == Freshness.COLD) {
                return;
            }
            Resolved now = new Resolved(
                    snapshot, endpoints.of(snapshot), config.with(ServiceConfig.inRegistry(snapshot.instances())));
            if (undelivered.getAndSet(now) == null) {
                channel.executeLater(this::deliver);
            }
        }
        channel.drain();
    }

    private void deliver() {
        Resolved now = undelivered.getAndSet(null);
        Listener2 told = listener;
        if (shutdown || told == null || now == null) {
            return;
        }
        if (patience != null) {
            patience.cancel();
            patience = null;
        }
        if (now.found.best().isEmpty()) {
            error(nobody(now.snapshot));
        } else {
            seen = true;
            told.onResult2(ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromValue(now.found.best()))
                    .setAttributes(Attributes.newBuilder()
                            .set(RESERVE, now.found.reserve())
                            .build())
                    .setServiceConfig(now.config)
                    .build());
        }
    }

    private void tellWhetherCold() {
        Subscription watched = subscription;
        if (latest == null && watched != null && !shutdown) {
            error(none(
                    Reason.COLD, "nothing is known of " + Text.quote(service) + " yet: the registry has not answered"));
        }
    }

    private Status nobody(ServiceSnapshot snapshot) {
        String name = Text.quote(service);
        if (snapshot.size() > 0) {
            return none(
                    Reason.FILTERED,
                    "none of the " + snapshot.size() + " instances of " + name
                            + " speaks gRPC (expected: metadata protocol=grpc, or none, or gRPC_port)");
        }
        return none(
                Reason.EMPTY,
                seen ? "no instance of " + name + " is left" : name + " was never seen: no instance is registered");
    }

    private Status none(Reason reason, String message) {
        RollcallException problem =
                subscription == null ? null : subscription.problem().orElse(null);
        String text = problem == null ? message : message + ": " + problem.getMessage();
        NoInstanceException cause = new NoInstanceException(service, reason, text, null);
        // grpc-java prints a cause's trace, into its log and into the message of each call that waited in vain.
        cause.setStackTrace(new StackTraceElement[0]);
        return Status.UNAVAILABLE.withDescription(text).withCause(cause);
    }

    private void error(Status status) {
        if (listener != null && !shutdown) {
            listener.onError(status);
        }
    }

    @Override
    public void shutdown() {
        shutdown = true;
        end();
    }

    private void end() {
        if (patience != null) {
            patience.cancel();
            patience = null;
        }
        if (subscription != null && use != null) {
            Linger.JVM.keep(use.rollcall(), service);
        }
        if (subscription != null) {
            subscription.close();
            subscription = null;
        }
        if (use != null) {
            use.close();
            use = null;
        }
    }
}
