/**
 * What calls by name share whatever the protocol. grpc-java's API is the common form: a server is a set of {@link
 * io.grpc.BindableService}s, a client an {@link io.grpc.Channel}, so one service and one generated stub work over each protocol.
 */
@NullMarked
package dev.rollcall.rpc;

import org.jspecify.annotations.NullMarked;
