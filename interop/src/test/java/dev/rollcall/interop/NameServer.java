package dev.rollcall.interop;

import java.util.List;

/** A column of the section about DNS: one release of a name server that reads etcd. */
enum NameServer implements Column {
    COREDNS("CoreDNS v1.14.7", "coredns-v1.14.7");

    private final String title;
    private final String program;

    NameServer(String title, String program) {
        this.title = title;
        this.program = program;
    }

    /** For tests: all that there is a program for. */
    static List<NameServer> here() {
        return Column.here(values());
    }

    @Override
    public String program() {
        return program;
    }

    @Override
    public String toString() {
        return title;
    }
}
