package dev.rollcall.bench;

import java.util.List;

/** One named question about speed. */
interface Question {
    /** What stands on the command line: {@code pick}. */
    String name();

    /** The question in one line. */
    String title();

    /** Measures and answers; takes a minute at most in the quick mode. */
    List<Answer> ask() throws Exception;

    /**
     * One row of the table.
     *
     * @param what was measured
     * @param measured the figures behind the value, for people
     * @param value what the goal is about, a ratio wherever one can be had
     * @param goal the most the value may be
     * @param unit of both: {@code x}, {@code us}, {@code B}
     */
    record Answer(String what, String measured, double value, double goal, String unit) {
        boolean held() {
            return value <= goal;
        }
    }
}
