/** How etcd is reached: endpoints, TLS, users and rights, each on real etcds. */
@NullMarked
package dev.rollcall.etcd.connecting;

import org.jspecify.annotations.NullMarked;
