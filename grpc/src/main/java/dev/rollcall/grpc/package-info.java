/** Calls by name over gRPC: a name resolver and a load-balancing policy for channels, and the life of a server that is found. */
@NullMarked
package dev.rollcall.grpc;

import org.jspecify.annotations.NullMarked;
