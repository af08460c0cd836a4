/** The extension used as its users do. */
package dev.rollcall.junit;
