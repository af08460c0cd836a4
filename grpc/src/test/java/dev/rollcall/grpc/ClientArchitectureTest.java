package dev.rollcall.grpc;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.grpc.Internal;
import io.grpc.LoadBalancer;
import io.grpc.util.MultiChildLoadBalancer;
import org.junit.jupiter.api.Test;

class ClientArchitectureTest {
    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.rollcall.grpc");

    private static final DescribedPredicate<JavaClass> INTERNAL_TO_GRPC = describe(
            "internal to gRPC",
            type -> type.getPackageName().startsWith("io.grpc.internal")
                    || (type.getPackageName().startsWith("io.grpc") && type.isAnnotatedWith(Internal.class)));

    @Test
    void nothing_that_is_internal_to_grpc_is_used() {
        noClasses().should().dependOnClassesThat(INTERNAL_TO_GRPC).check(OURS);
    }

    @Test
    void no_backend_is_known() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.rollcall.etcd..")
                .check(OURS);
    }

    @Test
    void the_rule_knows_an_internal_type_when_it_sees_one() {
        assertThat(INTERNAL_TO_GRPC.test(new ClassFileImporter().importClass(MultiChildLoadBalancer.class)))
                .isTrue();
        assertThat(INTERNAL_TO_GRPC.test(new ClassFileImporter().importClass(LoadBalancer.class)))
                .isFalse();
    }
}
