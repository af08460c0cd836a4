package dev.rollcall.etcd.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every input that led the fuzzer to another path through a decoder, and every one that ever broke it. */
class LayoutCorpusTest {
    static Stream<String> layouts() {
        return Layouts.names().stream().filter(name -> !name.startsWith("test-"));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void what_fuzzing_found_hurts_no_decoder(String name) throws IOException {
        Layout layout = Layouts.of(name, null);
        List<String> corpus = new ArrayList<>(corpus(name));
        assertThat(corpus).isNotEmpty();
        if (name.startsWith("go-micro-")) {
            corpus.addAll(corpus("go-micro")); // one reader reads them all
        }
        for (String line : corpus) {
            try {
                LayoutFuzz.check(layout, Base64.getDecoder().decode(line));
            } catch (RuntimeException | StackOverflowError e) {
                fail(name + ": " + line, e);
            }
        }
    }

    private static List<String> corpus(String name) throws IOException {
        InputStream found = LayoutCorpusTest.class.getResourceAsStream("corpus/" + name + ".base64");
        if (found == null) {
            return fail("no corpus for layout " + name + " (expected: scripts/fuzz " + name + " makes one)");
        }
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(found, StandardCharsets.US_ASCII))) {
            return lines.lines().toList();
        }
    }
}
