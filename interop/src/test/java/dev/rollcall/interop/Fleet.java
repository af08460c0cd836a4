package dev.rollcall.interop;

import dev.rollcall.Rollcall;
import dev.rollcall.rpc.ServiceHost;
import dev.rollcall.testing.EtcdProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** One etcd with programs of both kinds; all that was started here ends with it. */
final class Fleet implements AutoCloseable {
    private static final AtomicInteger NAMES = new AtomicInteger();

    private final EtcdProcess etcd = EtcdProcess.launch();
    private final Rollcall rollcall =
            Rollcall.builder().registry("etcd://" + registry() + "?ttl=5s").connect();
    private final List<AutoCloseable> started = new ArrayList<>();

    /** A name that no other test uses. */
    static String service() {
        return "hello.srv.say" + NAMES.incrementAndGet();
    }

    Rollcall rollcall() {
        return rollcall;
    }

    /** The address of its etcd. */
    String registry() {
        return "127.0.0.1:" + etcd.port();
    }

    Program go(Peer peer, String verb, String service, String... flags) {
        String[] all = Arrays.copyOf(new String[] {"--name", service}, flags.length + 2);
        System.arraycopy(flags, 0, all, 2, flags.length);
        return keep(Program.go(peer, registry(), verb, all));
    }

    /** A Go instance, registered and listening. */
    Program serve(Peer peer, String service, String... flags) {
        Program program = go(peer, "serve", service, flags);
        program.await("serving");
        return program;
    }

    /** A Java instance in this process, registered and listening. */
    ServiceHost host(Peer peer, String service, JavaGreeter greeter) {
        ServiceHost host =
                keep(JavaProgram.host(rollcall, peer.protocol, service, service + "-java", greeter, Duration.ZERO));
        host.registrations().get(0).await(Program.PATIENCE);
        return host;
    }

    /** A Java instance in a process of its own. */
    Program java(Peer peer, String service, String id) {
        Program program = keep(Program.java(JavaProgram.class, registry(), peer.protocol, service, service + "-" + id));
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
