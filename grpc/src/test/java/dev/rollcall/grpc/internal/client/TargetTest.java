package dev.rollcall.grpc.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;

class TargetTest {
    private static Target of(String text) {
        return Target.of(URI.create(text));
    }

    @Test
    void without_an_authority_the_default_registry_is_meant() {
        Target target = of("rollcall:///hello.srv.say");
        assertThat(target.registry()).isNull();
        assertThat(target.service()).isEqualTo("hello.srv.say");
    }

    @Test
    void an_authority_names_the_registry_and_a_query_its_options() {
        Target target = of("rollcall://user@h1:2379,h2:2379/hello.srv.say?layout=go-micro");
        assertThat(target.registry()).isEqualTo("etcd://user@h1:2379,h2:2379?layout=go-micro");
        assertThat(target.service()).isEqualTo("hello.srv.say");
    }

    @Test
    void a_service_may_have_slashes_and_strange_characters() {
        assertThat(of("rollcall:///team/say%20it").service()).isEqualTo("team/say it");
    }

    @Test
    void a_target_without_a_service_is_refused() {
        for (String text : new String[] {"rollcall:///", "rollcall://h1:2379", "rollcall:hello"}) {
            assertThatThrownBy(() -> of(text))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("names no service (expected: rollcall:///SERVICE");
        }
    }

    @Test
    void a_password_is_refused_and_not_shown() {
        assertThatThrownBy(() -> of("rollcall://user:s3cret@h1:2379/x"))
                .hasMessageContaining("has a password")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void options_without_a_registry_are_refused() {
        assertThatThrownBy(() -> of("rollcall:///x?ttl=3s")).hasMessageContaining("has options but no registry");
    }
}
