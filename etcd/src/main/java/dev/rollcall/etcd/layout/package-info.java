/**
 * How instances are written as etcd keys and values.
 *
 * <p>A {@link dev.rollcall.etcd.layout.Layout} is pure: it neither reads nor writes etcd. {@link
 * dev.rollcall.etcd.layout.Layouts} opens one by its name; a {@link dev.rollcall.etcd.layout.LayoutProvider} adds more.
 */
@NullMarked
package dev.rollcall.etcd.layout;

import org.jspecify.annotations.NullMarked;
