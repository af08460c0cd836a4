package dev.rollcall;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Leaves out candidates that keep failing, as an {@link Ejection} says. */
final class EjectingBalancer implements Balancer {
    private static final int SPARE = 16;

    /** An instance that failed lately: how often in a row, how often it was put out, and until when it is or was. */
    private record Trouble(int failures, int times, long until) {}

    /** Those of the candidates that are not out, as long as nobody else is put out and until somebody returns. */
    private record Selection(Candidates from, int version, Candidates taken, boolean all, long until) {}

    private record Out(Instance instance, long until) {}

    private final Balancer chosen;
    private final Ejection ejection;
    private final LongSupplier nanos;
    private final LongUnaryOperator upTo;
    private final ConcurrentHashMap<String, Trouble> troubles = new ConcurrentHashMap<>();
    private final AtomicInteger version = new AtomicInteger();

    // Read and written without order on purpose: a thread that sees an old one makes the same new one again.
    private Selection selection = new Selection(Candidates.NONE, 0, Candidates.NONE, true, 0);

    /** @param upTo a random number from 1 to its argument */
    EjectingBalancer(Balancer chosen, Ejection ejection, LongSupplier nanos, LongUnaryOperator upTo) {
        this.chosen = chosen;
        this.ejection = ejection;
        this.nanos = nanos;
        this.upTo = upTo;
    }

    @Override
    public Instance pick(Candidates candidates) {
        Selection current = selection;
        if (current.from != candidates
                || current.version != version.get()
                || (!current.all && nanos.getAsLong() - current.until >= 0)) {
            current = select(candidates);
            selection = current;
        }
        return chosen.pick(current.taken);
    }

    private Selection select(Candidates candidates) {
        int seen = version.get();
        long now = nanos.getAsLong();
        List<Out> out = new ArrayList<>();
        for (int i = 0; i < candidates.size() && !troubles.isEmpty(); i++) {
            Trouble trouble = troubles.get(candidates.at(i).id());
            if (trouble != null && isOut(trouble, now)) {
                out.add(new Out(candidates.at(i), trouble.until));
            }
        }
        if (troubles.size() > candidates.size() + SPARE) {
            forgetOthers(candidates);
        }
        if (out.isEmpty()) {
            return new Selection(candidates, seen, candidates, true, 0);
        }
        long until = out.stream()
                .mapToLong(Out::until)
                .reduce((one, other) -> one - other < 0 ? one : other)
                .getAsLong();
        Set<Instance> left = new HashSet<>();
        out.stream()
                .sorted(Comparator.comparingLong((Out gone) -> now - gone.until))
                .limit(ejection.most(candidates.size()))
                .forEach(gone -> left.add(gone.instance));
        List<Instance> taken = new ArrayList<>(candidates.size());
        for (int i = 0; i < candidates.size(); i++) {
            if (!left.contains(candidates.at(i))) {
                taken.add(candidates.at(i));
            }
        }
        return new Selection(candidates, seen, Candidates.of(taken), false, until);
    }

    private void forgetOthers(Candidates candidates) {
        Set<String> known = new HashSet<>();
        for (int i = 0; i < candidates.size(); i++) {
            known.add(candidates.at(i).id());
        }
        troubles.keySet().retainAll(known);
    }

    @Override
    public void started(Instance instance) {
        chosen.started(instance);
    }

    @Override
    public void ended(Instance instance, Outcome outcome) {
        chosen.ended(instance, outcome);
        if (outcome == Outcome.FAILED) {
            failed(instance.id());
        } else if (outcome == Outcome.ANSWERED && !troubles.isEmpty() && troubles.containsKey(instance.id())) {
            troubles.computeIfPresent(instance.id(), (id, trouble) -> answered(trouble));
        }
    }

    private void failed(String id) {
        boolean[] ejected = {false};
        troubles.compute(id, (same, trouble) -> {
            Trouble known = trouble == null ? new Trouble(0, 0, 0) : trouble;
            long now = nanos.getAsLong();
            if (isOut(known, now)) {
                return known; // a call from before it was put out
            }
            if (known.failures + 1 < ejection.failures()) {
                return new Trouble(known.failures + 1, known.times, known.until);
            }
            ejected[0] = true;
            return new Trouble(ejection.failures() - 1, known.times + 1, now + upTo.applyAsLong(most(known.times)));
        });
        if (ejected[0]) {
            version.incrementAndGet();
        }
    }

    /** What an answer leaves of a trouble: nothing, if it was never put out or has been back for long. */
    private @Nullable Trouble answered(Trouble trouble) {
        long now = nanos.getAsLong();
        if (isOut(trouble, now)) {
            return trouble;
        }
        boolean over = trouble.times == 0 || now - trouble.until >= most(trouble.times);
        return over ? null : new Trouble(0, trouble.times, trouble.until);
    }

    private boolean isOut(Trouble trouble, long now) {
        return trouble.times > 0 && trouble.until - now > 0;
    }

    /** The longest time out for an instance that was out so many times before. */
    private long most(int times) {
        long longest = ejection.longest().toNanos();
        long base = ejection.base().toNanos();
        return times < Long.numberOfLeadingZeros(base) - 1 ? Math.min(longest, base << times) : longest;
    }
}
