/** Rollcall's metrics for Micrometer. */
@NullMarked
package dev.rollcall.micrometer;

import org.jspecify.annotations.NullMarked;
