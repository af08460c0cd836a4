package dev.rollcall;

import java.util.ArrayList;
import java.util.List;

/** Picks in one zone, and outside when there is nobody, or when those inside are much busier. */
final class ZoneFirstBalancer implements Balancer {
    /** So many calls more than twice what one outside has send a call outside. */
    static final int SLACK = 10;

    private record Parted(Candidates from, Candidates inside, Candidates outside) {}

    private final Filter zone;
    private final Balancer inside;
    private final Balancer outside;
    private final InFlight inFlight = new InFlight();

    // Read and written without order on purpose: a thread that sees an old one makes the same new one again.
    private Parted parted = new Parted(Candidates.NONE, Candidates.NONE, Candidates.NONE);

    ZoneFirstBalancer(String zone, Strategy within) {
        this.zone = Filter.zone(zone);
        this.inside = within.balancer();
        this.outside = within.balancer();
    }

    @Override
    public Instance pick(Candidates candidates) {
        Parted current = parted;
        if (current.from != candidates) {
            current = part(candidates);
            parted = current;
        }
        if (current.inside.size() == 0) {
            return outside.pick(current.outside);
        }
        Instance near = inside.pick(current.inside);
        int busy = inFlight.of(near);
        if (busy <= SLACK || current.outside.size() == 0) {
            return near;
        }
        Instance far = outside.pick(current.outside);
        return busy > SLACK + 2 * inFlight.of(far) ? far : near;
    }

    private Parted part(Candidates candidates) {
        List<Instance> in = new ArrayList<>();
        List<Instance> out = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            Instance instance = candidates.at(i);
            (zone.test(instance) ? in : out).add(instance);
        }
        return new Parted(candidates, Candidates.of(in), Candidates.of(out));
    }

    @Override
    public void started(Instance instance) {
        inFlight.started(instance);
        inside.started(instance);
        outside.started(instance);
    }

    @Override
    public void ended(Instance instance, Outcome outcome) {
        inFlight.ended(instance);
        inside.ended(instance, outcome);
        outside.ended(instance, outcome);
    }
}
