package login.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LoginServiceTest {
    private static final int ITERATIONS = 20_000;
    private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

    private final LoginService service = new LoginService(
            Map.of("john", PasswordHash.of("secret", ITERATIONS)),
            ITERATIONS,
            new Tokens(
                    "a key that is known to this test only".getBytes(UTF_8),
                    Duration.ofMinutes(15),
                    Clock.fixed(NOW, ZoneOffset.UTC)));

    @Test
    void the_token_says_who_it_is_and_for_how_long() throws Exception {
        JWTClaimsSet claims = SignedJWT.parse(service.login("john", "secret")).getJWTClaimsSet();

        assertThat(claims.getSubject()).isEqualTo("john");
        assertThat(claims.getExpirationTime()).isEqualTo(Date.from(NOW.plus(Duration.ofMinutes(15))));
    }

    @Test
    void an_unknown_user_costs_as_much_work_as_a_wrong_password() {
        long wrong = cheapest("john");
        long unknown = cheapest("mallory");

        assertThat(unknown).isBetween(wrong / 3, wrong * 3);
    }

    /** The least of five, in processor time, which is the same on a busy machine. */
    private long cheapest(String name) {
        return LongStream.range(0, 5).map(i -> cost(name)).min().orElseThrow();
    }

    private long cost(String name) {
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        assertThatThrownBy(() -> service.login(name, "a guess")).isInstanceOf(RefusedException.class);
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
    }
}
