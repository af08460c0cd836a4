package dev.rollcall.cli;

/** Starts the {@code rollcall} command. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.out.println("rollcall " + String.join(" ", args));
    }
}
