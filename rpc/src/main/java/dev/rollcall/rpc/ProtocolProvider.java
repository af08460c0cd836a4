package dev.rollcall.rpc;

import dev.rollcall.Address;

/** One RPC protocol; found through {@link java.util.ServiceLoader}. */
public interface ProtocolProvider {
    /** What an instance's metadata entry {@code protocol} says when it speaks this one: {@code grpc}, {@code mucp}. */
    String name();

    /** A channel to one address, in clear text; does not connect yet. */
    PeerChannel connect(Address address);
}
