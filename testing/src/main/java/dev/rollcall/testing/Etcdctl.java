package dev.rollcall.testing;

import dev.rollcall.testing.TestCertificates.Identity;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs {@code etcdctl}: the operator in our tests, who reads, writes and breaks things behind the back of the code under test.
 *
 * <p>Immutable; any thread. Each command runs to its end within ten seconds; one that fails throws {@link EtcdctlException} with
 * what it wrote to stderr. Texts are UTF-8; the {@code byte[]} forms take any bytes.
 *
 * <pre>{@code
 * Etcdctl ctl = etcd.ctl();
 * ctl.put("/micro/registry/hello/1", "{}");
 * ctl.withUser("alice", "secret").run("get", "x");
 * }</pre>
 */
public final class Etcdctl {
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final Pattern KEY_VALUE = Pattern.compile("\\{\"key\":\"([^\"]*)\"([^}]*)}");

    private final List<String> connection;
    private final Map<String, String> environment;

    private Etcdctl(List<String> connection, Map<String, String> environment) {
        this.connection = List.copyOf(connection);
        this.environment = Map.copyOf(environment);
    }

    /** Talks to one endpoint or several, separated by commas. */
    public static Etcdctl at(String endpoints) {
        return new Etcdctl(List.of("--endpoints=" + endpoints), Map.of("ETCDCTL_API", "3"));
    }

    /** Talks TLS and trusts this authority. */
    public Etcdctl withAuthority(Path authority) {
        return with("--cacert=" + authority);
    }

    /** Shows this certificate to etcd. */
    public Etcdctl withCertificate(Identity client) {
        return with("--cert=" + client.certificate()).with("--key=" + client.key());
    }

    /** Logs in with each command. */
    public Etcdctl withUser(String name, String password) {
        return with("--user=" + name + ":" + password);
    }

    /** Writes a key without a lease. */
    public void put(String key, String value) {
        put(key, value, 0);
    }

    /** Writes a key under a lease, 0 for none. */
    public void put(String key, String value, long lease) {
        put(utf8(key), utf8(value), lease);
    }

    /** Writes a key under a lease, 0 for none. */
    public void put(byte[] key, byte[] value, long lease) {
        transaction("put " + quoted(key) + " " + quoted(value) + (lease == 0 ? "" : " --lease=" + leaseName(lease)));
    }

    /** The key as it is now. */
    public Optional<StoredKey> get(String key) {
        return range(utf8(key), "").stream().findFirst();
    }

    /** All keys that begin so, in the order of their bytes. */
    public List<StoredKey> list(String prefix) {
        return range(utf8(prefix), " --prefix");
    }

    /** The key as it is now. */
    public Optional<StoredKey> get(byte[] key) {
        return range(key, "").stream().findFirst();
    }

    /** Deletes a key, if there. */
    public void delete(String key) {
        transaction("del " + quoted(utf8(key)));
    }

    /** Deletes all keys that begin so. */
    public void deletePrefix(String prefix) {
        transaction("del " + quoted(utf8(prefix)) + " --prefix");
    }

    /** Several operations in one revision, each as {@code etcdctl txn} takes it: {@code put a 1}, {@code del b}. */
    public void transaction(String... operations) {
        run(program(operations), "txn");
    }

    /** The newest revision. */
    public long revision() {
        return number(run("get", "rollcall-revision", "--write-out=json"), "revision")
                .orElseThrow();
    }

    /** The number by which a cluster knows itself. */
    public String clusterId() {
        Matcher id = Pattern.compile("\"cluster_id\":(\\d+)").matcher(run("get", "x", "--write-out=json"));
        return id.find() ? id.group(1) : "";
    }

    /** Forgets everything before a revision. */
    public void compact(long revision) {
        run("compact", String.valueOf(revision));
    }

    /** Makes a member rewrite its database, which stops it meanwhile. */
    public void defragment() {
        run("defrag");
    }

    /** A new lease. */
    public long grantLease(Duration ttl) {
        Matcher id = Pattern.compile("lease (\\w+) granted").matcher(run("lease", "grant", ttl.toSeconds() + ""));
        if (!id.find()) {
            throw new IllegalStateException("etcdctl lease grant: no lease in its answer");
        }
        return Long.parseUnsignedLong(id.group(1), 16);
    }

    /** Ends a lease and deletes its keys. */
    public void revokeLease(long lease) {
        run("lease", "revoke", leaseName(lease));
    }

    /** Every living lease. */
    public List<Long> leases() {
        return run("lease", "list")
                .lines()
                .filter(line -> line.matches("[0-9a-f]{16}"))
                .map(line -> Long.parseUnsignedLong(line, 16))
                .toList();
    }

