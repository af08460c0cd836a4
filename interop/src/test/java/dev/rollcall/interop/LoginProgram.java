package dev.rollcall.interop;

import login.Server;

/** The server of examples/login, which ends with the test that started it. */
final class LoginProgram {
    private LoginProgram() {}

    /** The arguments: a port for each instance. */
    public static void main(String... ports) throws InterruptedException {
        JavaProgram.atEndOfInput(() -> System.exit(0));
        Server.main(ports);
    }
}
