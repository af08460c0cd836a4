/** The calling side: name resolvers for {@code rollcall:} and {@code discovery:}, and the load-balancing policy {@code rollcall}. */
@NullMarked
package dev.rollcall.grpc.internal.client;

import org.jspecify.annotations.NullMarked;
