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

    /** What a reader of the answers must know to judge them; may be empty. */
    default String remark() {
        return "";
    }

    /**
     * One row of the table.
     *
     * @param what was measured
     * @param measured the figures behind the value, for people
     * @param value what the goal is about, a ratio wherever one can be had
     * @param goal the most the value may be; NaN for a figure that only explains another
     * @param unit of both: {@code x}, {@code us}, {@code B}
     */
    record Answer(String what, String measured, double value, double goal, String unit) {
        /** A row that explains the others. */
        static Answer explaining(String what, String measured, double value, String unit) {
            return new Answer(what, measured, value, Double.NaN, unit);
        }

        boolean held() {
            return !(value > goal);
        }
    }
}
