package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class FilterTest {
    private static final Instance A = Some.instance("a")
            .withVersion("v1")
            .withMetadata("zone", "north")
            .withEndpoints(List.of(Endpoint.of("Greeter.Hello"), Endpoint.of("Greeter.Bye")));
    private static final Instance B = Some.instance("b").withVersion("v2").withMetadata("zone", "south");
    private static final Instance BARE = Some.instance("bare");

    private static List<Instance> taken(Filter filter) {
        return List.of(A, B, BARE).stream().filter(filter).toList();
    }

    @Test
    void all_takes_all() {
        assertThat(taken(Filter.all())).containsExactly(A, B, BARE);
    }

    @Test
    void a_version_must_be_the_same_text() {
        assertThat(taken(Filter.version("v1"))).containsExactly(A);
        assertThat(taken(Filter.version("v"))).isEmpty();
    }

    @Test
    void metadata_must_have_the_entry() {
        assertThat(taken(Filter.metadata("zone", "south"))).containsExactly(B);
        assertThat(taken(Filter.metadata("Zone", "south"))).isEmpty();
    }

    @Test
    void metadata_of_the_service_does_not_count() {
        Instance instance = Some.instance("c").withServiceMetadata(Map.of("zone", "south"));
        assertThat(Filter.metadata("zone", "south").test(instance)).isFalse();
    }

    @Test
    void a_zone_is_metadata() {
        assertThat(taken(Filter.zone("north"))).containsExactly(A);
    }

    @Test
    void an_endpoint_must_be_listed() {
        assertThat(taken(Filter.endpoint("Greeter.Bye"))).containsExactly(A);
        assertThat(taken(Filter.endpoint("Greeter"))).isEmpty();
    }

    @Test
    void filters_combine_with_each_other_and_with_any_predicate() {
        Predicate<Object> never = any -> false;
        Filter notSouth = Filter.zone("south").negate();
        assertThat(taken(notSouth.and(Filter.version("v1")))).containsExactly(A);
        assertThat(taken(Filter.version("v2").or(Filter.endpoint("Greeter.Hello"))))
                .containsExactly(A, B);
        assertThat(taken(Filter.all().and(never))).isEmpty();
        assertThat(taken(Filter.version("v1").or(never))).containsExactly(A);
    }
}
