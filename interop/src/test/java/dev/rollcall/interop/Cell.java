package dev.rollcall.interop;

import static org.assertj.core.api.Assertions.assertThat;

import org.opentest4j.TestAbortedException;

/** One cell of the table: a check against one {@link Column}. A test may add what it measured, or why it cannot pass. */
final class Cell {
    private String figure = "";

    /** What was measured, as it shall stand in the table. */
    void figure(String text) {
        figure = text;
    }

    String figure() {
        return figure;
    }

    /**
     * Ends the test here: the other side itself is in the way, as the test has just seen.
     *
     * @param why in words, for the table
     */
    TestAbortedException cannot(String why) {
        assertThat(why).isNotBlank();
        return new TestAbortedException(why);
    }
}
