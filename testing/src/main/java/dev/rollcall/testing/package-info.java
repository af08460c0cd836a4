/** Real etcd processes and the faults to hurt them with, for our own tests and benchmarks. */
@NullMarked
package dev.rollcall.testing;

import org.jspecify.annotations.NullMarked;
