package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Rollcall;
import dev.rollcall.interop.Program.Line;
import dev.rollcall.testing.StoredKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import login.Client;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The programs of examples/login as they are, and Go kit's of the same shape. */
@DisplayName("7. The login example and Go kit's")
@ExtendWith(Recording.class)
class LoginTest {
    private static final String SERVICE = "svc.user.agent";
    private static final int LOGINS = 6;
    /** A hash takes a few tenths of a second, of a processor that has nothing else to do. */
    private static final Duration PATIENCE = Program.PATIENCE.multipliedBy(4);

    private final Fleet fleet = new Fleet(Map.of("LOGIN_PASSWORD", secret(), "LOGIN_KEY", secret()));

    private static String secret() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    @AfterEach
    void stop() {
        fleet.close();
    }

    private void serveInGo(GoKit goKit) {
        fleet.go(goKit, "login-serve", List.of("--name", SERVICE)).await("serving");
    }

    /** Waits until so many instances are registered, and returns their addresses. */
    private List<String> addresses(int size) {
        Rollcall rollcall = fleet.connect("layout=go-kit");
        await().atMost(Program.PATIENCE)
                .until(() -> rollcall.lookup(SERVICE).instances().size() == size);
        return rollcall.lookup(SERVICE).instances().stream()
                .map(instance -> instance.address().toString())
                .toList();
    }

    /** Who answered the logins of the Go kit client, and whom it showed the tokens, by address. */
    private record Login(String by, String shown) {}

    private List<Login> logInFromGo(GoKit goKit) {
        Program caller = fleet.go(
                goKit,
                "login-call",
                List.of("--name", SERVICE, "--repeat", "" + LOGINS),
                "--interval",
                "300ms",
                "--timeout",
                PATIENCE.toSeconds() + "s");
        List<Login> logins = new ArrayList<>();
        for (Line line = caller.next(PATIENCE); !line.event().equals("done"); line = caller.next(PATIENCE)) {
            assertThat(line.event()).as("%s", line.json()).isEqualTo("reply");
            List<String> addresses = List.of(line.text("from").split(" ", 2));
            logins.add(new Login(addresses.get(0), addresses.get(1)));
        }
        assertThat(logins).hasSize(LOGINS);
        return logins;
    }

    @ParameterizedTest
    @EnumSource
    void the_go_client_logs_in_six_times_at_three_java_instances(GoKit goKit) {
        fleet.java(LoginProgram.class, "0", "0", "0");
        List<String> addresses = addresses(3);
        assertThat(addresses)
                .allSatisfy(address -> assertThat(fleet.ctl().get(SERVICE + "/" + address))
                        .map(StoredKey::value)
                        .hasValue(address));
        assertThat(logInFromGo(goKit)).extracting(Login::by).containsOnly(addresses.toArray(new String[0]));
    }

    @ParameterizedTest
    @EnumSource
    void the_java_client_logs_in_six_times_at_three_go_instances(GoKit goKit) {
        for (int i = 0; i < 3; i++) {
            serveInGo(goKit);
        }
        List<String> addresses = addresses(3);
        String printed = fleet.output(Client.class);
        assertThat(printed.lines().filter(line -> line.startsWith("login ")))
                .as(printed)
                .hasSize(LOGINS)
                .allMatch(line -> addresses.contains(line.substring(line.lastIndexOf(' ') + 1)));
    }

    @ParameterizedTest
    @EnumSource
    void each_side_takes_the_tokens_of_the_other(GoKit goKit) {
        fleet.java(LoginProgram.class, "0");
        serveInGo(goKit);
        addresses(2);
        assertThat(logInFromGo(goKit))
                .allSatisfy(login -> assertThat(login.by()).isNotEqualTo(login.shown()));
    }
}
