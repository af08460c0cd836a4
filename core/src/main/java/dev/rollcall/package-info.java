/**
 * Register services, find them, and call them by name.
 *
 * <p>The nouns: an {@link dev.rollcall.Instance} is one running copy of a service; a {@link dev.rollcall.Registrar}
 * registers it and hands out a {@link dev.rollcall.Registration}; {@link dev.rollcall.Discovery} reads; a {@link
 * dev.rollcall.ServiceSnapshot} is what it read at one revision. {@link dev.rollcall.Rollcall} puts them together.
 */
@NullMarked
package dev.rollcall;

import org.jspecify.annotations.NullMarked;
