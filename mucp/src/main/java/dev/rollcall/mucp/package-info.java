/**
 * go-micro's own protocol over HTTP/1.1, {@code mucp}: a {@link io.grpc.Channel} to one address and a server for grpc-java's
 * service definitions, so that generated code works over it unchanged.
 */
@NullMarked
package dev.rollcall.mucp;

import org.jspecify.annotations.NullMarked;
