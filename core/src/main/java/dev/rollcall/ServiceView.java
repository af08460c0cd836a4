package dev.rollcall;

import dev.rollcall.CallFailedException.Attempt;
import dev.rollcall.NoInstanceException.Reason;
import dev.rollcall.ServiceSnapshot.Freshness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * The live, always current snapshot of one service, and how to choose from it and call it. Safe for use by many threads; make
 * one per service and keep it.
 *
 * <pre>{@code
 * ServiceView users = rollcall.service("svc.user.agent");
 * Instance target = users.pick();
 * String token = users.call(instance -> login(instance));
 * }</pre>
 *
 * <p>{@link #where} and {@link #with(Strategy)} make views that are derived from this one: they read the same subscription, have
 * a balancer of their own, and end when the view that was opened is closed. Closing a derived view does nothing.
 *
 * <p>While the registry is away the last snapshot stays, so picks and calls go on.
 */
public final class ServiceView implements AutoCloseable {
    static final Filter ALL = instance -> true;

    /** What a view and those derived from it share. */
    private static final class Source {
        private final Subscription subscription;
        private volatile boolean closed;

        Source(Subscription subscription) {
            this.subscription = subscription;
        }
    }

    /** A snapshot and what the filter takes of it; both final, so it may be published without order. */
    private record Selection(ServiceSnapshot from, ServiceSnapshot taken) {}

    private final Source source;
    private final boolean derived;
    private final Filter filter;
    private final Strategy strategy;
    private final CallPolicy policy;
    private final LongSupplier nanos;
    private final Balancer balancer;
    private final Balancer retries;
    private Selection selection;

    private ServiceView(
            Source source, boolean derived, Filter filter, Strategy strategy, CallPolicy policy, LongSupplier nanos) {
        this.source = source;
        this.derived = derived;
        this.filter = Objects.requireNonNull(filter, "filter");
        this.strategy = strategy;
        this.policy = Objects.requireNonNull(policy, "policy");
        this.nanos = nanos;
        this.balancer = strategy.balancer();
        this.retries = strategy.balancer();
        ServiceSnapshot cold =
                ServiceSnapshot.cold(source.subscription.snapshot().service());
        this.selection = new Selection(cold, cold);
    }

    /** A view that owns the subscription, takes every instance, chooses at random as go-micro does, and has the default policy. */
    static ServiceView over(Subscription subscription) {
        return over(subscription, Strategy.random(), CallPolicy.DEFAULT, System::nanoTime);
    }

    static ServiceView over(Subscription subscription, Strategy strategy, CallPolicy policy, LongSupplier nanos) {
        return new ServiceView(new Source(subscription), false, ALL, strategy, policy, nanos);
    }

    /** The name of the service. */
    public String service() {
        return source.subscription.snapshot().service();
    }

    /** The current snapshot: what the filter takes of it. Stays readable, and stays as it is, after the view is closed. */
    public ServiceSnapshot snapshot() {
        return taken(source.subscription.snapshot());
    }

    private ServiceSnapshot taken(ServiceSnapshot whole) {
        if (filter == ALL) {
            return whole;
        }
        Selection current = selection;
        if (current.from != whole) {
            current = new Selection(whole, whole.where(filter));
            selection = current;
        }
        return current.taken;
    }

    /** Waits until the first list has arrived; an interrupt ends the waiting and stays set.
     *
     * @return whether it has
     */
    public boolean await(Duration atMost) {
        return source.subscription.await(atMost);
    }

    /** A derived view that takes only what both this view and the filter take. */
    public ServiceView where(Filter added) {
        return derive(filter == ALL ? added : filter.and(added), strategy, policy);
    }

    /** A derived view that chooses in another way. */
    public ServiceView with(Strategy changed) {
        return derive(filter, changed, policy);
    }

    /** A derived view that calls in another way. */
    public ServiceView with(CallPolicy changed) {
        return derive(filter, strategy, changed);
    }

    private ServiceView derive(Filter newFilter, Strategy newStrategy, CallPolicy newPolicy) {
        return new ServiceView(source, true, newFilter, newStrategy, newPolicy, nanos);
    }

    /**
     * Chooses an instance: UP ones first, then those that are draining, then suspect ones. No input or output, no lock, and no
     * allocation while nothing has changed.
     *
     * @throws NoInstanceException when there is none; it says why
     */
    public Instance pick() {
        ServiceSnapshot whole = source.subscription.snapshot();
        Candidates candidates = taken(whole).candidates();
        if (candidates.size() == 0 || source.closed) {
            throw nothing(whole);
        }
        return balancer.pick(candidates);
    }

    /**
     * Calls the function with a picked instance and, when it throws, with others, as far as the view's {@link CallPolicy} allows:
     * all different, first the rest of the best, then draining, then suspect ones. On the calling thread; nothing waits between
     * tries. The balancer is told how each try ended: with an answer, which a final exception is too, or in failure.
     *
     * <p>An exception that the policy calls final is thrown as it is; so the function's checked exception, if it has one, is
     * declared here. An {@link Error} is always thrown as it is. When the thread is interrupted, which an {@link
     * InterruptedException} from the function means too, no further try starts and the interrupt stays set.
     *
     * @throws NoInstanceException when there is no instance to start with; at once, it does not wait for one
     * @throws CallFailedException when every try failed; it names them
     */
    public <T, X extends Exception> T call(Call<? extends T, X> function) throws X {
        long start = nanos.getAsLong();
        List<Attempt> failed = List.of();
        Instance instance = pick();
        while (true) {
            Outcome outcome = Outcome.ABANDONED;
            started(instance);
            try {
                T answer = function.on(instance);
                outcome = Outcome.ANSWERED;
                return answer;
            } catch (Exception thrown) {
                if (thrown instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                } else if (policy.finals().test(thrown)) {
                    outcome = Outcome.ANSWERED;
                    throw thrown;
                } else {
                    outcome = Outcome.FAILED;
                }
                if (failed.isEmpty()) {
                    failed = new ArrayList<>(policy.attempts());
                }
                failed.add(new Attempt(instance, thrown));
            } finally {
                ended(instance, outcome);
            }
            instance = next(failed, start);
        }
    }

    /**
     * Tells the view's balancer that a call of an instance begins, for callers that {@link #pick} and make the call by themselves;
     * {@link #call} does so. To be followed by one {@link #ended}.
     */
    public void started(Instance instance) {
        balancer.started(instance);
        retries.started(instance);
    }

    /** Tells the view's balancer that a call that was {@link #started} is over. */
    public void ended(Instance instance, Outcome outcome) {
        balancer.ended(instance, outcome);
        retries.ended(instance, outcome);
    }

    private Instance next(List<Attempt> failed, long start) {
        if (Thread.currentThread().isInterrupted()) {
            throw failure(failed, "interrupted");
        }
        if (failed.size() >= policy.attempts()) {
            throw failure(failed, "no more are allowed");
        }
        if (Duration.ofNanos(nanos.getAsLong() - start).compareTo(policy.deadline()) >= 0) {
            throw failure(failed, "the deadline of " + policy.deadline().toMillis() + "ms is over");
        }
        Candidates rest = snapshot().where(instance -> !tried(failed, instance)).candidates();
        if (rest.size() == 0 || source.closed) {
            throw failure(failed, source.closed ? "the view was closed" : "there is no other");
        }
        return retries.pick(rest);
    }

    private static boolean tried(List<Attempt> failed, Instance instance) {
        return failed.stream().anyMatch(attempt -> attempt.instance().id().equals(instance.id()));
    }

    private CallFailedException failure(List<Attempt> failed, String end) {
        return new CallFailedException(service(), failed, end);
    }

    private NoInstanceException nothing(ServiceSnapshot whole) {
        String service = Text.quote(whole.service());
        RollcallException problem = source.subscription.problem().orElse(null);
        Reason reason;
        String message;
        if (source.closed) {
            reason = Reason.CLOSED;
            message = "the view of " + service + " is closed";
        } else if (whole.freshness() == Freshness.COLD) {
            reason = Reason.COLD;
            message = "nothing is known of " + service + " yet: the registry has not answered";
        } else if (whole.size() == 0) {
            reason = Reason.EMPTY;
            message = "no instance of " + service + " is registered";
        } else {
            reason = Reason.FILTERED;
            message = "the filter takes none of the " + whole.size() + " instances of " + service;
        }
        if (whole.freshness() == Freshness.STALE) {
            message += ", as of " + whole.staleFor().toSeconds() + "s ago, when the registry was last heard";
        }
        if (problem != null) {
            message += ": " + problem.getMessage();
        }
        return new NoInstanceException(whole.service(), reason, message, problem);
    }

    /** Ends the subscription, and with it this view and all derived from it; on a derived view does nothing. Idempotent. */
    @Override
    public void close() {
        if (!derived) {
            source.closed = true;
            source.subscription.close();
        }
    }
}
