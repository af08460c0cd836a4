package dev.rollcall.etcd.outage;

import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import java.time.Duration;

/** A program that opens everything and closes nothing: {@code URL}. */
final class Forgetful {
    private Forgetful() {}

    public static void main(String[] args) {
        Rollcall rollcall = Rollcall.connect(args[0]);
        rollcall.register(Instance.of("forgetful", "127.0.0.1", 9)).await(Duration.ofSeconds(20));
        rollcall.service("forgetful").pick();
        rollcall.watch("forgetful", (snapshot, changes) -> {});
        System.out.println("registered");
    }
}
