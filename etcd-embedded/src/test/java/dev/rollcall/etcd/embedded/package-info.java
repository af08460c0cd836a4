/** How the embedded etcd is compared with a real one, used by real clients, cut and crashed. */
package dev.rollcall.etcd.embedded;
