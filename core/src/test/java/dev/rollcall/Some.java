package dev.rollcall;

import java.util.Arrays;
import java.util.List;

/** Instances for tests: {@code Some.instance("a")} is the same one each time. */
final class Some {
    static final String SERVICE = "hello.srv.say";

    private Some() {}

    static Instance instance(String id) {
        return Instance.of(SERVICE, "10.0.0.7", 8080).withId(id);
    }

    static Instance weighing(String id, String weight) {
        return instance(id).withMetadata("weight", weight);
    }

    static List<Instance> instances(String... ids) {
        return Arrays.stream(ids).map(Some::instance).toList();
    }

    static ServiceSnapshot snapshot(long revision, Instance... instances) {
        return ServiceSnapshot.of(SERVICE, revision, List.of(instances));
    }
}
