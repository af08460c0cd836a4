package dev.rollcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.ServiceSnapshot.Freshness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ServiceSnapshotTest {
    private final Instance up = Some.instance("up");
    private final Instance draining = Some.instance("draining").withStatus(Status.DRAINING);
    private final Instance suspect = Some.instance("suspect");
    private final Instance suspectDraining = Some.instance("both").withStatus(Status.DRAINING);

    private ServiceSnapshot tiers(Instance... instances) {
        return ServiceSnapshot.live(
                Some.SERVICE, 7, Candidates.of(List.of(instances)), Set.of(suspect, suspectDraining), true);
    }

    private static List<Instance> list(Candidates candidates) {
        return IntStream.range(0, candidates.size()).mapToObj(candidates::at).toList();
    }

    @Test
    void a_cold_one_is_empty() {
        ServiceSnapshot cold = ServiceSnapshot.cold(Some.SERVICE);
        assertThat(cold.freshness()).isEqualTo(Freshness.COLD);
        assertThat(cold.instances()).isEmpty();
        assertThat(cold.candidates().size()).isZero();
        assertThat(cold.stale(System.nanoTime())).isSameAs(cold);
        assertThat(cold.staleFor()).isZero();
    }

    @Test
    void candidates_are_the_up_ones() {
        assertThat(list(tiers(draining, suspect, up, suspectDraining).candidates()))
                .containsExactly(up);
    }

    @Test
    void candidates_are_the_draining_ones_when_no_other_is_up() {
        assertThat(list(tiers(draining, suspect).candidates())).containsExactly(draining);
    }

    @Test
    void candidates_are_the_suspect_ones_when_nothing_else_is_left() {
        assertThat(list(tiers(suspect, suspectDraining).candidates())).containsExactly(suspect, suspectDraining);
        assertThat(tiers(suspect).suspect(suspect)).isTrue();
        assertThat(tiers(suspect, up).suspect(up)).isFalse();
    }

    @Test
    void a_filter_goes_before_the_tiers() {
        ServiceSnapshot all = tiers(up, draining, suspect);
        assertThat(list(all.where(instance -> !instance.equals(up)).candidates()))
                .containsExactly(draining);
        assertThat(list(all.where(suspect::equals).candidates())).containsExactly(suspect);
        assertThat(all.where(instance -> false).candidates().size()).isZero();
        assertThat(all.where(instance -> true)).isSameAs(all);
    }

    @Test
    void a_filtered_one_keeps_what_is_said_of_the_whole() {
        ServiceSnapshot stale = tiers(up, suspect).stale(System.nanoTime());
        ServiceSnapshot some = stale.where(suspect::equals);
        assertThat(some.revision()).isEqualTo(7);
        assertThat(some.freshness()).isEqualTo(Freshness.STALE);
        assertThat(some.suspect(suspect)).isTrue();
    }

    @Test
    void going_stale_and_live_again_keeps_the_candidates() {
        ServiceSnapshot live = tiers(up, draining);
        ServiceSnapshot stale =
                live.stale(System.nanoTime() - Duration.ofSeconds(5).toNanos());
        assertThat(stale.freshness()).isEqualTo(Freshness.STALE);
        assertThat(stale.staleFor()).isBetween(Duration.ofSeconds(5), Duration.ofMinutes(5));
        assertThat(stale.stale(System.nanoTime())).isSameAs(stale);
        ServiceSnapshot again = stale.live(9);
        assertThat(again.freshness()).isEqualTo(Freshness.LIVE);
        assertThat(again.revision()).isEqualTo(9);
        assertThat(again.staleFor()).isZero();
        assertThat(again.candidates()).isSameAs(live.candidates());
    }

    @Test
    void the_list_is_copied_and_cannot_be_changed() {
        List<Instance> given = new ArrayList<>(List.of(up));
        ServiceSnapshot snapshot = ServiceSnapshot.of(Some.SERVICE, 1, given);
        given.clear();
        assertThat(snapshot.instances()).containsExactly(up);
        assertThat(snapshot.size()).isEqualTo(1);
        assertThatThrownBy(() -> snapshot.instances().set(0, draining))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void candidates_of_a_list_are_its_copy() {
        List<Instance> given = new ArrayList<>(List.of(up, draining));
        Candidates candidates = Candidates.of(given);
        given.clear();
        assertThat(list(candidates)).containsExactly(up, draining);
        assertThat(Candidates.of(List.of()).size()).isZero();
    }

    @Test
    void it_says_what_it_is() {
        assertThat(tiers(up, draining)).hasToString("ServiceSnapshot[hello.srv.say, 2 instances, revision 7, LIVE]");
    }
}
