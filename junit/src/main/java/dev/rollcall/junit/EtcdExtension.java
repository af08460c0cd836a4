package dev.rollcall.junit;

import dev.rollcall.Address;
import dev.rollcall.Rollcall;
import dev.rollcall.junit.WithEtcd.Per;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Starts and ends the etcd of {@link WithEtcd} and fills parameters. */
final class EtcdExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {
    static final String BINARY = "rollcall.etcd";

    private static final Namespace NAMESPACE = Namespace.create(EtcdExtension.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        // a nested class finds that of the class around it
        if (per(context) == Per.CLASS && running(context) == null) {
            store(context).put(Running.class, new Running());
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        if (per(context) == Per.METHOD) {
            store(context).put(Running.class, new Running());
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        close(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close(context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == TestEtcd.class || type == Address.class || type == Rollcall.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Running running = running(context);
        if (running == null) {
            throw new ParameterResolutionException("no etcd for " + parameter.getDeclaringExecutable()
                    + ": each test method has its own (expected: a parameter of a test method, or"
                    + " @WithEtcd(per = CLASS))");
        }
        Class<?> type = parameter.getParameter().getType();
        if (type == TestEtcd.class) {
            return running.etcd;
        }
        return type == Address.class ? Address.parse(running.etcd.endpoint()) : running.rollcall();
    }

    private static Per per(ExtensionContext context) {
        Optional<ExtensionContext> around = Optional.of(context);
        while (around.isPresent()) {
            WithEtcd annotation = around.get()
                    .getTestClass()
                    .map(type -> type.getAnnotation(WithEtcd.class))
                    .orElse(null);
            if (annotation != null) {
                return annotation.per();
            }
            around = around.get().getParent();
        }
        return Per.METHOD;
    }

    private static Store store(ExtensionContext context) {
        return context.getStore(NAMESPACE);
    }

    private static @Nullable Running running(ExtensionContext context) {
        return store(context).get(Running.class, Running.class);
    }

    private static void close(ExtensionContext context) {
        // only what this very context began; the store of a test does not remove from that of its class
        Running running = store(context).remove(Running.class, Running.class);
        if (running != null) {
            running.close();
        }
    }

    private static final class Running {
        private final TestEtcd etcd;
        private @Nullable Rollcall rollcall;

        Running() {
            String binary = System.getProperty(BINARY, "");
            etcd = binary.isEmpty() ? TestEtcd.start() : TestEtcd.real(Path.of(binary));
        }

        synchronized Rollcall rollcall() {
            if (rollcall == null) {
                rollcall = etcd.connect();
            }
            return rollcall;
        }

        synchronized void close() {
            try {
                if (rollcall != null) {
                    rollcall.close();
                }
            } finally {
                etcd.close();
            }
        }
    }
}
