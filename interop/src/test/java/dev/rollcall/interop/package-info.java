/** Real Go programs and ours on one etcd. */
@NullMarked
package dev.rollcall.interop;

import org.jspecify.annotations.NullMarked;
