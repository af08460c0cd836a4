package dev.rollcall.etcd.connecting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import dev.rollcall.Event;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Registration.State;
import dev.rollcall.Rollcall;
import dev.rollcall.RollcallException;
import dev.rollcall.etcd.testing.ScriptedEtcd;
import dev.rollcall.etcd.testing.ScriptedEtcd.Received;
import dev.rollcall.spi.RegistrySettings;
import dev.rollcall.spi.Secret;
import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.FaultProxy;
import dev.rollcall.testing.TestCertificates;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A password that is easy to find, led through every failure with all logs at their lowest level: nobody may write it. */
class SecretsTest {
    private static final String CANARY = "CANARY-4711-hush";
    private static final String WRONG = "CANARY-0815-wrong";
    private static final String SERVICE = "hello.srv.say";

    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private final StringWriter said = new StringWriter(); // synchronized within
    private final Heard heard = new Heard();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    /** The scripted etcd's side of the wire is in this JVM too, and not ours. */
    private final Logger server =
            (Logger) LoggerFactory.getLogger("io.grpc.netty.shaded.io.grpc.netty.NettyServerHandler");

    private final java.util.logging.Logger jdkRoot = java.util.logging.Logger.getLogger("");
    private final OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
    private final Handler jdk = new Handler() {
        private final SimpleFormatter format = new SimpleFormatter();

        @Override
        public void publish(LogRecord each) {
            if (!"java.lang.ProcessBuilder"
                    .equals(each.getLoggerName())) { // newer JDKs log what this test itself starts
                said.append(format.format(each));
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final Level before = root.getLevel();
    private final java.util.logging.Level jdkBefore = jdkRoot.getLevel();

    @BeforeEach
    void listenToEverything() {
        LoggerContext context = root.getLoggerContext();
        PatternLayoutEncoder all = new PatternLayoutEncoder();
        all.setContext(context);
        all.setPattern("%level %logger %mdc %msg%n%ex");
        all.start();
        appender.setContext(context);
        appender.setEncoder(all);
        appender.setOutputStream(logged);
        appender.start();
        root.addAppender(appender);
        root.setLevel(Level.TRACE);
        server.setLevel(Level.OFF);
        for (Handler each : jdkRoot.getHandlers()) {
            if (each instanceof ConsoleHandler) {
                each.setLevel(java.util.logging.Level.WARNING);
            }
        }
        jdk.setLevel(java.util.logging.Level.ALL);
        jdkRoot.addHandler(jdk);
        jdkRoot.setLevel(java.util.logging.Level.ALL);
    }

    @AfterEach
    void stopListening() {
        jdkRoot.setLevel(jdkBefore);
        jdkRoot.removeHandler(jdk);
        root.setLevel(before);
        server.setLevel(null);
        root.detachAppender(appender);
        appender.stop();
    }

    private void say(Object shown) {
        said.append(shown + "\n");
    }

    private void say(Throwable thrown) {
        thrown.printStackTrace(new PrintWriter(said, true));
    }

    private void sayAll(Rollcall rollcall) {
        say(rollcall);
        say(rollcall.configuration());
        say(rollcall.configuration().settings());
        say(rollcall.configuration().notes());
        say(rollcall.health());
        say(rollcall.counters());
    }

    private void lookUp(Rollcall rollcall) {
        try {
            say(rollcall.lookup(SERVICE));
        } catch (RollcallException e) {
            say(e);
        }
    }

    private void assertUnheard(String... secrets) {
        for (Event each : heard.all()) {
            say(each);
            if (each instanceof Event.Disconnected lost) {
                say(lost.problem());
            }
        }
        String all = logged.toString(StandardCharsets.UTF_8) + said;
        assertThat(all).contains("connected to etcd at", "io.grpc.netty"); // it was really listened to
        for (String secret : secrets) {
            byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
            assertThat(lines(all, secret)).isEmpty();
            assertThat(lines(all, HexFormat.of().formatHex(bytes))).isEmpty();
        }
    }

    private static List<String> lines(String all, String secret) {
        return all.lines().filter(line -> line.contains(secret)).limit(3).toList();
    }

    @Test
    @Tag("etcd")
    @Tag("auth")
    void no_failure_on_a_real_etcd_writes_the_password() {
        TestCertificates ours = TestCertificates.trusted();
        try (SecuredEtcd etcd = SecuredEtcd.launch(EtcdOptions.defaults(), CANARY);
                FaultProxy proxy = FaultProxy.to(etcd.etcd().endpoint())) {
            String url = SecuredEtcd.url(proxy.endpoint(), CANARY, "ttl=5s&timeout=300ms");
            try (Rollcall rollcall = heard.connect(url)) {
                Registration registration =
                        rollcall.register(Instance.of(SERVICE, "127.0.0.1", 1)).await(Duration.ofSeconds(5));
                say(registration);
                say(rollcall.service(SERVICE).snapshot());
                sayAll(rollcall);
                proxy.cut();
                heard.await(1, Event.Disconnected.class);
                sayAll(rollcall);
                proxy.heal();
                heard.awaitConnected(2);
                etcd.root().revokeRole("alice", "registry");
                lookUp(rollcall);
                etcd.root().grantRole("alice", "registry");
                etcd.etcd().kill();
                lookUp(rollcall);
                etcd.etcd().start();
                heard.awaitConnected(3);
                await().atMost(Duration.ofSeconds(10)).until(() -> registration.state() == State.REGISTERED);
                etcd.root().changePassword("alice", "another");
                lookUp(rollcall);
                sayAll(rollcall);
            }
            try (Rollcall rollcall = heard.connect(SecuredEtcd.url(proxy.endpoint(), WRONG, "ttl=5s"))) {
                lookUp(rollcall);
                sayAll(rollcall);
            }
            try (Rollcall rollcall = heard.connect(
                    SecuredEtcd.url(proxy.endpoint(), CANARY, "ca=" + ours.authority() + "&timeout=300ms"))) {
                heard.await(4, Event.Disconnected.class);
                lookUp(rollcall);
            }
            for (String bad : List.of("ttl=1s", "layout=none", "ca=/none", "unknown=1", "fail-fast=true")) {
                try {
                    heard.connect(SecuredEtcd.url("127.0.0.1:1", CANARY, bad)).close();
                } catch (RollcallException e) {
                    say(e);
                }
            }
        }
        say(new RegistrySettings("etcd", List.of(), Map.of(), "alice", Secret.of(CANARY)));
        assertUnheard(CANARY, WRONG);
    }

    @Test
    void no_failure_writes_the_token() {
        try (ScriptedEtcd etcd = ScriptedEtcd.launch()) {
            etcd.addUser("alice", CANARY);
            try (Rollcall rollcall = heard.connect(SecuredEtcd.url(etcd.endpoint(), CANARY, "ttl=5s"))) {
                rollcall.register(Instance.of(SERVICE, "127.0.0.1", 1)).await(Duration.ofSeconds(5));
                rollcall.service(SERVICE);
                lookUp(rollcall);
                etcd.forgetTokens();
                lookUp(rollcall);
                etcd.endWatches(Status.UNAVAILABLE);
                heard.awaitConnected(2);
                lookUp(rollcall);
            }
            String[] tokens = etcd.received("Range").stream()
                    .map(Received::token)
                    .filter(token -> token != null && !token.isEmpty())
                    .distinct()
                    .toArray(String[]::new);
            assertThat(tokens).isNotEmpty();
            assertUnheard(tokens);
            assertUnheard(CANARY);
        }
    }
}
