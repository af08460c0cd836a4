package dev.rollcall.interop;

import dev.rollcall.Instance;
import dev.rollcall.Registration;
import dev.rollcall.Rollcall;
import java.util.List;
import java.util.stream.IntStream;

/** A Java process with many instances, registered at one time, none of which serves anything. */
final class BulkProgram {
    private BulkProgram() {}

    /** The arguments: the registry's URL, the service, how many. */
    public static void main(String... arguments) throws InterruptedException {
        JavaProgram.atEndOfInput(() -> System.exit(0));
        Rollcall rollcall = Rollcall.connect(arguments[0]);
        register(rollcall, arguments[1], Integer.parseInt(arguments[2]))
                .forEach(registration -> registration.await(Program.PATIENCE));
        System.out.println("{\"event\":\"serving\"}");
        Thread.currentThread().join();
    }

    static List<Registration> register(Rollcall rollcall, String service, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> rollcall.register(Instance.of(service, "127.0.0.1", 4000 + i)))
                .toList();
    }
}
