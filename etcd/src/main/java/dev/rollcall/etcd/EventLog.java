package dev.rollcall.etcd;

import dev.rollcall.Event;
import dev.rollcall.EventListener;
import dev.rollcall.Text;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what happens, one line per cause and second at most, and passes every event on. */
final class EventLog implements EventListener {
    private static final Logger LOG = LoggerFactory.getLogger("dev.rollcall.etcd");
    private static final long SECOND = 1_000_000_000;
    private static final int CAUSES = 1_000;

    private final EventListener next;
    private final Map<String, Long> lastLogged = new HashMap<>();

    EventLog(EventListener next) {
        this.next = next;
    }

    @Override
    public void on(Event event) {
        log(event);
        next.on(event);
    }

    private void log(Event event) {
        if (event instanceof Event.RegistrationChanged changed) {
            String why = changed.problem() == null
                    ? ""
                    : ": " + Text.plain(String.valueOf(changed.problem().getMessage()));
            String id = Text.plain(changed.instance().id());
            if (changed.problem() == null) {
                LOG.info("{} is {}", id, changed.to());
            } else if (mayLog("registration " + id + changed.to())) {
                LOG.warn("{} is {}{}", id, changed.to(), why);
            }
        } else if (event instanceof Event.Connected connected) {
            LOG.info("connected to etcd at {}", connected.endpoint());
        } else if (event instanceof Event.Disconnected lost) {
            if (mayLog("connection " + lost.endpoint())) {
                LOG.warn(
                        "no connection: {}",
                        Text.plain(String.valueOf(lost.problem().getMessage())));
            }
        } else if (event instanceof Event.HistoryChanged other) {
            LOG.warn("etcd was wiped or restored: {}: {}", Text.plain(other.service()), other.evidence());
        } else if (event instanceof Event.ValueSkipped skipped) {
            if (mayLog("value " + skipped.key())) {
                LOG.warn("skipped {}: {}", Text.quote(skipped.key()), skipped.reason());
            }
        } else if (event instanceof Event.ViewChanged view) {
            LOG.debug("the view of {} is {}", Text.plain(view.service()), view.freshness());
        } else if (event instanceof Event.ListenerFailed failed) {
            if (mayLog("failed " + failed.what())) {
                LOG.error("{} failed", failed.what(), failed.thrown());
            }
        }
    }

    private synchronized boolean mayLog(String cause) {
        long now = System.nanoTime();
        Long last = lastLogged.get(cause);
        if (last != null && now - last < SECOND) {
            return false;
        }
        if (lastLogged.size() >= CAUSES) {
            lastLogged.clear();
        }
        lastLogged.put(cause, now);
        return true;
    }
}
