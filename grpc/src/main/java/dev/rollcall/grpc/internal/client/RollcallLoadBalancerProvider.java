package dev.rollcall.grpc.internal.client;

import dev.rollcall.ConfigurationException;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.Status;
import java.util.Map;

/** Makes the policy {@code rollcall}; found by {@code ServiceLoader}. */
public final class RollcallLoadBalancerProvider extends LoadBalancerProvider {
    static final String NAME = "rollcall";

    /** For {@code ServiceLoader}. */
    public RollcallLoadBalancerProvider() {}

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
        return new RollcallLoadBalancer(helper);
    }

    @Override
    public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> json) {
        try {
            return ConfigOrError.fromConfig(PolicyConfig.parse(json));
        } catch (ConfigurationException wrong) {
            return ConfigOrError.fromError(
                    Status.UNAVAILABLE.withDescription("policy rollcall: " + wrong.getMessage()));
        }
    }

    @Override
    public String getPolicyName() {
        return NAME;
    }

    @Override
    public boolean isAvailable() {
        return true;
    }

    @Override
    public int getPriority() {
        return 5;
    }
}
