package dev.rollcall.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The name and the loopback ports of one etcd: for clients, for its peers, and for metrics and health in plain HTTP. */
record EtcdMember(String name, int clientPort, int peerPort, int metricsPort) {
    static EtcdMember onFreePorts(String name) {
        List<Integer> ports = Ports.free(3);
        return new EtcdMember(name, ports.get(0), ports.get(1), ports.get(2));
    }

    String endpoint() {
        return "127.0.0.1:" + clientPort;
    }

    String initialCluster() {
        return name + "=" + peerUrl();
    }

    List<String> command(Path data, String initialCluster, EtcdOptions options) {
        String clientUrl = (options.tls() ? "https://" : "http://") + endpoint();
        List<String> command = new ArrayList<>(options.program());
        command.addAll(List.of(
                "--name=" + name,
                "--data-dir=" + data,
                "--listen-client-urls=" + clientUrl,
                "--advertise-client-urls=" + clientUrl,
                "--listen-peer-urls=" + peerUrl(),
                "--initial-advertise-peer-urls=" + peerUrl(),
                "--initial-cluster=" + initialCluster,
                "--listen-metrics-urls=http://127.0.0.1:" + metricsPort,
                "--logger=zap",
                "--log-outputs=stderr"));
        command.addAll(options.arguments());
        return command;
    }

    private String peerUrl() {
        return "http://127.0.0.1:" + peerPort;
    }
}
