/**
 * An etcd for each test and what can happen to it: {@link dev.rollcall.junit.WithEtcd} on a JUnit test class, or
 * {@link dev.rollcall.junit.TestEtcd} in plain Java.
 */
@NullMarked
package dev.rollcall.junit;

import org.jspecify.annotations.NullMarked;
