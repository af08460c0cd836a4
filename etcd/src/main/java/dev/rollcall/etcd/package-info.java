/** The etcd registry: client, session, watch and layouts. */
@NullMarked
package dev.rollcall.etcd;

import org.jspecify.annotations.NullMarked;
