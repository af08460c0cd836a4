package dev.rollcall.etcd.internal.session;

import dev.rollcall.etcd.layout.Layout;
import dev.rollcall.etcd.testing.ScriptedEtcd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** An etcd that can be told to lie, and providers whose time stands still. */
abstract class ScriptedTest {
    final ScriptedEtcd etcd = ScriptedEtcd.launch();
    private final VirtualTime time = new VirtualTime();
    private final List<Provider> providers = new ArrayList<>();

    @AfterEach
    void end() {
        providers.forEach(Provider::close);
        etcd.close();
    }

    Provider provider(Layout... layouts) {
        return provider(Duration.ofSeconds(10), layouts);
    }

    /** @param timeout of calls, in real time */
    Provider provider(Duration timeout, Layout... layouts) {
        Provider provider = new Provider(etcd, time, timeout, layouts);
        providers.add(provider);
        return provider;
    }
}
