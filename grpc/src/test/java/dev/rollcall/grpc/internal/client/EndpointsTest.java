package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.Status;
import dev.rollcall.grpc.InstanceAttributes;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointsTest {
    private static Instance instance(String id) {
        return Instance.of("svc", "10.0.0.7", 8080).withId(id);
    }

    private static Endpoints.Found found(Instance... instances) {
        return new Endpoints().of(ServiceSnapshot.of("svc", 1, List.of(instances)));
    }

    private static List<String> ids(List<EquivalentAddressGroup> groups) {
        return groups.stream()
                .map(group ->
                        group.getAttributes().get(InstanceAttributes.INSTANCE).id())
                .toList();
    }

    private static int port(Instance instance) {
        return ((InetSocketAddress) found(instance).best().get(0).getAddresses().get(0)).getPort();
    }

    @Test
    void what_is_said_of_an_instance_travels_with_its_address() {
        Instance said =
                instance("a").withVersion("v2").withMetadata("zone", "z").withMetadata("weight", "7");
        EquivalentAddressGroup group = found(said).best().get(0);
        Attributes attributes = group.getAttributes();
        assertThat(group.getAddresses()).containsExactly(new InetSocketAddress("10.0.0.7", 8080));
        assertThat(attributes.get(InstanceAttributes.INSTANCE)).isSameAs(said);
        assertThat(attributes.get(InstanceAttributes.VERSION)).isEqualTo("v2");
        assertThat(attributes.get(InstanceAttributes.ZONE)).isEqualTo("z");
        assertThat(attributes.get(InstanceAttributes.WEIGHT)).isEqualTo("7");
        assertThat(attributes.get(InstanceAttributes.STATUS)).isEqualTo(Status.UP);
        assertThat(attributes.get(InstanceAttributes.SUSPECT)).isNull();
        assertThat(found(instance("b")).best().get(0).getAttributes().get(InstanceAttributes.ZONE))
                .isNull();
    }

    @Test
    void the_best_tier_comes_first_and_the_others_are_kept_in_reserve() {
        Instance draining = instance("b").withStatus(Status.DRAINING);
        Endpoints.Found both = found(instance("a"), draining, instance("c"));
        assertThat(ids(both.best())).containsExactly("a", "c");
        assertThat(ids(both.reserve())).containsExactly("b");
        assertThat(ids(found(draining).best())).containsExactly("b");
    }

    @Test
    void a_draining_one_is_best_when_the_others_speak_another_protocol() {
        Endpoints.Found left = found(
                instance("a").withMetadata("protocol", "mucp"), instance("b").withStatus(Status.DRAINING));
        assertThat(ids(left.best())).containsExactly("b");
        assertThat(left.reserve()).isEmpty();
    }

    @Test
    void whoever_does_not_say_mucp_or_http_is_taken() {
        assertThat(ids(found(
                                instance("a").withMetadata("protocol", "mucp"),
                                instance("b").withMetadata("protocol", "http"),
                                instance("c").withMetadata("protocol", "grpc"),
                                instance("d").withMetadata("protocol", "h2c"),
                                instance("e"),
                                instance("f").withMetadata("protocol", "http").withMetadata("gRPC_port", "9090"))
                        .best()))
                .containsExactly("c", "d", "e", "f");
    }

    @Test
    void a_port_for_grpc_that_is_none_does_not_count() {
        assertThat(port(instance("a").withMetadata("gRPC_port", "9090"))).isEqualTo(9090);
        for (String none : List.of("", "0", "65536", "99999", "123456", "-1", "grpc", "80 ")) {
            assertThat(port(instance("a").withMetadata("gRPC_port", none)))
                    .as(none)
                    .isEqualTo(8080);
        }
    }
}
