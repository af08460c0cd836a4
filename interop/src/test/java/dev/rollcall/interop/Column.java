package dev.rollcall.interop;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A column of the {@link Table}, a constant of the enum that all tests of a section take: one Go program, or the reason why there is none. */
interface Column {
    /** The name of its program. */
    String program();

    /** Why there is no program; empty when there is one. */
    default String absent() {
        return "";
    }

    default Path path() {
        return Path.of(System.getProperty("interop.bin"), program());
    }

    /** Those that there is a program for. */
    static <C extends Column> List<C> here(C[] all) {
        return Arrays.stream(all).filter(column -> column.absent().isEmpty()).toList();
    }
}
