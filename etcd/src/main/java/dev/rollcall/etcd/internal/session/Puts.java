package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.api.RequestOp;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.internal.client.Engine;
import java.time.Duration;

/** What is known of the puts of one registration: whether one arrived, when the last did, and whether one may still be on its way. */
final class Puts {
    /** For so long a put whose answer was lost may still arrive. */
    private static final Duration ON_THE_WAY = Duration.ofMinutes(1);

    private final Engine engine;
    private boolean any;
    private long last;
    private boolean underWay;
    private long lost;

    Puts(Engine engine) {
        this.engine = engine;
        this.last = engine.now();
        this.lost = last - ON_THE_WAY.toNanos();
    }

    /** None is known to have arrived: the first one takes the keys over from whoever has them. */
    boolean none() {
        return !any;
    }

    /** When the last one arrived, as the engine counts time; before there is one, when this began. */
    long last() {
        return last;
    }

    /** How many nanoseconds are left of a time after the last one; none or less when it is over. */
    long left(Duration after) {
        return last + after.toNanos() - engine.now();
    }

    /** Whether one whose answer was lost may arrive yet. */
    boolean mayArrive() {
        return engine.now() - lost < ON_THE_WAY.toNanos();
    }

    void sent(TxnRequest txn) {
        underWay = txn.getSuccessList().stream().anyMatch(RequestOp::hasRequestPut);
    }

    void answered() {
        underWay = false;
    }

    void arrived() {
        any = true;
        last = engine.now();
    }

    /** There will be no answer to what was sent. */
    void unanswered() {
        lost = underWay ? engine.now() : lost;
        underWay = false;
    }
}
