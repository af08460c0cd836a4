/** Questions about speed; each is answered as a ratio, measured in one run on one machine. */
@NullMarked
package dev.rollcall.bench;

import org.jspecify.annotations.NullMarked;
