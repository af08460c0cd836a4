/** What a view shows, whatever happens between it and etcd. */
@NullMarked
package dev.rollcall.etcd.view;

import org.jspecify.annotations.NullMarked;
