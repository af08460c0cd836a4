package dev.rollcall.interop;

import java.util.List;

/** A column of the sections about go-micro: one release speaking one of its protocols. */
enum Peer implements Column {
    V2_GRPC("v2.9.1", "grpc", ""),
    V2_MUCP("v2.9.1", "mucp", ""),
    V4_MUCP("v4.11.0", "mucp", ""),
    V4_GRPC("v4.11.0", "grpc", ""),
    V5_MUCP("v5.30.0", "mucp", ""),
    V5_GRPC("v5.30.0", "grpc", ""),
    V6(
            "v6.10.0",
            "",
            "not tested: the Go module proxy refuses its modules, `403 This module version is not available`");

    final String version;
    final String protocol;
    private final String absent;

    Peer(String version, String protocol, String absent) {
        this.version = version;
        this.protocol = protocol;
        this.absent = absent;
    }

    /** For tests: all that there is a program for. */
    static List<Peer> here() {
        return Column.here(values());
    }

    boolean mucp() {
        return protocol.equals("mucp");
    }

    @Override
    public String program() {
        return "go-micro-" + version;
    }

    @Override
    public String absent() {
        return absent;
    }

    @Override
    public String toString() {
        return (version + " " + (protocol.equals("grpc") ? "gRPC" : protocol)).strip();
    }
}
