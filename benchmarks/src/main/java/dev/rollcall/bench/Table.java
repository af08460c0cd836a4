package dev.rollcall.bench;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A question's answers, for a terminal or a page. */
record Table(String title, List<Question.Answer> answers, String remark) {
    boolean held() {
        return answers.stream().allMatch(Question.Answer::held);
    }

    String text() {
        return title + "\n" + rows("  %-36s %-22s %10s   goal %-8s %s%n") + (remark.isEmpty() ? "" : remark + "\n");
    }

    String markdown() {
        return "## " + title + "\n\n| what | measured | result | goal | |\n|---|---|---|---|---|\n"
                + rows("| %s | %s | %s | %s | %s |%n")
                + (remark.isEmpty() ? "" : "\n" + remark + "\n");
    }

    private String rows(String format) {
        return answers.stream()
                .map(answer -> String.format(
                        Locale.ROOT,
                        format,
                        answer.what(),
                        answer.measured(),
                        amount(answer.value(), answer.unit()),
                        Double.isNaN(answer.goal()) ? "-" : amount(answer.goal(), answer.unit()),
                        Double.isNaN(answer.goal()) ? "" : answer.held() ? "HELD" : "MISSED"))
                .collect(Collectors.joining());
    }

    private static String amount(double value, String unit) {
        String number = String.format(Locale.ROOT, "%.2f", value).replaceAll("\\.?0+$", "");
        return number + " " + unit;
    }
}
