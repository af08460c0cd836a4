package dev.rollcall.spi;

/** A password or token that no log, exception or {@code toString} shows. */
public final class Secret {
    private final String value;

    private Secret(String value) {
        this.value = value;
    }

    public static Secret of(String value) {
        return new Secret(value);
    }

    /** The secret itself, to hand to the wire and nowhere else. */
    public String reveal() {
        return value;
    }

    /** Always {@code ******}. */
    @Override
    public String toString() {
        return "******";
    }
}