    /** What is left of a lease; empty when it is gone. */
    public Optional<Duration> timeToLive(long lease) {
        String answer = run("lease", "timetolive", leaseName(lease), "--write-out=json");
        return number(answer, "ttl").filter(seconds -> seconds >= 0).map(Duration::ofSeconds);
    }

    /** How many keys hang on a lease. */
    public long keysOf(long lease) {
        String answer = run("lease", "timetolive", leaseName(lease), "--keys", "--write-out=json");
        Matcher keys = Pattern.compile("\"keys\":\\[([^]]*)]").matcher(answer);
        return keys.find() ? keys.group(1).chars().filter(c -> c == '"').count() / 2 : 0;
    }

    /** Adds a user. */
    public void addUser(String name, String password) {
        run("user", "add", name + ":" + password);
    }

    /** Changes a user's password. */
    public void changePassword(String name, String password) {
        run(utf8(password + "\n"), "user", "passwd", name, "--interactive=false");
    }

    /** Gives a user a role. */
    public void grantRole(String user, String role) {
        run("user", "grant-role", user, role);
    }

    /** Takes a role from a user. */
    public void revokeRole(String user, String role) {
        run("user", "revoke-role", user, role);
    }

    /** Adds a role that may do something ({@code read}, {@code write} or {@code readwrite}) with all keys that begin so. */
    public void addRole(String role, String permission, String prefix) {
        run("role", "add", role);
        run("role", "grant-permission", role, "--prefix=true", permission, prefix);
    }

    /** Adds the user {@code root} and switches authentication on; every later command needs {@link #withUser}. */
    public void enableAuth(String rootPassword) {
        addUser("root", rootPassword);
        run("role", "add", "root");
        grantRole("root", "root");
        run("auth", "enable");
    }

    /** Every alarm raised, as etcdctl lists them; empty when there is none. */
    public String alarms() {
        return run("alarm", "list").strip();
    }

    /** Switches all alarms off. */
    public void disarm() {
        run("alarm", "disarm");
    }

    /** Runs any command and returns what it wrote to stdout. */
    public String run(String... arguments) {
        return run(new byte[0], arguments);
    }

    private String run(byte[] input, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Binaries.etcdctl().toString());
        command.addAll(connection);
        command.addAll(List.of(arguments));
        Commands.Result result = Commands.run(command, environment, input, DEADLINE);
        if (result.exitCode() != 0) {
            throw new EtcdctlException(
                    arguments[0], result.exitCode(), result.stderr().strip());
        }
        return result.stdout();
    }

    private List<StoredKey> range(byte[] key, String option) {
        String answer = run(program("get " + quoted(key) + option), "txn", "--write-out=json");
        Matcher found = KEY_VALUE.matcher(answer);
        List<StoredKey> keys = new ArrayList<>();
        while (found.find()) {
            String rest = found.group(2);
            Matcher value = Pattern.compile("\"value\":\"([^\"]*)\"").matcher(rest);
            keys.add(new StoredKey(
                    found.group(1),
                    value.find() ? value.group(1) : "",
                    number(rest, "create_revision").orElseThrow(),
                    number(rest, "mod_revision").orElseThrow(),
                    number(rest, "version").orElseThrow(),
                    number(rest, "lease").orElse(0L)));
        }
        return keys;
    }

    private Etcdctl with(String flag) {
        List<String> changed = new ArrayList<>(connection);
        changed.add(flag);
        return new Etcdctl(changed, environment);
    }

    /** What {@code etcdctl txn} reads: no compares, the operations, nothing for failure. */
    private static byte[] program(String... operations) {
        return utf8("\n" + String.join("\n", operations) + "\n\n\n");
    }

    private static Optional<Long> number(String json, String name) {
        Matcher found = Pattern.compile('"' + name + "\":(-?\\d+)").matcher(json);
        return found.find() ? Optional.of(Long.valueOf(found.group(1))) : Optional.empty();
    }

    private static String leaseName(long lease) {
        return String.format("%016x", lease);
    }

    /** A Go string literal: the one way to give etcdctl any bytes, whatever this JVM's locale. */
    private static String quoted(byte[] bytes) {
        StringBuilder out = new StringBuilder("\"");
        for (byte b : bytes) {
            if (b >= ' ' && b < 0x7f && b != '"' && b != '\\') {
                out.append((char) b);
            } else {
                out.append(String.format("\\x%02x", b));
            }
        }
        return out.append('"').toString();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A command that failed: its stderr is the message. */
    public static final class EtcdctlException extends RuntimeException {
        private static final long serialVersionUID = 1;

        EtcdctlException(String command, int exitCode, String stderr) {
            super("etcdctl " + command + ": exit code " + exitCode + ": " + stderr);
        }
    }
}
