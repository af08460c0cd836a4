package dev.rollcall.interop;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests with one etcd for all of them, and for each a service of its own, whose programs end with it. */
@ExtendWith(Recording.class)
abstract class FleetTest {
    static Fleet fleet;

    final String service = Fleet.service();

    @BeforeAll
    static void start() {
        fleet = new Fleet();
    }

    @AfterAll
    static void stop() {
        fleet.close();
    }

    @AfterEach
    void clear() {
        fleet.clear();
    }
}
