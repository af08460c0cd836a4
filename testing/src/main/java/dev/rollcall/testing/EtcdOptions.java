package dev.rollcall.testing;

import dev.rollcall.testing.TestCertificates.Identity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The command line flags an {@link EtcdProcess} is started with. Immutable.
 *
 * <p>The defaults favour fast tests: a heartbeat of 10 ms and an election timeout of 100 ms, which start a single etcd in a
 * tenth of a second (its own defaults need one second for each restart) and make the smallest lease 1 s instead of 2 s, and the
 * cheapest password hash.
 *
 * @param flags etcd's flags without the leading dashes
 * @param noFsync true to skip fsync where etcd can (3.5 and newer); older ones ignore it
 * @param program the command that starts etcd, without flags
 */
public record EtcdOptions(Map<String, String> flags, boolean noFsync, List<String> program) {
    /** Copies the flags. */
    public EtcdOptions {
        flags = Map.copyOf(flags);
        program = List.copyOf(program);
    }

    /** What nearly every test wants. */
    public static EtcdOptions defaults() {
        return new EtcdOptions(
                Map.of("heartbeat-interval", "10", "election-timeout", "100", "bcrypt-cost", "4"),
                false,
                Binaries.etcdCommand());
    }

    /** Any flag of etcd's, without the leading dashes; an empty value for one that takes none. */
    public EtcdOptions with(String flag, String value) {
        Map<String, String> changed = new TreeMap<>(flags);
        changed.put(flag, value);
        return new EtcdOptions(changed, noFsync, program);
    }

    /** How often the leader shows itself and how long a follower waits for it; the smallest lease is 1.5 elections, in whole seconds. */
    public EtcdOptions withElection(Duration heartbeat, Duration election) {
        return with("heartbeat-interval", String.valueOf(heartbeat.toMillis()))
                .with("election-timeout", String.valueOf(election.toMillis()));
    }

    /** The size at which etcd raises the NOSPACE alarm and refuses writes. */
    public EtcdOptions withQuota(long bytes) {
        return with("quota-backend-bytes", String.valueOf(bytes));
    }

    /** Simple tokens that end after this time without use (whole seconds). */
    public EtcdOptions withSimpleTokens(Duration ttl) {
        return with("auth-token", "simple").with("auth-token-ttl", String.valueOf(ttl.toSeconds()));
    }

    /** Signed tokens (JWT, RS256) that end after this time whatever happens; see {@link TestCertificates#tokenKeys}. */
    public EtcdOptions withJwtTokens(Identity keys, Duration ttl) {
        return with(
                "auth-token",
                "jwt,pub-key=" + keys.certificate() + ",priv-key=" + keys.key() + ",sign-method=RS256,ttl="
                        + ttl.toSeconds() + "s");
    }

    /** Clients must speak TLS and see this certificate. */
    public EtcdOptions withServerCertificate(Identity server) {
        return with("cert-file", server.certificate().toString())
                .with("key-file", server.key().toString());
    }

    /** Clients must show a certificate signed by this authority; its common name is the etcd user. */
    public EtcdOptions withClientAuthority(Path authority) {
        return with("trusted-ca-file", authority.toString()).with("client-cert-auth", "true");
    }

    /** How many raft entries lie between two snapshots on disk. */
    public EtcdOptions withSnapshotCount(int entries) {
        return with("snapshot-count", String.valueOf(entries));
    }

    /** {@code debug}, {@code info}, {@code warn} or {@code error}. */
    public EtcdOptions withLogLevel(String level) {
        return with("log-level", level);
    }

    /** Skips fsync where etcd can. What a killed process wrote is kept either way; only a lost machine would tell. */
    public EtcdOptions withoutFsync() {
        return new EtcdOptions(flags, true, program);
    }

    /** Another etcd than the installed one. */
    public EtcdOptions withProgram(Path etcd) {
        return new EtcdOptions(flags, noFsync, List.of(etcd.toString()));
    }

    boolean tls() {
        return flags.containsKey("cert-file");
    }

    List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        new TreeMap<>(flags)
                .forEach((flag, value) -> arguments.add(value.isEmpty() ? "--" + flag : "--" + flag + "=" + value));
        if (noFsync && Binaries.knows(program, "unsafe-no-fsync")) {
            arguments.add("--unsafe-no-fsync");
        }
        return arguments;
    }
}
