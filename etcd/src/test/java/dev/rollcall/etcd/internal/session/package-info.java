/** Tests of what keeps instances registered, with an etcd that can be told to lie and a time that stands still. */
@NullMarked
package dev.rollcall.etcd.internal.session;

import org.jspecify.annotations.NullMarked;
