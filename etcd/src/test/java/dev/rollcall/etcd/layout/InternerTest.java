package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class InternerTest {
    private final Interner interner = new Interner();

    @Test
    void equal_texts_become_one() {
        assertThat(text("zone")).isEqualTo("zone").isSameAs(text("zone"));
        assertThat(text("")).isEmpty();
        assertThat(text("\ud83d\ude00")).isEqualTo("\ud83d\ude00").isSameAs(text("\ud83d\ude00"));
    }

    @Test
    void long_texts_are_not_kept() {
        assertThat(text("x".repeat(64))).isSameAs(text("x".repeat(64)));
        assertThat(text("x".repeat(65))).isEqualTo("x".repeat(65)).isNotSameAs(text("x".repeat(65)));
    }

    @Test
    void texts_of_one_hash_are_told_apart() {
        assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
        String first = text("Aa");
        String second = text("BB");
        assertThat(first).isEqualTo("Aa").isSameAs(text("Aa"));
        assertThat(second).isEqualTo("BB").isSameAs(text("BB"));
        assertThat(text("C#")).isEqualTo("C#");
    }

    @Test
    void most_texts_stay_one_while_a_hundred_thousand_others_pass() {
        List<String> first = texts("hot", 100);
        texts("cold", 100_000);
        assertThat(texts("hot", 100)).isEqualTo(first);

        Set<String> objects = Collections.newSetFromMap(new IdentityHashMap<>());
        objects.addAll(texts("hot", 100));
        texts("warm", 1_000);
        objects.addAll(texts("hot", 100));
        assertThat(objects).hasSizeBetween(100, 120);
    }

    @Test
    void equal_maps_and_lists_become_one() {
        Map<String, String> map = interner.map(List.of("weight", "1", "zone", "a"));
        assertThat(map).isEqualTo(Map.of("zone", "a", "weight", "1"));
        assertThat(interner.map(List.of("weight", "1", "zone", "a"))).isSameAs(map);
        assertThat(interner.map(List.of("zone", "a", "weight", "1"))).isSameAs(map);
        assertThat(interner.map(List.of("weight", "1", "zone", "b", "zone", "a")))
                .isSameAs(map);
        List<Endpoint> list = List.of(Endpoint.of("a"), Endpoint.of("b"), Endpoint.of("c"));
        assertThat(interner.list(list)).isSameAs(list);
        assertThat(interner.list(List.copyOf(new ArrayList<>(list)))).isSameAs(list);
        assertThat(interner.list(List.of(Endpoint.of("a")))).isEqualTo(List.of(Endpoint.of("a")));
    }

    @Test
    void maps_of_one_hash_are_told_apart() {
        for (List<String> pairs : List.of(
                List.of("a", "b"),
                List.of("b", "a"),
                List.of("a", "1", "b", "2"),
                List.of("a", "2", "b", "1"),
                List.of("Aa", "1", "c", "1"),
                List.of("BB", "1", "c", "1"),
                List.of("BB", "1", "BB", "1"),
                List.of("Aa", "1", "BB", "1"),
                List.of("Aa", "1", "Aa", "1"),
                List.of("BB", "1", "Aa", "1"))) {
            Map<String, String> expected = new HashMap<>();
            for (int i = 0; i < pairs.size(); i += 2) {
                expected.put(pairs.get(i), pairs.get(i + 1));
            }
            assertThat(interner.map(pairs)).as("%s", pairs).isEqualTo(expected);
        }
    }

    @Test
    void instances_that_say_the_same_share_it() throws Exception {
        Layout layout = Layouts.of("go-micro", null);
        Instance one = decode(layout, "n1");
        Instance other = decode(layout, "n2");
        assertThat(other.id()).isEqualTo("n2");
        assertThat(other.service()).isSameAs(one.service());
        assertThat(other.version()).isSameAs(one.version());
        assertThat(other.metadata()).isSameAs(one.metadata());
        assertThat(other.serviceMetadata()).isSameAs(one.serviceMetadata());
        assertThat(other.endpoints()).isSameAs(one.endpoints());
    }

    @Test
    void threads_get_what_they_ask_for() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> done = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                done.add(threads.submit(() -> {
                    for (int i = 0; i < 50_000; i++) {
                        assertThat(text("k" + i % 20_000).equals("k" + i % 20_000))
                                .isTrue();
                        assertThat(interner.map(List.of("k", "v" + i % 5_000)).get("k"))
                                .isEqualTo("v" + i % 5_000);
                    }
                }));
            }
            for (Future<?> each : done) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static Instance decode(Layout layout, String id) throws UnreadableValueException {
        return layout.decode(
                id,
                ("{\"name\":\"pay\",\"version\":\"1\",\"metadata\":{\"team\":\"core\"},\"endpoints\":[{\"name\":\"Pay.Card\"}],"
                                + "\"nodes\":[{\"id\":\"" + id + "\",\"address\":\"10.0.0.7:80\",\"metadata\":"
                                + "{\"zone\":\"a\",\"weight\":\"1\"}}]}")
                        .getBytes(UTF_8));
    }

    private List<String> texts(String name, int count) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(text(name + i));
        }
        return texts;
    }

    private String text(String text) {
        byte[] bytes = ("<" + text + ">").getBytes(StandardCharsets.UTF_8);
        return interner.text(bytes, 1, bytes.length - 2);
    }
}
