/** How we talk to etcd: one active connection, its calls and streams. Everything here runs in the engine's context. */
@NullMarked
package dev.rollcall.etcd.internal.client;

import org.jspecify.annotations.NullMarked;
