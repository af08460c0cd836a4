package dev.rollcall.grpc;

import dev.rollcall.Address;
import dev.rollcall.rpc.PeerChannel;
import dev.rollcall.rpc.ProtocolProvider;

/**
 * Calls instances that speak gRPC, go-micro's included: with {@code ContentType.PROTO} all kinds of methods, with {@code JSON}
 * and {@code BYTES} those that take one message. Found by {@link java.util.ServiceLoader}.
 */
public final class GrpcProtocol implements ProtocolProvider {
    @Override
    public String name() {
        return "grpc";
    }

    @Override
    public PeerChannel connect(Address address) {
        return new GrpcPeer(address);
    }
}
