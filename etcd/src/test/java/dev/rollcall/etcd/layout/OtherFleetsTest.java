package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.Address;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.InvalidInstanceException;
import dev.rollcall.Status;
import dev.rollcall.Value;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The keys and values of fleets other than go-micro's, byte for byte. */
class OtherFleetsTest {
    private static final long LEASE = 7587890123456789012L;
    private static final Instance SAY = Instance.of("hello.srv.say", "10.0.0.7", 8080)
            .withId("n1")
            .withMetadata(Map.of("zone", "a", "weight", "100"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "go-kit        | [go-kit]",
                "go-kit-crc32  | [go-kit crc32]",
                "etcd-naming   | [etcd-naming]",
                "go-zero       | [go-zero]",
                "kitex         | [kitex]",
                "rpcx          | [rpcx]",
                "coredns       | [coredns/skydns]",
                "discovery     | [blog J]",
            })
    void the_example_is_written_as_the_fleet_writes_it(String name, String heading) throws IOException {
        assertThat(written(name, SAY)).isEqualTo(computed(heading));
    }

    @Test
    void kratos_writes_the_protocol_as_the_scheme_and_not_as_metadata() throws IOException {
        Instance http = SAY.withMetadata("protocol", "http");
        assertThat(written("kratos", http))
                .isEqualTo(computed("[kratos]"))
                .isEqualTo(captured("kratos", "hello.srv.say/n1"));
        assertThat(written("kratos", SAY)).contains("\"endpoints\":[\"grpc://10.0.0.7:8080\"]");
    }

    @ParameterizedTest
    @CsvSource({
        "go-kit, hello.srv.say, 10.0.0.7, 8080, go-kit, hello.srv.say/10.0.0.7:8080",
        "go-kit, svc.user.agent, 127.0.0.1, 8881, go-kit, svc.user.agent/127.0.0.1:8881",
        "etcd-naming, hello.srv.say, 10.0.0.7, 8080, etcd-naming, hello.srv.say/10.0.0.7:8080",
        "kitex, hello.srv.say, 10.0.0.7, 8080, kitex, hello.srv.say/10.0.0.7:8080",
        "rpcx, hello.srv.say, 127.0.0.1, 8080, rpcx, hello.srv.say/tcp@127.0.0.1:8080",
    })
    void what_the_real_programs_stored_is_what_we_store(
            String name, String service, String host, int port, String vectors, String key) throws IOException {
        Instance instance = SAY.withAddress(new Address(host, port));
        Instance named = Instance.of(service, instance.address()).withMetadata(SAY.metadata());
        assertThat(written(name, named)).isEqualTo(captured(vectors, key));
    }

    @Test
    void etcd_naming_bare_writes_nothing_that_would_end_a_grpc_go_client() {
        assertThat(written("etcd-naming-bare", SAY.withStatus(Status.DRAINING)))
                .endsWith("{\"Op\":0,\"Addr\":\"10.0.0.7:8080\",\"Metadata\":null}");
    }

    @Test
    void go_kits_own_example_has_a_prefix_and_a_scheme() throws IOException {
        Layout layout = Layouts.of("go-kit-url", "/services/");
        Instance instance = Instance.of("foosvc", "1.2.3.4", 8080);
        assertThat(shown(layout.encode(instance).get(0)))
                .isEqualTo(captured("go-kit", "/services/foosvc/1.2.3.4:8080"));
    }

