/** What happens to real processes on a real etcd when either is killed, stopped, wiped or cut off. */
@NullMarked
package dev.rollcall.etcd.outage;

import org.jspecify.annotations.NullMarked;
