package dev.rollcall.etcd.connecting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.AccessDeniedException;
import dev.rollcall.Instance;
import dev.rollcall.NoInstanceException;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.Etcdctl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of docs/security.md, run as they stand there, and programs that work as the users they make. */
class RolesTest {
    private static final Path PAGE = Path.of("..", "docs", "security.md");
    private static final Pattern COMMANDS = Pattern.compile("(?ms)^```sh\\n(.*?)^```$");
    private static final String SERVICE = "hello.srv.say";
    private static final Duration SOON = Duration.ofSeconds(5);

    private static EtcdProcess etcd;

    @BeforeAll
    static void followThePage(@TempDir Path home) throws IOException, InterruptedException {
        etcd = EtcdProcess.launch();
        for (String user : new String[] {"hello", "web", "both", "root"}) {
            Files.writeString(home.resolve(user + ".password"), password(user) + "\n");
        }
        Matcher blocks = COMMANDS.matcher(Files.readString(PAGE));
        int found = 0;
        while (blocks.find()) {
            found++;
            run(home, blocks.group(1));
        }
        assertThat(found).isEqualTo(4);
        Etcdctl root = etcd.ctl().withUser("root", password("root"));
        root.addUser("nobody", password("nobody"));
        root.addUser("kit", password("kit"));
        root.addRole("kit", "readwrite", SERVICE + "/");
        root.addRole("prefixed", "readwrite", "/services/");
        root.grantRole("kit", "kit");
        root.grantRole("kit", "prefixed");
    }

    @AfterAll
    static void end() {
        etcd.close();
    }

    private static String password(String user) {
        return "secret-of-" + user;
    }

    private static void run(Path home, String script) throws IOException, InterruptedException {
        ProcessBuilder shell = new ProcessBuilder("sh", "-e", "-c", script)
                .directory(home.toFile())
                .redirectErrorStream(true);
        Map<String, String> environment = shell.environment();
        environment.put("ETCDCTL_API", "3");
        environment.put("ETCDCTL_ENDPOINTS", etcd.endpoint());
        String chosen = environment.get("ETCD_BIN");
        Path beside =
                chosen == null || chosen.isBlank() ? null : Path.of(chosen).getParent();
        if (beside != null) {
            environment.merge("PATH", beside.toString(), (path, first) -> first + ":" + path);
        }
        Process process = shell.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(script + said).isZero();
    }

    private static Rollcall as(String user) {
        return as(user, "layout=go-micro");
    }

    private static Rollcall as(String user, String options) {
        return new Heard()
                .connect("etcd://" + user + ":" + password(user) + "@" + etcd.endpoint() + "?ttl=5s&wait=500ms&"
                        + options);
    }

    private static void assertMayNotRegister(Rollcall rollcall, String service) {
        Registration refused = rollcall.register(Instance.of(service, "127.0.0.1", 1));
        await().atMost(SOON).until(() -> refused.problem().orElse(null) instanceof AccessDeniedException);
        assertThat(refused.state()).isEqualTo(State.REGISTERING);
        assertThatThrownBy(() -> refused.await(Duration.ofMillis(100)))
                .isInstanceOf(AccessDeniedException.class)
                .hasMessageContaining("permission denied");
        assertThat(rollcall.health().problems()).anyMatch(each -> each.contains("permission denied"));
        assertThat(etcd.ctl().withUser("root", password("root")).list("/micro/registry/" + service))
                .isEmpty();
    }

    @Test
    void a_provider_registers_changes_and_leaves_and_a_consumer_sees_it() {
        try (Rollcall provider = as("hello");
                Rollcall consumer = as("web")) {
            ServiceView view = consumer.service(SERVICE);
            Registration registration =
                    provider.register(Instance.of(SERVICE, "127.0.0.1", 8080)).await(SOON);
            await().atMost(SOON).until(() -> view.snapshot().size() == 1);
            registration.update(registration.instance().withMetadata("zone", "a"));
            await().atMost(SOON)
                    .until(() -> view.snapshot().instances().get(0).metadata().containsKey("zone"));
            assertThat(consumer.services()).contains(SERVICE);
            assertThat(consumer.lookup(SERVICE).size()).isEqualTo(1);
            Etcdctl root = etcd.ctl().withUser("root", password("root"));
            long lease = root.list("/micro/registry/" + SERVICE + "/").get(0).lease();
            registration.close();
            await().atMost(SOON).until(() -> view.snapshot().size() == 0);
            assertThat(root.leases()).doesNotContain(lease);
        }
    }

    @Test
    void a_provider_can_neither_write_nor_read_another_service() {
        try (Rollcall provider = as("hello")) {
            assertMayNotRegister(provider, "another.srv");
            assertMayNotRegister(provider, SERVICE + "ing");
            assertThatThrownBy(() -> provider.lookup("another.srv")).isInstanceOf(AccessDeniedException.class);
            assertThatThrownBy(provider::services).isInstanceOf(AccessDeniedException.class);
        }
    }

    @Test
    void a_consumer_can_write_nothing() {
        try (Rollcall consumer = as("web")) {
            assertMayNotRegister(consumer, "of.web");
        }
    }

    @Test
    void a_program_with_both_roles_does_both() {
        try (Rollcall rollcall = as("both")) {
            Registration registration =
                    rollcall.register(Instance.of(SERVICE, "127.0.0.1", 8080)).await(SOON);
            assertThat(rollcall.lookup("another.srv").size()).isZero();
            assertThat(rollcall.services()).contains(SERVICE);
            registration.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"go-kit", "etcd-naming", "go-zero"})
    void without_a_prefix_in_common_a_role_allows_all_but_the_list_of_services(String layout) {
        try (Rollcall rollcall = as("kit", "layout=" + layout)) {
            Registration registration = rollcall.register(Instance.of(SERVICE, "127.0.0.1", 8080));
            Registration refused = rollcall.register(Instance.of("another.srv", "127.0.0.1", 8080));
            registration.await(SOON);
            await().atMost(SOON).until(() -> refused.problem().orElse(null) instanceof AccessDeniedException);
            assertThat(registration.state()).isEqualTo(State.REGISTERED);
            assertThat(rollcall.lookup(SERVICE).size()).isEqualTo(1);
            assertThatThrownBy(rollcall::services)
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessage("etcd at " + etcd.endpoint()
                            + ": permission denied (expected: a role that reads all keys, since those of layout "
                            + layout
                            + " have no prefix in common; or one set, such as prefix=/services/)");
        }
        try (Rollcall rollcall = as("kit", "layout=" + layout + "&prefix=/services/" + layout)) {
            rollcall.register(Instance.of(SERVICE, "127.0.0.1", 8080)).await(SOON);
            assertThat(rollcall.services()).containsExactly(SERVICE);
        }
    }

    @Test
    void a_user_without_rights_is_told_so_wherever_it_asks() {
        try (Rollcall nobody = as("nobody")) {
            assertThatThrownBy(() -> nobody.lookup(SERVICE))
                    .isInstanceOf(AccessDeniedException.class)
                    .hasMessage("etcd at " + etcd.endpoint() + ": permission denied");
            ServiceView view = nobody.service(SERVICE);
            assertThatThrownBy(view::pick)
                    .isInstanceOf(NoInstanceException.class)
                    .hasMessageContaining("permission denied");
            assertMayNotRegister(nobody, "of.nobody");
        }
    }
}
