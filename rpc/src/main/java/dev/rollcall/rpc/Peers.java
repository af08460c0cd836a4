package dev.rollcall.rpc;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.Text;
import io.grpc.Status;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The channels to the instances of one service, each made when it is first needed and kept for an instance that returns. One
 * that no instance has had for two sweeps is closed. Safe for use by many threads.
 */
final class Peers implements AutoCloseable {
    /** An instance without the metadata entry {@code protocol} speaks this. */
    private static final String DEFAULT_PROTOCOL = "grpc";

    private record Peer(String protocol, Address address) {}

    private final Map<String, ProtocolProvider> protocols = new TreeMap<>();
    private final Map<Peer, PeerChannel> channels = new ConcurrentHashMap<>();
    private Set<Peer> absent = Set.of();
    private volatile boolean closed;

    Peers(ClassLoader loader) {
        for (ProtocolProvider provider : ServiceLoader.load(ProtocolProvider.class, loader)) {
            protocols.put(provider.name(), provider);
        }
    }

    /**
     * The channel to an instance.
     *
     * @throws io.grpc.StatusRuntimeException UNIMPLEMENTED when no module speaks the instance's protocol; UNAVAILABLE once this is
     *     closed
     */
    PeerChannel to(Instance instance) {
        Peer peer = peer(instance);
        PeerChannel channel = channels.computeIfAbsent(
                peer, made -> provider(instance, made.protocol).connect(made.address));
        if (closed) {
            close(peer);
            throw Status.UNAVAILABLE.withDescription("the channel was closed").asRuntimeException();
        }
        return channel;
    }

    private ProtocolProvider provider(Instance instance, String protocol) {
        ProtocolProvider found = protocols.get(protocol);
        if (found == null) {
            throw Status.UNIMPLEMENTED
                    .withDescription("protocol of " + Text.quote(instance.id()) + ": " + Text.quote(protocol)
                            + " (expected: one of " + protocols.keySet() + ", by the modules in the class path)")
                    .asRuntimeException();
        }
        return found;
    }

    private static Peer peer(Instance instance) {
        String protocol = instance.metadata().getOrDefault("protocol", DEFAULT_PROTOCOL);
        return new Peer(protocol, instance.address());
    }

    /** To be called now and then, by one thread. */
    synchronized void sweep(ServiceSnapshot snapshot) {
        if (closed) {
            return;
        }
        Set<Peer> present = snapshot.instances().stream().map(Peers::peer).collect(Collectors.toSet());
        Set<Peer> gone = channels.keySet().stream()
                .filter(peer -> !present.contains(peer))
                .collect(Collectors.toSet());
        for (Peer peer : gone) {
            if (absent.contains(peer)) {
                close(peer);
            }
        }
        absent = gone;
    }

    private void close(Peer peer) {
        PeerChannel channel = channels.remove(peer);
        if (channel != null) {
            channel.close();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        channels.keySet().forEach(this::close);
    }
}
