@NullMarked
package dev.rollcall.etcd.internal.client;

import org.jspecify.annotations.NullMarked;
