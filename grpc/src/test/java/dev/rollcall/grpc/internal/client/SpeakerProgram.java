package dev.rollcall.grpc.internal.client;

/** A {@link Speaker} in a process of its own, which can be killed; it ends with its input at the latest. */
final class SpeakerProgram {
    private SpeakerProgram() {}

    public static void main(String[] args) throws Exception {
        try (Speaker speaker = new Speaker(args[0])) {
            speaker.slow();
            System.out.println(speaker.port());
            System.in.readAllBytes();
        }
    }
}
