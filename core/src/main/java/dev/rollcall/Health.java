package dev.rollcall;

import java.util.List;

/**
 * How a {@link Rollcall} is, in words for an operator.
 *
 * @param ok whether every registration is REGISTERED and every view is live
 * @param problems one sentence each; empty when ok
 */
public record Health(boolean ok, List<String> problems) {
    public Health {
        problems = List.copyOf(problems);
    }
}
