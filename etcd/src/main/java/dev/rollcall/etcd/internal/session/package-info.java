/** What keeps our instances registered: leases and the keepers of our own keys. Everything here runs in the engine's context. */
@NullMarked
package dev.rollcall.etcd.internal.session;

import org.jspecify.annotations.NullMarked;
