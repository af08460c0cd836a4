@NullMarked
package dev.rollcall.etcd;

import org.jspecify.annotations.NullMarked;
