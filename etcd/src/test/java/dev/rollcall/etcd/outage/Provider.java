package dev.rollcall.etcd.outage;

import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A program of its own that registers one instance and then waits to be killed: {@code URL SERVICE ID PORT}. */
final class Provider {
    private Provider() {}

    public static void main(String[] args) throws InterruptedException {
        Rollcall rollcall = Rollcall.connect(args[0]);
        rollcall.register(Instance.of(args[1], "127.0.0.1", Integer.parseInt(args[3]))
                        .withId(args[2]))
                .await(Duration.ofSeconds(20));
        System.out.println("registered");
        new CountDownLatch(1).await();
    }
}
