package dev.rollcall;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Every instance that {@link ServiceView#call} tried failed. The cause is what the last one threw; what the others threw is
 * suppressed.
 */
public final class CallFailedException extends RollcallException {
    private static final long serialVersionUID = 1;

    /** One instance that was tried, and what it threw. */
    public record Attempt(Instance instance, Exception thrown) {
        @Override
        public String toString() {
            return Text.plain(instance.id()) + " at "
                    + Text.plain(instance.address().toString()) + ": " + Text.plain(thrown.toString());
        }
    }

    private final String service;
    private final transient List<Attempt> attempts;

    CallFailedException(String service, List<Attempt> attempts, String end) {
        super(
                "call of " + Text.quote(service) + " failed on " + attempts.size()
                        + (attempts.size() == 1 ? " instance, " : " instances, ") + end + ": "
                        + attempts.stream().map(Attempt::toString).collect(Collectors.joining("; ")),
                attempts.get(attempts.size() - 1).thrown());
        this.service = service;
        this.attempts = List.copyOf(attempts);
        attempts.subList(0, attempts.size() - 1).stream()
                .map(Attempt::thrown)
                .filter(thrown -> thrown != getCause())
                .forEach(this::addSuppressed);
    }

    public String service() {
        return service;
    }

    /** What was tried, in order; at least one. */
    public List<Attempt> attempts() {
        return attempts;
    }
}