    @ParameterizedTest
    @CsvSource({
        "go-kit, 10",
        "go-kit-crc32, 10",
        "go-zero, 10",
        "kratos, 15",
        "kitex, 60",
        "rpcx, 30",
        "etcd-naming, 30",
        "rollcall, 30",
    })
    void a_lease_lives_as_long_as_in_the_fleet(String name, int seconds) {
        assertThat(Layouts.of(name, null).ttl()).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "go-kit",
                "go-kit-crc32",
                "go-kit-id",
                "go-kit-url",
                "etcd-naming",
                "etcd-naming-bare",
                "kratos",
                "go-zero",
                "kitex",
                "rpcx",
                "coredns",
                "discovery",
                "rollcall",
            })
    void what_is_written_is_read_with_all_that_the_layout_says_it_carries(String name) throws Exception {
        Instance instance = new Instance(
                "hello.srv.say",
                "v2",
                "n1",
                new Address("::1", 8080),
                Status.DRAINING,
                Map.of("zone", "a b&c*~=%<\u00e9", "protocol", "grpc", "weight", "7"),
                Map.of("owner", "x"),
                List.of(new Endpoint("A.B", new Value("v", "t", List.of()), null, Map.of("k", "v"))));
        Layout layout = Layouts.of(name, null);
        Layout.Entry entry = own(layout, instance);
        assertThat(entry.key()).startsWith(layout.prefix(instance.service())).startsWith(layout.prefix());
        assertThat(layout.holdsInstance(entry.key())).isTrue();
        Instance read = layout.decode(entry.key(), entry.value());
        assertThat(read.service()).isEqualTo(instance.service());
        assertThat(read.address()).isEqualTo(instance.address());
        for (Layout.Part part : Layout.Part.values()) {
            if (layout.carries().contains(part)) {
                assertThat(part(read, part)).as("%s", part).isEqualTo(part(instance, part));
            }
        }
    }

    private static Object part(Instance instance, Layout.Part part) {
        return switch (part) {
            case ID -> instance.id();
            case VERSION -> instance.version();
            case STATUS -> instance.status();
            case METADATA -> instance.metadata();
            case SERVICE_METADATA -> instance.serviceMetadata();
            case ENDPOINTS -> instance.endpoints();
        };
    }

    @ParameterizedTest
    @CsvSource({
        "go-kit",
        "go-kit-crc32",
        "etcd-naming",
        "etcd-naming-bare",
        "kratos",
        "go-zero",
        "kitex",
        "rpcx",
        "discovery",
        "coredns",
    })
    void a_name_with_a_slash_is_refused_with_the_reason(String name) {
        Layout layout = Layouts.of(name, null);
        assertThatThrownBy(() -> layout.encode(Instance.of("pay/admin", "10.0.0.7", 80)))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage(
                        "service name: \"pay/admin\" (expected: no / in it, which layout " + name + " cannot carry)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Pay", "a..b", "-a", "a-", "a b", "\u00e9", "any", "pay.any"})
    void a_service_that_is_no_dns_name_in_lower_case_is_refused(String service) {
        assertThatThrownBy(() -> Layouts.of("coredns", null).encode(Instance.of(service, "10.0.0.7", 80)))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessageContaining("expected: a DNS name, labels of a-z, 0-9, _ and -");
    }

    @Test
    void a_dns_label_is_made_of_any_id() {
        Layout layout = Layouts.of("coredns", null);
        String key = own(layout, Instance.of("pay", "10.0.0.7", 80).withId("Pay." + "x".repeat(80) + "/1"))
                .key();
        assertThat(key.substring(key.lastIndexOf('/') + 1)).hasSize(63).endsWith("x-1");
    }

    @Test
    void an_id_that_is_the_wildcard_of_dns_is_refused() {
        assertThatThrownBy(() -> Layouts.of("coredns", null)
                        .encode(Instance.of("pay", "10.0.0.7", 80).withId("Any")))
                .isInstanceOf(InvalidInstanceException.class)
                .hasMessage("id: \"Any\" (expected: another, as a DNS label it asks for all)");
    }

    @Test
    void a_key_of_go_zero_is_known_with_the_lease_only() {
        assertThat(Layouts.of("go-zero", null).encode(SAY)).isEmpty();
    }

    @Test
    void the_directories_of_rpcx_are_shared_and_hold_no_instance() {
        Layout layout = Layouts.of("rpcx", null);
        List<Layout.Entry> shared =
                layout.encode(SAY).stream().filter(Layout.Entry::shared).toList();
        assertThat(shared)
                .containsExactly(
                        Layout.Entry.shared("/rpcx", "rpcx_path".getBytes(UTF_8)),
                        Layout.Entry.shared("/rpcx/hello.srv.say", "hello.srv.say".getBytes(UTF_8)));
        assertThat(layout.holdsInstance("/rpcx/hello.srv.say")).isFalse();
    }

    @Test
    void dubbo_is_read_and_not_written() throws Exception {
        Layout layout = Layouts.of("dubbo", null);
        String key = computed("[dubbo interface]").split("\n", 2)[0];
        assertThat(key).startsWith(layout.prefix("hello.srv.say"));
        Instance read = layout.decode(key, new byte[0]);
        assertThat(read.service()).isEqualTo("hello.srv.say");
        assertThat(read.version()).isEqualTo("latest");
        assertThat(read.address()).isEqualTo(new Address("10.0.0.7", 8080));
        assertThat(read.metadata())
                .containsEntry("zone", "a")
                .containsEntry("protocol", "dubbo")
                .containsEntry("methods", "say");
        assertThat(layout.writable()).isFalse();
        assertThatThrownBy(() -> layout.encode(SAY)).isInstanceOf(InvalidInstanceException.class);
        assertThat(layout.holdsInstance("/dubbo/hello.srv.say/consumers/x")).isFalse();
        assertThat(layout.holdsInstance("/dubbo/hello.srv.say")).isFalse();
    }

    @Test
    void our_own_format_is_this() {
        assertThat(written("rollcall", SAY.withEndpoints(List.of(Endpoint.of("A.B")))))
                .isEqualTo("/rollcall/hello.srv.say/n1\n"
                        + "{\"schema\":1,\"service\":\"hello.srv.say\",\"id\":\"n1\",\"version\":\"latest\","
                        + "\"address\":\"10.0.0.7:8080\",\"status\":\"up\","
                        + "\"metadata\":{\"weight\":\"100\",\"zone\":\"a\"},\"service_metadata\":null,"
                        + "\"endpoints\":[{\"name\":\"A.B\",\"request\":null,\"response\":null,\"metadata\":null}]}");
        assertThat(written("rollcall", SAY.withId("a/b%"))).startsWith("/rollcall/hello.srv.say/a%2Fb%25\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"schema\":2,\"service\":\"pay\",\"id\":\"n1\" | schema: 2 (expected: 1)",
                "\"service\":\"pay\",\"id\":\"n1\" | schema: 0 (expected: 1)",
                "\"schema\":1,\"service\":\"pay\",\"id\":\"n1\" | status: \"\" (expected: up or draining)",
                "\"schema\":1,\"status\":\"up\",\"service\":\"pay\",\"id\":\"n2\" | key \"/rollcall/pay/n1\"",
                "\"schema\":1,\"status\":\"up\",\"service\":\"pay\",\"id\":\"n1\",\"id\":\"n1\" | id: twice",
            })
    void our_own_format_is_read_strictly(String fields, String reason) {
        byte[] value = ("{\"address\":\"10.0.0.7:80\"," + fields + "}").getBytes(UTF_8);
        assertThatThrownBy(() -> Layouts.of("rollcall", null).decode("/rollcall/pay/n1", value))
                .isInstanceOf(UnreadableValueException.class)
                .hasMessageStartingWith(reason);
    }

    @ParameterizedTest
    @CsvSource({
        "go-kit, pay/x, http://10.0.0.7:80/path?a=b, http",
        "go-kit, pay/x, grpc://10.0.0.7:80, grpc",
    })
    void a_scheme_in_go_kits_value_is_the_protocol(String name, String key, String value, String protocol)
            throws Exception {
        Instance read = Layouts.of(name, null).decode(key, value.getBytes(UTF_8));
        assertThat(read.address()).isEqualTo(new Address("10.0.0.7", 80));
        assertThat(read.metadata()).isEqualTo(Map.of("protocol", protocol));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"Addr\":\"10.0.0.7:80\"} | {}",
                "{\"addr\":\"10.0.0.7:80\",\"Metadata\":\"text\"} | {}",
                "{\"Addr\":\"10.0.0.7:80\",\"Metadata\":[1,[2]]} | {}",
                "{\"Addr\":\"10.0.0.7:80\",\"Metadata\":{\"n\":1,\"o\":{\"x\":1},\"z\":null,\"t\":true}} | {n=1, t=true}",
            })
    void metadata_of_etcd_naming_may_be_any_json(String value, String metadata) throws Exception {
        Instance read = Layouts.of("etcd-naming", null).decode("pay/x", value.getBytes(UTF_8));
        assertThat(new java.util.TreeMap<>(read.metadata())).hasToString(metadata);
    }

    private static Layout.Entry own(Layout layout, Instance instance) {
        List<Layout.Entry> own = layout.encode(instance, LEASE).stream()
                .filter(entry -> !entry.shared())
                .toList();
        assertThat(own).hasSize(1);
        return own.get(0);
    }

    private static String written(String name, Instance instance) {
        return shown(own(Layouts.of(name, null), instance));
    }

    private static String shown(Layout.Entry entry) {
        return entry.key() + "\n" + new String(entry.value(), UTF_8);
    }

    /** Key and value below a heading of the computed vectors. */
    private static String computed(String heading) throws IOException {
        Matcher found = Pattern.compile(Pattern.quote(heading) + " +key=(\\S+).*\n +val=(.*)")
                .matcher(vectors("layouts-computed"));
        assertThat(found.find()).as(heading).isTrue();
        return found.group(1) + "\n" + found.group(2);
    }

    /** Key and value that a real program stored. */
    private static String captured(String name, String keyEnd) throws IOException {
        Matcher found = Pattern.compile("key=\"(\\S*" + Pattern.quote(keyEnd) + ")\"\nvalue=.*\nhex=(\\S+)")
                .matcher(vectors(name));
        assertThat(found.find()).as(keyEnd).isTrue();
        return found.group(1) + "\n" + new String(HexFormat.of().parseHex(found.group(2)), UTF_8);
    }

    private static String vectors(String name) throws IOException {
        try (InputStream in = OtherFleetsTest.class.getResourceAsStream("/vectors/" + name + ".txt")) {
            return new String(java.util.Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
        }
    }
}
