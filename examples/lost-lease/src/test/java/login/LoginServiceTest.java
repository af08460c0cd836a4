package login;

import static org.awaitility.Awaitility.await;

import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.junit.TestEtcd;
import dev.rollcall.junit.WithEtcd;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@WithEtcd
class LoginServiceTest {
    @Test
    void is_back_at_once_when_its_lease_is_lost(TestEtcd etcd, Rollcall rollcall) {
        rollcall.register(Instance.of("svc.login", "10.0.0.7", 8080)).await(Duration.ofSeconds(5));
        etcd.cut();
        etcd.advanceLeases(Duration.ofMinutes(1));
        etcd.heal();
        await().ignoreExceptions().until(() -> rollcall.lookup("svc.login").instances().size() == 1);
    }
}
