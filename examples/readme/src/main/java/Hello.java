import dev.rollcall.Instance;
import dev.rollcall.Rollcall;
import dev.rollcall.ServiceView;
import java.time.Duration;

public class Hello {
    public static void main(String[] args) {
        try (Rollcall rollcall = Rollcall.connect()) { // etcd at 127.0.0.1:2379, or where MICRO_REGISTRY_ADDRESS says
            rollcall.register(Instance.of("hello.srv.say", "127.0.0.1", 8080)).await(Duration.ofSeconds(5));
            ServiceView hello = rollcall.service("hello.srv.say");
            String answer = hello.call(instance -> "Hello from " + instance.address()); // your client goes here
            System.out.println(answer);
        }
    }
}
