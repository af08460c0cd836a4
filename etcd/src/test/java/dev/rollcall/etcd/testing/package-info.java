/** An etcd that tests tell what to do wrong. */
@NullMarked
package dev.rollcall.etcd.testing;

import org.jspecify.annotations.NullMarked;
