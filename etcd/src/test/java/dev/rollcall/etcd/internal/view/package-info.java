/** Tests of what is made of what is read. */
@NullMarked
package dev.rollcall.etcd.internal.view;

import org.jspecify.annotations.NullMarked;
