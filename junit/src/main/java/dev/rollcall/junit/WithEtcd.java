package dev.rollcall.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives the tests of a class an etcd, embedded in this JVM and started in milliseconds.
 *
 * <p>Test methods and {@code @BeforeEach}, {@code @AfterEach} may take parameters of these types: {@link TestEtcd}, the etcd with
 * everything that can be done to it; {@link dev.rollcall.Address}, where it listens; {@link dev.rollcall.Rollcall}, connected to it
 * and closed after the test. With {@link Per#CLASS} constructors, {@code @BeforeAll} and {@code @AfterAll} may take them too.
 *
 * <p>When the system property {@code rollcall.etcd} names the binary of a real etcd, the tests get a process of that one instead; what
 * only the embedded one can do then throws {@link UnsupportedOperationException} and names the call.
 *
 * <pre>{@code
 * @WithEtcd
 * class LoginServiceTest {
 *     @Test
 *     void is_back_at_once_when_its_lease_is_lost(TestEtcd etcd, Rollcall rollcall) {
 *         rollcall.register(Instance.of("svc.login", "10.0.0.7", 8080)).await(Duration.ofSeconds(5));
 *         etcd.cut();
 *         etcd.advanceLeases(Duration.ofMinutes(1));
 *         etcd.heal();
 *         await().ignoreExceptions().until(() -> rollcall.lookup("svc.login").instances().size() == 1);
 *     }
 * }
 * }</pre>
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(EtcdExtension.class)
public @interface WithEtcd {
    /** How often there is a new etcd. */
    enum Per {
        /** Each test has its own: no test sees what another one did. */
        METHOD,
        /** The tests of the class, and of the classes nested in it, share one. */
        CLASS
    }

    /** How often there is a new etcd. */
    Per per() default Per.METHOD;
}
