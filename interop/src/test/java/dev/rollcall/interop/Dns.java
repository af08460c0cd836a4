package dev.rollcall.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Asks a name server over UDP, as RFC 1035 and RFC 2782 say. The JDK's own client tells neither TTLs nor what stands beside the answers.
 */
final class Dns {
    static final int SERVER_FAILURE = 2;
    static final int NO_SUCH_NAME = 3;

    private static final int TRIES = 5;
    private static final int TRY_MILLIS = 6000;
    private static final int LARGEST = 4096;
    private static final AtomicInteger IDS = new AtomicInteger();

    enum Question {
        A(1),
        AAAA(28),
        SRV(33);

        private final int number;

        Question(int number) {
            this.number = number;
        }
    }

    /**
     * A record of one of the {@linkplain Question askeds}.
     *
     * @param value an address, or {@code <priority> <weight> <port> <target>}
     */
    record Resource(String name, String value, long ttl) {}

    /** Answers and what stands beside them, each in the order of their values; both are empty unless the code is 0. */
    record Answer(int code, List<Resource> answers, List<Resource> beside) {
        List<String> values() {
            return answers.stream().map(Resource::value).toList();
        }
    }

    private final InetSocketAddress server;

    Dns(InetSocketAddress server) {
        this.server = server;
    }

    Answer ask(Question asked, String name) {
        byte[] question = question(IDS.incrementAndGet() & 0xffff, asked, name);
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(server);
            socket.setSoTimeout(TRY_MILLIS);
            for (int tries = 1; ; tries++) {
                try {
                    socket.send(new DatagramPacket(question, question.length));
                    DatagramPacket answer = new DatagramPacket(new byte[LARGEST], LARGEST);
                    do {
                        socket.receive(answer);
                    } while (answer.getData()[0] != question[0] || answer.getData()[1] != question[1]);
                    return answer(ByteBuffer.wrap(answer.getData(), 0, answer.getLength()));
                } catch (SocketTimeoutException e) {
                    if (tries == TRIES) {
                        throw e;
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(asked + " " + name + " at " + server, e);
        }
    }

    private static byte[] question(int id, Question asked, String name) {
        ByteBuffer out = ByteBuffer.allocate(LARGEST);
        out.putShort((short) id).putShort((short) 0); // a plain query
        out.putShort((short) 1).putShort((short) 0).putShort((short) 0).putShort((short) 0);
        for (String label : name.split("\\.", -1)) {
            byte[] bytes = label.getBytes(StandardCharsets.US_ASCII);
            out.put((byte) bytes.length).put(bytes);
        }
        out.put((byte) 0).putShort((short) asked.number).putShort((short) 1);
        byte[] question = new byte[out.position()];
        out.flip().get(question);
        return question;
    }

    private static Answer answer(ByteBuffer in) throws IOException {
        in.getShort();
        int flags = in.getShort();
        int questions = in.getShort();
        int answers = in.getShort();
        int authorities = in.getShort();
        int additional = in.getShort();
        if ((flags & 0x0200) != 0) {
            throw new IOException("truncated (expected: an answer that UDP has room for)");
        }
        for (int i = 0; i < questions; i++) {
            name(in);
            in.getInt();
        }
        List<Resource> found = resources(in, answers);
        resources(in, authorities);
        return new Answer(flags & 0xf, found, resources(in, additional));
    }

    private static List<Resource> resources(ByteBuffer in, int count) throws IOException {
        List<Resource> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = name(in);
            int type = in.getShort();
            in.getShort();
            long ttl = Integer.toUnsignedLong(in.getInt());
            int length = Short.toUnsignedInt(in.getShort());
            int end = in.position() + length;
            if (type == Question.A.number || type == Question.AAAA.number) {
                byte[] address = new byte[length];
                in.get(address);
                all.add(new Resource(name, InetAddress.getByAddress(address).getHostAddress(), ttl));
            } else if (type == Question.SRV.number) {
                String numbers = Short.toUnsignedInt(in.getShort()) + " " + Short.toUnsignedInt(in.getShort()) + " "
                        + Short.toUnsignedInt(in.getShort());
                all.add(new Resource(name, numbers + " " + name(in), ttl));
            }
            in.position(end);
        }
        all.sort(Comparator.comparing(Resource::value));
        return List.copyOf(all);
    }

    /** A name whose end may stand earlier in the packet. */
    private static String name(ByteBuffer in) {
        StringBuilder name = new StringBuilder();
        int back = -1;
        for (int length = in.get() & 0xff; length != 0; length = in.get() & 0xff) {
            if (length >= 0xc0) {
                int earlier = ((length & 0x3f) << 8) | (in.get() & 0xff);
                back = back < 0 ? in.position() : back;
                in.position(earlier);
            } else {
                byte[] label = new byte[length];
                in.get(label);
                name.append(new String(label, StandardCharsets.US_ASCII)).append('.');
            }
        }
        if (back >= 0) {
            in.position(back);
        }
        return name.toString();
    }
}
