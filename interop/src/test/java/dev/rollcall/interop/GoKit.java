package dev.rollcall.interop;

/** The column of the sections about Go kit alone. */
enum GoKit implements Column {
    V0_13;

    @Override
    public String program() {
        return "go-kit-v0.13.0";
    }

    @Override
    public String toString() {
        return "Go kit v0.13.0";
    }
}
