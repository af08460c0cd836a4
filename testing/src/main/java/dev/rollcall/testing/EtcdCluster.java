package dev.rollcall.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Three real etcds on loopback ports that form one cluster; each is an {@link EtcdProcess} to kill, pause and start again.
 *
 * <p>Used by one thread at a time. A member that cannot find two others again is started with {@link EtcdProcess#spawn()}, since
 * {@link EtcdProcess#start()} waits until it serves.
 *
 * <pre>{@code
 * try (EtcdCluster cluster = EtcdCluster.launch()) {
 *     cluster.leader().kill();
 *     EtcdProcess next = cluster.leader();
 * }
 * }</pre>
 */
public final class EtcdCluster implements AutoCloseable {
    private static final int SIZE = 3;
    private static final int LAUNCH_TRIES = 5;
    private static final Duration LEADER_DEADLINE = Duration.ofSeconds(30);

    private final List<EtcdProcess> members;

    private EtcdCluster(EtcdOptions options) {
        List<EtcdMember> places = new ArrayList<>();
        List<Integer> ports = Ports.free(3 * SIZE);
        for (int i = 0; i < SIZE; i++) {
            places.add(new EtcdMember("etcd-" + i, ports.get(3 * i), ports.get(3 * i + 1), ports.get(3 * i + 2)));
        }
        String all = places.stream().map(EtcdMember::initialCluster).collect(Collectors.joining(","));
        members = places.stream()
                .map(place -> new EtcdProcess(place, all, options))
                .toList();
    }

    /** Starts a cluster that changes its leader as fast as etcd does by default (about 2 s) and waits until it serves. */
    public static EtcdCluster launch() {
        return launch(EtcdOptions.defaults().withElection(Duration.ofMillis(100), Duration.ofSeconds(1)));
    }

    /** Starts a cluster and waits until it serves. */
    public static EtcdCluster launch(EtcdOptions options) {
        for (int tries = 1; ; tries++) {
            EtcdCluster cluster = new EtcdCluster(options);
            try {
                cluster.start();
                return cluster;
            } catch (IllegalStateException e) {
                boolean clash =
                        cluster.members.stream().anyMatch(member -> member.log().contains("address already in use"));
                cluster.close();
                if (!clash || tries == LAUNCH_TRIES) {
                    throw e;
                }
            }
        }
    }

    /** Starts the members that are stopped, with their data, and waits until all serve. */
    public void start() {
        members.stream().filter(member -> !member.isAlive()).forEach(EtcdProcess::spawn);
        members.forEach(EtcdProcess::awaitHealthy);
    }

    /** The members, in a fixed order. */
    public List<EtcdProcess> members() {
        return members;
    }

    /** Where clients connect: all members, separated by commas. */
    public String endpoints() {
        return members.stream().map(EtcdProcess::endpoint).collect(Collectors.joining(","));
    }

    /** An {@code etcdctl} for the whole cluster. */
    public Etcdctl ctl() {
        return Etcdctl.at(endpoints());
    }

    /** The member that leads now, waiting for an election under way; members that are stopped or paused are not asked. */
    public EtcdProcess leader() {
        long start = System.nanoTime();
        while (System.nanoTime() - start < LEADER_DEADLINE.toNanos()) {
            List<EtcdProcess> leaders = members.stream()
                    .filter(EtcdProcess::isResponsive)
                    .filter(member -> member.metrics().leads())
                    .toList();
            if (leaders.size() == 1) {
                return leaders.get(0);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        throw new IllegalStateException(
                "leader of " + endpoints() + ": none after " + LEADER_DEADLINE.toSeconds() + " s (expected: one)");
    }

    /** The members that run and do not lead. */
    public List<EtcdProcess> followers() {
        EtcdProcess leader = leader();
        return members.stream()
                .filter(member -> member.isResponsive() && member != leader)
                .toList();
    }

    /** Kills all members and deletes everything they wrote. */
    @Override
    public void close() {
        members.forEach(EtcdProcess::kill);
        members.forEach(EtcdProcess::close);
    }
}
