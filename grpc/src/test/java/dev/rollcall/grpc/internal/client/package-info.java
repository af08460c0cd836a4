@NullMarked
package dev.rollcall.grpc.internal.client;

import org.jspecify.annotations.NullMarked;
