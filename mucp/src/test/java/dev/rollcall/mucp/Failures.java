package dev.rollcall.mucp;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** How a call failed. */
final class Failures {
    private Failures() {}

    static StatusRuntimeException of(ThrowingCallable call) {
        List<StatusRuntimeException> thrown = new ArrayList<>();
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, thrown::add);
        return thrown.get(0);
    }
}
