package dev.rollcall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"services", "instances", "watch", "register", "dev", "demo", "config", "version", "completion"})
    void each_command_has_help_and_is_in_the_overview(String command) {
        assertThat(String.join("\n", Run.start(command, "--help").ends(0).lines()))
                .contains("Usage: rollcall " + command)
                .contains("--registry");
        assertThat(String.join("\n", Run.start("--help").ends(0).lines())).contains("\n  " + command + " ");
    }

    @Test
    void wrong_usage_is_one_line_and_exit_code_2() {
        Run.start("nosuch").fails(2, "no such command: nosuch (see: rollcall --help)");
        Run.start("services", "--nosuch").fails(2, "--nosuch");
        Run.start("instances").fails(2, "SERVICE");
        Run.start("--json").fails(2, "command");
        Run.start("services", "--registry", "nosuch:").fails(2, "\"nosuch\" is unknown");
        Run.start("services", "--registry", "memory:?nosuch=1").fails(2, "nosuch");
    }

    @Test
    void a_password_on_the_command_line_is_refused_and_not_repeated() {
        Run run = Run.start("services", "--registry", "etcd://alice:CANARY@127.0.0.1:2379");
        run.fails(2, "ETCD_PASSWORD");
        assertThat(run.err()).doesNotContain("CANARY");
    }

    @Test
    void a_flag_beats_a_variable_and_config_tells() {
        Map<String, String> environment = Map.of("MICRO_REGISTRY", "memory", "MICRO_REGISTRY_ADDRESS", "x");
        assertThat(Run.start(environment, "config").ends(0).lines())
                .anyMatch(line -> line.matches("registry +memory +MICRO_REGISTRY"))
                .anyMatch(line -> line.matches("registry_address +x +MICRO_REGISTRY_ADDRESS"));
        assertThat(Run.start(environment, "config", "--registry_address", "y")
                        .ends(0)
                        .lines())
                .anyMatch(line -> line.matches("registry_address +y +--registry_address"));
    }

    @Test
    void an_unused_setting_of_go_micro_is_said_to_be_unused() {
        Run run = Run.start("config", "--registry", "memory:", "--register_interval", "30");
        assertThat(run.ends(0).err()).contains("--register_interval: 30 is not used");
    }

    @Test
    void the_completion_script_knows_the_commands() {
        assertThat(String.join("\n", Run.start("completion").ends(0).lines()))
                .contains("complete -F")
                .contains("services")
                .doesNotContain("demo-instance");
    }
}
