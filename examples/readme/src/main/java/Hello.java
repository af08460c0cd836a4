import dev.rollcall.Instance;

public class Hello {
    public static void main(String[] args) {
        System.out.println(Instance.of("hello.srv.say", "10.0.0.7", 8080) + " " + System.getenv("MICRO_REGISTRY_ADDRESS"));
    }
}
