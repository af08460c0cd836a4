package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.Address;
import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import dev.rollcall.etcd.layout.Layouts;
import dev.rollcall.interop.Dns.Answer;
import dev.rollcall.interop.Dns.Question;
import dev.rollcall.interop.Dns.Resource;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A service of the JVM as a name server answers for it. */
@DisplayName("9. DNS: a Java service, asked for by name")
class NameServerTest extends FleetTest {
    private static final String OPTIONS = "ttl=5s&layout=coredns";
    private static final long TTL = 10;

    private final String name = service + ".svc.local";

    private static Dns dns(NameServer server) {
        Address address = Address.parse(fleet.serve(server).await("serving").text("address"));
        return new Dns(new InetSocketAddress(address.host(), address.port()));
    }

    private Registration join(String id, String host, int port, Map<String, String> metadata) {
        Instance instance = Instance.of(service, host, port).withId(id).withMetadata(metadata);
        return fleet.keep(fleet.connect(OPTIONS).register(instance).await(Program.PATIENCE));
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.NameServer#here")
    void addresses_ports_weights_and_ttls_are_answered(NameServer server) {
        Dns dns = dns(server);
        join("n1", "10.0.0.7", 8080, Map.of("weight", "100"));
        join("N_2", "10.0.0.8", 8081, Map.of("weight", "300", "zone", "a"));

        Answer addresses = dns.ask(Question.A, name);
        assertThat(addresses.answers())
                .containsExactly(new Resource(name + ".", "10.0.0.7", TTL), new Resource(name + ".", "10.0.0.8", TTL));

        Answer services = dns.ask(Question.SRV, name);
        assertThat(services.answers())
                .containsExactly(
                        new Resource(name + ".", "10 25 8080 n1." + name + ".", TTL),
                        new Resource(name + ".", "10 75 8081 n_2." + name + ".", TTL));
        assertThat(services.beside())
                .containsExactly(
                        new Resource("n1." + name + ".", "10.0.0.7", TTL),
                        new Resource("n_2." + name + ".", "10.0.0.8", TTL));
        assertThat(dns.ask(Question.A, "n_2." + name).values()).containsExactly("10.0.0.8");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.NameServer#here")
    void instances_without_a_weight_share_alike_and_ip_v6_has_its_own_type(NameServer server) {
        Dns dns = dns(server);
        join("n1", "10.0.0.7", 8080, Map.of());
        join("n2", "2001:db8::8", 8080, Map.of());
        assertThat(dns.ask(Question.SRV, name).values())
                .containsExactly("10 50 8080 n1." + name + ".", "10 50 8080 n2." + name + ".");
        assertThat(dns.ask(Question.A, name).values()).containsExactly("10.0.0.7");
        assertThat(dns.ask(Question.AAAA, name).values()).containsExactly("2001:db8:0:0:0:0:0:8");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.NameServer#here")
    void a_question_in_upper_case_is_answered(NameServer server) {
        Dns dns = dns(server);
        join("n1", "10.0.0.7", 8080, Map.of());
        String upper = name.toUpperCase(Locale.ROOT);
        assertThat(dns.ask(Question.A, upper).values()).containsExactly("10.0.0.7");
        assertThat(dns.ask(Question.SRV, upper).values()).containsExactly("10 100 8080 n1." + name + ".");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.NameServer#here")
    void a_change_is_answered_and_an_instance_that_left_is_not(NameServer server) {
        Dns dns = dns(server);
        Registration one = join("n1", "10.0.0.7", 8080, Map.of());
        Registration two = join("n2", "10.0.0.8", 8080, Map.of());
        one.update(one.instance().withAddress(new Address("10.0.0.9", 8090)));
        await().atMost(Program.PATIENCE)
                .untilAsserted(() -> assertThat(dns.ask(Question.SRV, name).values())
                        .containsExactly("10 50 8080 n2." + name + ".", "10 50 8090 n1." + name + "."));
        assertThat(dns.ask(Question.A, name).values()).containsExactly("10.0.0.8", "10.0.0.9");

        one.close();
        assertThat(dns.ask(Question.A, name).values()).containsExactly("10.0.0.8");
        two.close();
        assertThat(dns.ask(Question.A, name).code()).isEqualTo(Dns.NO_SUCH_NAME);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.NameServer#here")
    void a_killed_instance_is_gone_when_its_ttl_is_over(NameServer server, Cell cell) {
        Dns dns = dns(server);
        Program java = fleet.java(service, "one", OPTIONS);
        assertThat(dns.ask(Question.A, name).values()).containsExactly("127.0.0.1");
        long killed = System.nanoTime();
        java.kill();
        await().atMost(Program.PATIENCE).until(() -> dns.ask(Question.A, name).code() == Dns.NO_SUCH_NAME);
        cell.figure(String.format(Locale.ROOT, "%.1f s at a TTL of 5 s", (System.nanoTime() - killed) / 1e9));
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.NameServer#here")
    void junk_beside_the_service_does_not_matter(NameServer server) {
        Dns dns = dns(server);
        fleet.ctl().put("/skydns/local/other/x", "junk");
        fleet.ctl().put(prefix().replaceFirst("/$", "-two/n1"), "junk");
        join("n1", "10.0.0.7", 8080, Map.of());
        assertThat(dns.ask(Question.A, name).values()).containsExactly("10.0.0.7");
        assertThat(dns.ask(Question.SRV, name).values()).containsExactly("10 100 8080 n1." + name + ".");
    }

    /** What all keys of the service start with. */
    private String prefix() {
        return Layouts.of("coredns", null).prefix(service);
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.NameServer#here")
    void junk_below_the_service_hides_no_instance_from_java(NameServer server, Cell cell) {
        Dns dns = dns(server);
        join("n1", "10.0.0.7", 8080, Map.of());
        fleet.ctl().put(prefix() + "junk", "junk");
        Rollcall rollcall = fleet.connect(OPTIONS);
        assertThat(rollcall.lookup(service).instances())
                .extracting(Instance::address)
                .containsExactly(new Address("10.0.0.7", 8080));
        assertThat(dns.ask(Question.A, name).code()).isEqualTo(Dns.SERVER_FAILURE);
        fleet.ctl().delete(prefix() + "junk");
        cell.figure("yes; the name server answers no question about the service while it is there");
    }

    @ParameterizedTest
    @MethodSource("dev.rollcall.interop.NameServer#here")
    void a_record_that_an_operator_wrote_is_answered_and_seen_by_java(NameServer server) {
        Dns dns = dns(server);
        fleet.ctl()
                .put(
                        prefix() + "x1",
                        "{\"host\":\"10.0.0.9\",\"port\":81,\"priority\":20,\"weight\":7,\"text\":\"t\"}");
        assertThat(dns.ask(Question.SRV, name).answers())
                .containsExactly(new Resource(name + ".", "20 100 81 x1." + name + ".", 300));
        assertThat(fleet.connect(OPTIONS).lookup(service).instances())
                .containsExactly(Instance.of(service, "10.0.0.9", 81)
                        .withId("x1")
                        .withVersion("")
                        .withMetadata("weight", "7"));
        fleet.ctl().delete(prefix() + "x1");
    }
}
