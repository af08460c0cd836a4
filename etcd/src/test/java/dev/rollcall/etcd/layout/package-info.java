@NullMarked
package dev.rollcall.etcd.layout;

import org.jspecify.annotations.NullMarked;
