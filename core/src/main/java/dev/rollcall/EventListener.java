package dev.rollcall;

/** Hears {@link Event}s. */
@FunctionalInterface
public interface EventListener {
    /** Hears nothing. */
    EventListener NONE = event -> {};

    /** Called for each event, serially, on a thread that nothing else waits for. */
    void on(Event event);

    /** An added listener; close it to hear no more. Closing is idempotent and never blocks. */
    interface Handle extends AutoCloseable {
        @Override
        void close();
    }
}
