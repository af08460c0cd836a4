package dev.rollcall.interop;

import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.TestAbortedException;

/** Gives each test its {@link Cell} and writes how it ended into the {@link Table}: class, method and {@link Column} name the place. */
final class Recording implements ParameterResolver, InvocationInterceptor {
    private static final Namespace PLACE = Namespace.create(Recording.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Cell.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return new Cell();
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> called, ExtensionContext context)
            throws Throwable {
        Column column = argument(called, Column.class).orElseThrow();
        Cell cell = argument(called, Cell.class).orElseGet(Cell::new);
        String section =
                context.getRequiredTestClass().getAnnotation(DisplayName.class).value();
        String check = sentence(called.getExecutable().getName());
        Optional<Table> table = table(context);
        try {
            invocation.proceed();
            table.ifPresent(t -> t.passed(section, check, column, cell.figure()));
        } catch (TestAbortedException why) {
            table.ifPresent(t -> t.impossible(section, check, column, String.valueOf(why.getMessage())));
            throw why;
        } catch (Throwable failure) {
            table.ifPresent(t -> t.failed(section, check, column));
            throw failure;
        }
    }

    private static String sentence(String method) {
        String words = method.replace('_', ' ');
        for (String name : List.of("Go", "Java", "JSON", "TTL", "SIGKILL")) {
            words = words.replaceAll("\\b" + name.toLowerCase(Locale.ROOT) + "\\b", name);
        }
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    private static <T> Optional<T> argument(ReflectiveInvocationContext<Method> called, Class<T> type) {
        return called.getArguments().stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst();
    }

    private static Optional<Table> table(ExtensionContext context) {
        String file = System.getProperty("interop.table", "");
        return file.isEmpty()
                ? Optional.empty()
                : Optional.of(context.getRoot()
                        .getStore(PLACE)
                        .computeIfAbsent(Table.class, first -> Table.of(Path.of(file)), Table.class));
    }
}
