package dev.rollcall.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Asks every question and prints one table; exits with 1 when a goal was missed, and with 2 for a wrong command line. */
public final class Bench {
    private static final String HELP = """
            Usage: ./bench quick [--write] [QUESTION...]

            Answers questions about speed, each as a ratio within one run, in less than 3 minutes.
            --write puts the table into docs/performance.md.

            Questions:
            """;

    private static final List<Question> QUESTIONS = List.of(
            new PickQuestion(), new ViewQuestion(), new ChangeQuestion(), new CallQuestion(), new EmbeddedQuestion());

    private Bench() {}

    public static void main(String[] args) throws Exception {
        System.exit(run(List.of(args)));
    }

    private static int run(List<String> args) throws Exception {
        if (args.isEmpty() || !args.get(0).equals("quick")) {
            System.out.print(HELP);
            QUESTIONS.forEach(question -> System.out.printf("  %-8s %s%n", question.name(), question.title()));
            return args.isEmpty() || args.get(0).equals("--help") ? 0 : 2;
        }
        List<String> names =
                args.stream().skip(1).filter(arg -> !arg.equals("--write")).toList();
        List<String> known = QUESTIONS.stream().map(Question::name).toList();
        for (String name : names) {
            if (!known.contains(name)) {
                System.err.println(
                        "bench: question \"" + name + "\" (expected: one of " + String.join(", ", known) + ")");
                return 2;
            }
        }
        boolean write = args.contains("--write");
        if (write && !names.isEmpty()) {
            System.err.println(
                    "bench: --write with some of the questions (expected: with all, so that the page is whole)");
            return 2;
        }
        List<Table> tables = new ArrayList<>();
        String machine = machine();
        System.out.println(machine + "\n");
        for (Question question : QUESTIONS) {
            if (names.isEmpty() || names.contains(question.name())) {
                Table table = new Table(question.title(), question.ask(), question.remark());
                System.out.println(table.text());
                tables.add(table);
            }
        }
        if (write) {
            write(Path.of("docs", "performance.md"), machine, tables);
        }
        return tables.stream().allMatch(Table::held) ? 0 : 1;
    }

    private static void write(Path page, String machine, List<Table> tables) throws IOException {
        StringBuilder text = new StringBuilder("""
                # Performance

                Written by `./bench quick --write`; do not edit. Every figure that has a goal is a ratio within one run, or is
                named in its unit; times of different runs and machines are not to be compared.

                """);
        text.append(machine).append("\n\n");
        tables.forEach(table -> text.append(table.markdown()).append('\n'));
        Files.createDirectories(page.getParent());
        Files.writeString(page, text.toString().strip() + "\n", StandardCharsets.UTF_8);
        System.out.println("written to " + page);
    }

    /** The kind of machine, and whether it is busy: ratios of a few nanoseconds need it to themselves. */
    private static String machine() {
        int cores = Runtime.getRuntime().availableProcessors();
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        String busy = load <= cores / 2.0
                ? ""
                : String.format(
                        Locale.ROOT, " Other programs keep it busy (load %.1f): no figure here can be trusted.", load);
        return String.format(
                Locale.ROOT,
                "%d cores, %s, JDK %s, %s.%s",
                cores,
                System.getProperty("os.arch"),
                Runtime.version().feature(),
                System.getProperty("java.vm.name"),
                busy);
    }
}
