/** What we read: lists that stay current by a watch, and the services seen through them. Everything here runs in the engine's context. */
@NullMarked
package dev.rollcall.etcd.internal.view;

import org.jspecify.annotations.NullMarked;
