package dev.rollcall.cli;

import dev.rollcall.Rollcall;
import dev.rollcall.etcd.embedded.EmbeddedEtcd;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Starts an embedded etcd and asks it something, so that a JVM that archives its classes at its end knows those that nearly every
 * command needs. For the {@code rollcall} script, which runs it once after each build.
 */
@Command(name = "learn", hidden = true, header = "Loads what other commands need, and ends.")
final class LearnCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
                Rollcall rollcall = Rollcall.connect("etcd://" + etcd.endpoint() + "?shutdown-hook=false")) {
            rollcall.services();
        }
        return Cli.OK;
    }
}
