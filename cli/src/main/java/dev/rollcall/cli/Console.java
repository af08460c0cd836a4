package dev.rollcall.cli;

import java.io.PrintWriter;
import java.util.Map;

/**
 * What a command has of the world around it.
 *
 * @param stop requested when the user or the system wants the command to end
 */
record Console(PrintWriter out, PrintWriter err, Map<String, String> environment, Stop stop) {
    /** Prints a whole line; answers false when nobody reads the output any more. */
    boolean print(String line) {
        out.println(line);
        return !out.checkError();
    }

    /** Prints one line for the user's eyes, beside the output. */
    void note(String message) {
        err.println("rollcall: " + Show.line(message));
        err.flush();
    }
}
