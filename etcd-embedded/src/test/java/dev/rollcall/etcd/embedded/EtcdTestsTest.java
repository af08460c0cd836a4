package dev.rollcall.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.properties.HasAnnotations;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Tags;
import org.junit.jupiter.api.Test;

/** The tests of the etcd registry run on this etcd too, as a second round of this module: all but those that the page names. */
class EtcdTestsTest {
    private static final Set<String> STARTERS = Set.of("EtcdProcess", "EtcdCluster", "SecuredEtcd");
    private static final List<String> ONLY_REAL = List.of("auth", "cluster", "tls");
    private static final List<JavaClass> CLASSES = new ClassFileImporter()
                    .withImportOption(place -> place.contains("-tests.jar!") || place.contains("/test-classes/"))
                    .importPackages("dev.rollcall.etcd")
                    .stream()
                    .filter(type -> !type.getPackageName().startsWith("dev.rollcall.etcd.embedded"))
                    .toList();

    @Test
    void whoever_starts_an_etcd_has_the_tag_that_makes_it_run_here_too() {
        List<String> starters = CLASSES.stream()
                .filter(type -> !STARTERS.contains(type.getSimpleName()))
                .flatMap(type -> type.getCodeUnits().stream())
                .filter(EtcdTestsTest::startsAnEtcd)
                .filter(unit -> !tags(unit).contains("etcd"))
                .map(JavaCodeUnit::getFullName)
                .toList();
        assertThat(starters).isEmpty();
    }

    @Test
    void the_page_names_those_that_need_a_real_one() throws IOException {
        Map<String, Set<String>> left = new TreeMap<>();
        for (JavaClass type : CLASSES) {
            note(left, own(type), type.getSimpleName());
            type.getMethods().stream()
                    .filter(method -> !own(type).equals(tags(method)))
                    .forEach(method -> note(left, tags(method), type.getSimpleName() + "." + method.getName()));
        }
        StringBuilder rows = new StringBuilder();
        left.forEach((why, names) -> rows.append("| " + why + " | `" + String.join("`, `", names) + "` |\n"));
        assertThat(Files.readString(Path.of("..", "docs", "embedded-etcd.md"))).contains(rows);
    }

    private static void note(Map<String, Set<String>> left, Set<String> tags, String name) {
        tags.retainAll(ONLY_REAL);
        if (!tags.isEmpty()) {
            left.computeIfAbsent(String.join(", ", tags), none -> new TreeSet<>())
                    .add(name);
        }
    }

    private static boolean startsAnEtcd(JavaCodeUnit unit) {
        return unit.getMethodCallsFromSelf().stream()
                .anyMatch(call -> STARTERS.contains(call.getTargetOwner().getSimpleName())
                        && List.of("launch", "open").contains(call.getName()));
    }

    private static Set<String> tags(JavaMember member) {
        Set<String> tags = own(member.getOwner());
        tags.addAll(own(member));
        return tags;
    }

    private static Set<String> own(HasAnnotations<?> element) {
        Set<String> tags = new TreeSet<>();
        if (element.isAnnotatedWith(Tag.class)) {
            tags.add(element.getAnnotationOfType(Tag.class).value());
        }
        if (element.isAnnotatedWith(Tags.class)) {
            for (Tag tag : element.getAnnotationOfType(Tags.class).value()) {
                tags.add(tag.value());
            }
        }
        return tags;
    }
}
