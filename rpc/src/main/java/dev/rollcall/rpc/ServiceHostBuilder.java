package dev.rollcall.rpc;

import dev.rollcall.Address;
import dev.rollcall.Configuration.Setting;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.Text;
import io.grpc.BindableService;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What can be set of a {@link ServiceHost}, the same for each protocol. Not safe for use by many threads.
 *
 * @param <B> the protocol's own builder
 */
public abstract class ServiceHostBuilder<B extends ServiceHostBuilder<B>> {
    private final Rollcall rollcall;
    private final Set<String> names = new LinkedHashSet<>();
    private final List<ServerServiceDefinition> services = new ArrayList<>();
    private final List<ServerInterceptor> interceptors = new ArrayList<>();
    private final Map<String, String> metadata = new HashMap<>();
    private String host = "0.0.0.0";
    private int port;
    private @Nullable String advertisedHost;
    private int advertisedPort;
    private String version = "latest";
    private @Nullable String id;
    private Duration linger = Duration.ofSeconds(3);
    private Duration finishWithin = Duration.ofSeconds(10);
    private boolean shutdownHook;

    protected ServiceHostBuilder(Rollcall rollcall, String service) {
        this.rollcall = Objects.requireNonNull(rollcall, "rollcall");
        names.add(service);
    }

    /** This builder. */
    protected abstract B self();

    /** What go-micro's servers of this protocol say of themselves: {@code protocol}, {@code server}, {@code transport}. */
    protected abstract Map<String, String> protocolMetadata();

    /** Starts the server; all interceptors are applied to the services already. */
    protected abstract ServiceHost.Listening listen(InetSocketAddress address, List<ServerServiceDefinition> services)
            throws IOException;

    /** A further service name that the same server is registered by; it answers to each name with all it has. */
    public B alsoAs(String service) {
        names.add(service);
        return self();
    }

    /** An implementation to serve; one of several services of different short names. */
    public B addService(BindableService service) {
        return addService(service.bindService());
    }

    /** As {@link #addService(BindableService)}. */
    public B addService(ServerServiceDefinition service) {
        services.add(service);
        return self();
    }

    /** Added around all services, the one added first outermost. */
    public B intercept(ServerInterceptor interceptor) {
        interceptors.add(interceptor);
        return self();
    }

    /** Where to listen; without it on all addresses of this machine, as go-micro does. Port 0 takes a free one. */
    public B address(String host, int port) {
        this.host = host;
        this.port = port;
        return self();
    }

    /** On all addresses of this machine. Port 0, which is the default, takes a free one. */
    public B port(int port) {
        return address("0.0.0.0", port);
    }

    /**
     * The address to register when others reach it by another than it listens on; port 0 stands for the port it listens on.
     * Without it the address listened on, or, when that is all addresses, this machine's first private one.
     */
    public B advertise(String host, int port) {
        advertisedHost = host;
        advertisedPort = port;
        return self();
    }

    /** {@code latest} without it. */
    public B version(String version) {
        this.version = version;
        return self();
    }

    /** The id of the instance; without it the service's name and a new UUID. */
    public B id(String id) {
        this.id = id;
        return self();
    }

    /** Adds an entry to the metadata of the instance. */
    public B metadata(String key, String value) {
        metadata.put(key, value);
        return self();
    }

    /** For how long to go on serving after the leave; 3 seconds without it. */
    public B linger(Duration linger) {
        this.linger = notNegative("linger", linger);
        return self();
    }

    /** How long calls that are under way may take to finish at the end; 10 seconds without it. */
    public B finishWithin(Duration finishWithin) {
        this.finishWithin = notNegative("finishWithin", finishWithin);
        return self();
    }

    /** Closes the host when the JVM is told to end. */
    public B closeOnShutdown() {
        shutdownHook = true;
        return self();
    }

    /**
     * Listens, then registers; returns when it listens. A registry that is away does not hinder it: it is registered when the
     * registry is back.
     *
     * @throws UncheckedIOException when it cannot listen, the port being taken for instance; then nothing was registered
     */
    public ServiceHost start() {
        if (services.isEmpty()) {
            throw new IllegalStateException("services: none (expected: at least one, by addService)");
        }
        List<Endpoint> endpoints = Endpoints.of(services);
        List<ServerServiceDefinition> intercepted = services.stream()
                .map(service -> ServerInterceptors.interceptForward(service, interceptors))
                .toList();
        ServiceHost.Listening server;
        try {
            server = listen(new InetSocketAddress(host, port), intercepted);
        } catch (IOException taken) {
            throw new UncheckedIOException(
                    "listen on " + Text.plain(host) + ":" + port + ": "
                            + Text.plain(String.valueOf(
                                    taken.getCause() == null
                                            ? taken.getMessage()
                                            : taken.getCause().getMessage())),
                    taken);
        }
        ServiceHost started = register(server, endpoints);
        if (shutdownHook) {
            started.closeOnShutdown();
        }
        return started;
    }

    private ServiceHost register(ServiceHost.Listening server, List<Endpoint> endpoints) {
        try {
            List<Instance> instances = names.stream()
                    .map(name -> instance(name, server.port(), endpoints))
                    .toList();
            Address address = new Address(host, server.port());
            return ServiceHost.register(rollcall, server, address, instances, linger, finishWithin);
        } catch (RuntimeException refused) {
            server.finish(Duration.ZERO);
            throw refused;
        }
    }

    /** The first of its names, which errors are signed with. */
    protected String service() {
        return names.iterator().next();
    }

    /** All service names it is registered by. */
    protected List<String> names() {
        return List.copyOf(names);
    }

    private Instance instance(String name, int listening, List<Endpoint> endpoints) {
        Address address = advertisedHost == null
                ? new Address(host, listening)
                : new Address(advertisedHost, advertisedPort == 0 ? listening : advertisedPort);
        Map<String, String> all = new HashMap<>(metadata);
        all.put("broker", "http");
        all.put("registry", registry());
        all.putAll(protocolMetadata());
        Instance instance = Instance.of(name, address)
                .withVersion(version)
                .withMetadata(all)
                .withEndpoints(endpoints);
        return id == null ? instance : instance.withId(id);
    }

    private String registry() {
        return rollcall.configuration().settings().stream()
                .filter(setting -> setting.name().equals("registry"))
                .map(Setting::value)
                .findFirst()
                .orElse("etcd");
    }

    private static Duration notNegative(String name, Duration given) {
        if (given.isNegative()) {
            throw new IllegalArgumentException(name + ": " + given + " (expected: 0s or more)");
        }
        return given;
    }
}
