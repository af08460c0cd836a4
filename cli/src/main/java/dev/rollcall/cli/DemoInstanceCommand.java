package dev.rollcall.cli;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * One instance of the demo's service, in a process of its own: answers each connection with its id. Ends when it is told to, and
 * when its standard input ends, so that none outlives the demo.
 */
@Command(name = "demo-instance", hidden = true, header = "One instance of the demo's service.")
final class DemoInstanceCommand implements Callable<Integer> {
    private static final Duration FOR_EVER = Duration.ofDays(1);
    private static final Duration LINGER = Duration.ofMillis(500);

    private final Cli cli;

    @Parameters(paramLabel = "SERVICE")
    private String service = "";

    @Option(names = "--id", required = true)
    private String id = "";

    @Option(names = "--ttl", required = true)
    private String ttl = "";

    DemoInstanceCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() throws IOException {
        cli.console().stop().heed();
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket server = new ServerSocket(0, 50, loopback);
                Rollcall rollcall = cli.connect(Map.of("ttl", ttl), event -> {})) {
            start("demo-answers", () -> answer(server));
            start("demo-parent", this::waitForTheParentsEnd);
            Address address = new Address(loopback.getHostAddress(), server.getLocalPort());
            Registration registration =
                    rollcall.register(Instance.of(service, address).withId(id));
            cli.console().stop().await(FOR_EVER);
            registration.close();
            // Callers that have not heard of it yet are still answered.
            new Stop().await(LINGER);
            return Cli.OK;
        }
    }

    private void answer(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket caller = server.accept()) {
                caller.getOutputStream().write((id + "\n").getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // This caller has gone, or the server is closed; the next one decides.
            }
        }
    }

    private void waitForTheParentsEnd() {
        try (InputStream in = System.in) {
            while (in.read() >= 0) {}
        } catch (IOException e) {
            // Its end, too.
        }
        cli.console().stop().request();
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}
