package dev.rollcall.interop;

import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.layout.Layout.Part;
import dev.rollcall.etcd.layout.Layouts;
import java.time.Duration;
import java.util.List;

/** A column of the section about other fleets: one release of a framework, read and written in one layout. */
enum OtherFleet implements Column {
    GO_KIT("Go kit v0.13.0", "go-kit-v0.13.0", "go-kit", Calls.GRPC, Junk.SHOWN, 5),
    GO_KIT_CRC32("Go kit v0.13.0, CRC-32 keys", "go-kit-v0.13.0", "go-kit-crc32", Calls.GRPC, Junk.SHOWN, 5),
    ETCD_NAMING_3_5("etcd naming v3.5.21", "etcd-naming-v3.5.21", "etcd-naming", Calls.GRPC, Junk.PASSED_OVER, 5),
    ETCD_NAMING_3_6("etcd naming v3.6.5", "etcd-naming-v3.6.5", "etcd-naming", Calls.DIES, Junk.PASSED_OVER, 5),
    ETCD_NAMING_3_6_BARE(
            "etcd naming v3.6.5, `etcd-naming-bare`",
            "etcd-naming-v3.6.5",
            "etcd-naming-bare",
            Calls.GRPC,
            Junk.PASSED_OVER,
            5),
    KITEX("Kitex registry-etcd v0.3.0", "kitex-etcd-v0.3.0", "kitex", Calls.NOT, Junk.PASSED_OVER, 5),
    RPCX("rpcx-etcd v0.2.0", "rpcx-etcd-v0.2.0", "rpcx", Calls.NOT, Junk.SHOWN, 5);

    /** Whether the programs call each other here. */
    enum Calls {
        GRPC,
        /** gRPC, but its callers cannot bear metadata. */
        DIES,
        /** A protocol that we do not speak. */
        NOT
    }

    /** What the framework makes of a value below its prefix that holds no instance. */
    enum Junk {
        PASSED_OVER("Go passes it over"),
        SHOWN("Go takes it for an address"),
        FATAL("Go sees none of the service's instances while it is there");

        final String said;

        Junk(String said) {
            this.said = said;
        }
    }

    private final String title;
    private final String program;
    /** The option of ours that reads and writes as the framework does. */
    final String layout;

    final Calls calls;
    final Junk junk;
    /** The shortest TTL that its registrations may have here, as the flag {@code --ttl} asks for it. */
    final Duration ttl;

    OtherFleet(String title, String program, String layout, Calls calls, Junk junk, int ttlSeconds) {
        this.title = title;
        this.program = program;
        this.layout = layout;
        this.calls = calls;
        this.junk = junk;
        this.ttl = Duration.ofSeconds(ttlSeconds);
    }

    /** For tests: all that there is a program for. */
    static List<OtherFleet> here() {
        return Column.here(values());
    }

    /** For tests of calls. */
    static List<OtherFleet> calling() {
        return here().stream().filter(fleet -> fleet.calls != Calls.NOT).toList();
    }

    /** Whether the framework keeps this part of an instance and shows it to its users. */
    boolean shows(Part part) {
        return keys().carries().contains(part);
    }

    Layout keys() {
        return Layouts.of(layout, null);
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
