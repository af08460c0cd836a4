package dev.rollcall.rpc;

import dev.rollcall.Address;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.inprocess.InProcessChannelBuilder;

/** A protocol for tests: the server of an address is the in-process one that has the address as its name. */
public final class InProcessProtocol implements ProtocolProvider {
    @Override
    public String name() {
        return "grpc";
    }

    @Override
    public PeerChannel connect(Address address) {
        ManagedChannel channel =
                InProcessChannelBuilder.forName(address.toString()).build();
        return new PeerChannel() {
            @Override
            public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
                Runnable sent = options.getOption(SENT);
                return channel.newCall(method, options.withStreamTracerFactory(new ClientStreamTracer.Factory() {
                    @Override
                    public ClientStreamTracer newClientStreamTracer(
                            ClientStreamTracer.StreamInfo info, Metadata headers) {
                        return new ClientStreamTracer() {
                            @Override
                            public void outboundHeaders() {
                                sent.run();
                            }
                        };
                    }
                }));
            }

            @Override
            public String authority() {
                return channel.authority();
            }

            @Override
            public void close() {
                channel.shutdown();
            }
        };
    }
}
