package dev.rollcall.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** What the tests of a run found out, written as docs/interop.md at its end. */
final class Table implements AutoCloseable {
    private record Row(String section, String check) implements Comparable<Row> {
        @Override
        public int compareTo(Row other) {
            int order = section.compareTo(other.section);
            return order != 0 ? order : check.compareTo(other.check);
        }
    }

    /** Tests that failed are run again after all others: what they find out belongs to the same page. */
    private static final Map<Path, Table> TABLES = new ConcurrentHashMap<>();

    private final Path file;
    private final Map<Row, Map<Column, String>> rows = new TreeMap<>();
    private final List<String> notes = new ArrayList<>();

    private Table(Path file) {
        this.file = file;
    }

    /** The one that is written to this file. */
    static Table of(Path file) {
        return TABLES.computeIfAbsent(file, Table::new);
    }

    synchronized void passed(String section, String check, Column column, String figure) {
        cells(section, check).put(column, figure.isEmpty() ? "yes" : figure);
    }

    synchronized void failed(String section, String check, Column column) {
        cells(section, check).put(column, "**FAILED**");
    }

    synchronized void impossible(String section, String check, Column column, String why) {
        cells(section, check).put(column, "no " + note(why));
    }

    private Map<Column, String> cells(String section, String check) {
        return rows.computeIfAbsent(new Row(section, check), unseen -> new HashMap<>());
    }

    /** All of the enum that the tests of this row were given constants of. */
    private static List<Column> columns(Map<Column, String> cells) {
        Enum<?> one = (Enum<?>) cells.keySet().iterator().next();
        return Arrays.stream(one.getDeclaringClass().getEnumConstants())
                .map(Column.class::cast)
                .toList();
    }

    private String note(String why) {
        int index = notes.indexOf(why);
        if (index < 0) {
            index = notes.size();
            notes.add(why);
        }
        return "[" + (index + 1) + "]";
    }

    @Override
    public synchronized void close() {
        StringBuilder text = new StringBuilder("""
                # One fleet with Go: what was tested

                Written by `./check --interop`, which pairs our libraries with real Go programs on one etcd (see [interop/](../interop/README.md)); never
                edited by hand. A column is one release of a framework, of go-micro with one of its protocols. `yes` or a figure: the check passed in the run that wrote
                this page. `no [n]`: it cannot pass, for the reason given below the tables, and the test saw that reason. `-`: there is nothing of the kind to check.
                Figures are of that one run, on the machine it ran on.
                """);
        String section = "";
        for (Map.Entry<Row, Map<Column, String>> row : rows.entrySet()) {
            List<Column> columns = columns(row.getValue());
            if (!row.getKey().section.equals(section)) {
                section = row.getKey().section;
                text.append("\n## ").append(section).append("\n\n| |");
                for (Column column : columns) {
                    text.append(' ').append(column).append(" |");
                }
                text.append("\n|---|").append("---|".repeat(columns.size())).append('\n');
            }
            text.append("| ").append(row.getKey().check).append(" |");
            for (Column column : columns) {
                String missing = column.absent().isEmpty() ? "-" : "no " + note(column.absent());
                text.append(' ')
                        .append(row.getValue().getOrDefault(column, missing))
                        .append(" |");
            }
            text.append('\n');
        }
        text.append("\n## Why not\n\n");
        for (int i = 0; i < notes.size(); i++) {
            text.append("- [").append(i + 1).append("] ").append(notes.get(i)).append('\n');
        }
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
