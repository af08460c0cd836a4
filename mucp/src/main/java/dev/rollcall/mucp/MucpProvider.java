package dev.rollcall.mucp;

import dev.rollcall.Address;
import dev.rollcall.rpc.PeerChannel;
import dev.rollcall.rpc.ProtocolProvider;

/** Calls over go-micro's own HTTP protocol; found through {@link java.util.ServiceLoader}. */
public final class MucpProvider implements ProtocolProvider {
    @Override
    public String name() {
        return "mucp";
    }

    @Override
    public PeerChannel connect(Address address) {
        return new MucpChannel(address, MucpLimits.MESSAGE_BYTES);
    }
}
