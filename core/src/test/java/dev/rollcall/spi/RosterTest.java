package dev.rollcall.spi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Change;
import dev.rollcall.Instance;
import dev.rollcall.ServiceSnapshot;
import dev.rollcall.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RosterTest {
    private final Roster roster = new Roster("hello.srv.say");

    private static Instance instance(String id) {
        return Instance.of("hello.srv.say", "10.0.0.7", 8080).withId(id);
    }

    private static Optional<Change> change(Change.Kind kind, Instance instance) {
        return Optional.of(new Change(kind, instance));
    }

    @Test
    void instances_are_sorted_by_their_id() {
        roster.put("k2", instance("x"));
        roster.put("k3", instance("a"));
        roster.put("k1", instance("m"));
        assertThat(roster.snapshot(5).instances()).extracting(Instance::id).containsExactly("a", "m", "x");
        assertThat(roster.snapshot(5).revision()).isEqualTo(5);
        assertThat(roster.snapshot(5).service()).isEqualTo("hello.srv.say");
    }

    @Test
    void a_change_says_what_happened() {
        Instance first = instance("a");
        Instance second = first.withVersion("v2");
        assertThat(roster.put("k", first)).isEqualTo(change(Change.Kind.JOINED, first));
        assertThat(roster.put("k", instance("a"))).isEmpty();
        assertThat(roster.put("k", second)).isEqualTo(change(Change.Kind.UPDATED, second));
        assertThat(roster.remove("k", true)).isEqualTo(change(Change.Kind.LOST, second));
        assertThat(roster.remove("k", true)).isEmpty();
        assertThat(roster.size()).isZero();
    }

    @Test
    void a_draining_instance_leaves_gracefully_if_its_end_was_seen() {
        Instance draining = instance("a").withStatus(Status.DRAINING);
        roster.put("k", draining);
        assertThat(roster.remove("k", true)).isEqualTo(change(Change.Kind.LEFT_GRACEFULLY, draining));
        roster.put("k", draining);
        assertThat(roster.remove("k", false)).isEqualTo(change(Change.Kind.LEFT, draining));
    }

    @Test
    void a_snapshot_does_not_change_any_more() {
        roster.put("k1", instance("a"));
        roster.put("k3", instance("c"));
        ServiceSnapshot before = roster.snapshot(1);
        List<Instance> then = List.copyOf(before.instances());
        roster.put("k2", instance("b"));
        roster.put("k1", instance("a").withVersion("v2"));
        roster.remove("k3", true);
        assertThat(before.instances()).isEqualTo(then);
        assertThat(roster.snapshot(2).instances()).extracting(Instance::id).containsExactly("a", "b");
    }

    @Test
    void draining_instances_are_left_out_of_the_candidates_while_others_are_up() {
        roster.put("k1", instance("a"));
        roster.put("k2", instance("b"));
        roster.put("k1", instance("a").withStatus(Status.DRAINING));
        assertThat(roster.snapshot(1).candidates().size()).isEqualTo(1);
        assertThat(roster.snapshot(1).candidates().at(0).id()).isEqualTo("b");
        roster.put("k1", instance("a"));
        assertThat(roster.snapshot(2).candidates().size()).isEqualTo(2);
        roster.put("k1", instance("a").withStatus(Status.DRAINING));
        roster.remove("k1", true);
        roster.put("k3", instance("c"));
        assertThat(roster.snapshot(3).candidates().size()).isEqualTo(2);
    }

    @Test
    void a_suspect_stays_but_is_no_candidate_until_it_is_put_again() {
        Instance a = instance("a");
        roster.put("k1", a);
        roster.put("k2", instance("b"));
        assertThat(roster.suspect("k1")).isTrue();
        assertThat(roster.suspect("k1")).isFalse();
        assertThat(roster.suspect("k9")).isFalse();
        ServiceSnapshot doubtful = roster.snapshot(1);
        assertThat(doubtful.size()).isEqualTo(2);
        assertThat(doubtful.suspect(a)).isTrue();
        assertThat(doubtful.candidates().size()).isEqualTo(1);

        assertThat(roster.put("k1", instance("a"))).isEqualTo(change(Change.Kind.UPDATED, a));
        assertThat(roster.snapshot(2).suspect(a)).isFalse();
        assertThat(roster.snapshot(2).candidates().size()).isEqualTo(2);
        assertThat(doubtful.suspect(a)).isTrue();
    }

    @Test
    void a_suspect_that_is_removed_is_no_suspect_when_it_comes_back() {
        roster.put("k", instance("a"));
        roster.suspect("k");
        roster.remove("k", false);
        assertThat(roster.put("k", instance("a"))).isEqualTo(change(Change.Kind.JOINED, instance("a")));
        assertThat(roster.snapshot(1).candidates().size()).isEqualTo(1);
    }

    @Test
    void it_agrees_with_a_sorted_map_after_any_steps() {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            Roster tested = new Roster("hello.srv.say");
            TreeMap<String, Instance> model = new TreeMap<>();
            List<ServiceSnapshot> snapshots = new ArrayList<>();
            List<List<Instance>> expected = new ArrayList<>();
            for (int step = 0; step < 2_000; step++) {
                String key = "k" + random.nextInt(600);
                if (random.nextInt(3) == 0) {
                    assertThat(tested.remove(key, true).isPresent()).isEqualTo(model.remove(key) != null);
                } else {
                    Instance instance = instance(key).withVersion("v" + random.nextInt(3));
                    boolean same = instance.equals(model.put(key, instance));
                    assertThat(tested.put(key, instance).isPresent()).isEqualTo(!same);
                }
                assertThat(tested.find(key)).isEqualTo(model.get(key));
                if (random.nextInt(4) == 0) {
                    snapshots.add(tested.snapshot(step));
                    expected.add(List.copyOf(model.values()));
                }
            }
            for (int i = 0; i < snapshots.size(); i++) {
                assertThat(snapshots.get(i).instances()).as("seed %d", seed).isEqualTo(expected.get(i));
            }
        }
    }
}
