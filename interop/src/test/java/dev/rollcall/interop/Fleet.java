package dev.rollcall.interop;

import dev.rollcall.Rollcall;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.Etcdctl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** One etcd with programs of both kinds; all that was started here ends with it. */
final class Fleet implements AutoCloseable {
    private static final String TTL = "ttl=5s";
    private static final AtomicInteger NAMES = new AtomicInteger();

    private final EtcdProcess etcd = EtcdProcess.launch();
    private final Rollcall rollcall = Rollcall.connect(url(TTL));
    private final List<AutoCloseable> started = new ArrayList<>();
    private final Map<String, String> environment;

    Fleet() {
        this(Map.of());
    }

    /** With these variables for all programs. */
    Fleet(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** A name that no other test uses. */
    static String service() {
        return "hello.srv.say" + NAMES.incrementAndGet();
    }

    Rollcall rollcall() {
        return rollcall;
    }

    /** One more, with these options of the URL; it ends with the test. */
    Rollcall connect(String options) {
        return keep(Rollcall.connect(url(options)));
    }

    /** Its URL with these options. */
    String url(String options) {
        return "etcd://" + registry() + "?" + options;
    }

    Etcdctl ctl() {
        return etcd.ctl();
    }

    /** The address of its etcd. */
    String registry() {
        return "127.0.0.1:" + etcd.port();
    }

    Program go(Peer peer, String verb, String service, String... flags) {
        return go(peer, verb, List.of("--protocol", peer.protocol, "--name", service), flags);
    }

    Program go(OtherFleet other, String verb, String service, String... flags) {
        return go(other, verb, List.of("--layout", other.layout, "--name", service), flags);
    }

    Program go(Column column, String verb, List<String> first, String... more) {
        List<String> command =
                new ArrayList<>(List.of(column.path().toString(), verb, "--registry-address", registry()));
        command.addAll(first);
        command.addAll(List.of(more));
        return keep(Program.start(command, environment));
    }

    /** A Java program, which finds the etcd in its environment. */
    Program java(Class<?> main, String... arguments) {
        return keep(Program.start(Program.java(main, arguments), forJava()));
    }

    /** What a Java program that ends by itself prints. */
    String output(Class<?> main, String... arguments) {
        return Program.output(Program.java(main, arguments), forJava());
    }

    private Map<String, String> forJava() {
        Map<String, String> all = new HashMap<>(environment);
        all.put("MICRO_REGISTRY", "etcd");
        all.put("MICRO_REGISTRY_ADDRESS", registry());
        return all;
    }

    /** A Go instance, registered and listening. */
    Program serve(Peer peer, String service, String... flags) {
        Program program = go(peer, "serve", service, flags);
        program.await("serving");
        return program;
    }

    /** As the other. */
    Program serve(OtherFleet other, String service, String... flags) {
        Program program = go(other, "serve", service, flags);
        program.await("serving");
        return program;
    }

    /** A Go program that serves other things than instances. */
    Program serve(NameServer server) {
        return go(server, "serve", List.of());
    }

    /** A Java instance in this process, registered and listening. */
    ServiceHost host(Peer peer, String service, JavaGreeter greeter) {
        ServiceHost host =
                keep(JavaProgram.host(rollcall, peer.protocol, service, service + "-java", greeter, Duration.ZERO));
        host.registrations().get(0).await(Program.PATIENCE);
        return host;
    }

    /** One that speaks gRPC and registers through this registry. */
    ServiceHost host(Rollcall through, String service, String id) {
        ServiceHost host = keep(JavaProgram.host(through, "grpc", service, id, new JavaGreeter(id), Duration.ZERO));
        host.registrations().get(0).await(Program.PATIENCE);
        return host;
    }

    /** A Java instance in a process of its own. */
    Program java(Peer peer, String service, String id) {
        return java(TTL, peer.protocol, service, service + "-" + id);
    }

    /** One that speaks gRPC and registers with these options of the URL. */
    Program java(String service, String id, String options) {
        return java(options, "grpc", service, id);
    }

    private Program java(String options, String protocol, String service, String id) {
        Program program = java(JavaProgram.class, url(options), protocol, service, id);
        program.await("serving");
        return program;
    }

    <T extends AutoCloseable> T keep(T closeable) {
        started.add(closeable);
        return closeable;
    }

    /** Ends what one test started, the last first. */
    void clear() {
        while (!started.isEmpty()) {
            try {
                started.remove(started.size() - 1).close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() {
        clear();
        rollcall.close();
        etcd.close();
    }
}
