/** What a registry is built from and found by; for authors of registries, not for their users. */
@NullMarked
package dev.rollcall.spi;

import org.jspecify.annotations.NullMarked;
