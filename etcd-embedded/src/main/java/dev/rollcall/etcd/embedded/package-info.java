/**
 * etcd's v3 gRPC API in one JVM process, for development and tests only: {@link dev.rollcall.etcd.embedded.EmbeddedEtcd} starts it.
 */
@NullMarked
package dev.rollcall.etcd.embedded;

import org.jspecify.annotations.NullMarked;
