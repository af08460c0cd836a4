package dev.rollcall.etcd.connecting;

import dev.rollcall.Event;
import dev.rollcall.EventListener;
import dev.rollcall.Rollcall;
import dev.rollcall.RollcallException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;

/** Everything that a Rollcall told its listener. */
final class Heard implements EventListener {
    private final List<Event> events = new CopyOnWriteArrayList<>();

    @Override
    public void on(Event event) {
        events.add(event);
    }

    /** Opens a URL and listens from the start. */
    Rollcall connect(String url) {
        return Rollcall.builder()
                .environment(Map.of())
                .registry(url)
                .events(this)
                .connect();
    }

    List<Event> all() {
        return List.copyOf(events);
    }

    <E extends Event> List<E> all(Class<E> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** Waits for so many events of a kind. */
    <E extends Event> List<E> await(int count, Class<E> kind) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(20))
                .until(() -> all(kind).size() >= count);
        return all(kind);
    }

    /** Why the first connection was not made or lost. */
    RollcallException firstProblem() {
        return await(1, Event.Disconnected.class).get(0).problem();
    }

    /** The endpoint of the newest connection, once there were so many. */
    String awaitConnected(int times) {
        List<Event.Connected> connected = await(times, Event.Connected.class);
        return connected.get(connected.size() - 1).endpoint();
    }

    /** No task of the engine has failed. */
    boolean noBug() {
        return all(Event.ListenerFailed.class).isEmpty();
    }
}
