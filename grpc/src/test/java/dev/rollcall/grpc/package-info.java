@NullMarked
package dev.rollcall.grpc;

import org.jspecify.annotations.NullMarked;
