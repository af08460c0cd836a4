package dev.rollcall.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One instance of the demo's service in a JVM of its own. */
final class DemoProcess implements AutoCloseable {
    private final Process process;

    private DemoProcess(Process process) {
        this.process = process;
    }

    /** Starts it with the options of this JVM. */
    static DemoProcess start(String service, String id, String ttl, String registry) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-Xmx64m", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of("demo-instance", service, "--id", id, "--ttl", ttl, "--registry", registry));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        DemoEtcd.forgetSettings(builder);
        return new DemoProcess(builder.start());
    }

    long pid() {
        return process.pid();
    }

    /** SIGKILL: it cannot say good-bye. */
    void kill() {
        process.destroyForcibly();
    }

    /** SIGTERM: it leaves gracefully. */
    void leave() {
        process.destroy();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
