package dev.rollcall.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import dev.rollcall.Text;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the messages of one side of a method in each {@link ContentType}.
 *
 * <p>JSON is protobuf's own mapping with the fields' names as in the {@code .proto} file, as go-micro's; a reader takes either
 * spelling and leaves out what it does not know. It needs a marshaller that knows its message type, as those of generated code
 * do; any other marshaller's bytes are taken as they are.
 *
 * @param <T> the message type
 */
public final class MessageCodec<T> {
    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace();
    private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();

    private final Marshaller<T> marshaller;
    private final @Nullable Message prototype;

    private MessageCodec(Marshaller<T> marshaller, @Nullable Message prototype) {
        this.marshaller = marshaller;
        this.prototype = prototype;
    }

    public static <T> MessageCodec<T> of(Marshaller<T> marshaller) {
        Object prototype = marshaller instanceof PrototypeMarshaller<?> typed ? typed.getMessagePrototype() : null;
        return new MessageCodec<>(marshaller, prototype instanceof Message message ? message : null);
    }

    /**
     * The message in these bytes.
     *
     * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT, saying why, when there is none
     */
    public T read(ContentType type, byte[] bytes) {
        if (type == ContentType.JSON && prototype != null) {
            return marshaller.parse(new ByteArrayInputStream(fromJson(prototype, bytes)));
        }
        try {
            return marshaller.parse(new ByteArrayInputStream(bytes));
        } catch (RuntimeException malformed) {
            throw unreadable("protobuf", malformed);
        }
    }

    private static byte[] fromJson(Message prototype, byte[] bytes) {
        Message.Builder builder = prototype.newBuilderForType();
        String text = new String(bytes, StandardCharsets.UTF_8);
        try {
            PARSER.merge(text.isBlank() ? "{}" : text, builder);
        } catch (InvalidProtocolBufferException malformed) {
            throw unreadable("JSON of " + prototype.getDescriptorForType().getName(), malformed);
        }
        return builder.build().toByteArray();
    }

    private static RuntimeException unreadable(String expected, Exception malformed) {
        return Status.INVALID_ARGUMENT
                .withDescription("message: not readable (expected: " + expected + "): "
                        + Text.plain(String.valueOf(malformed.getMessage())))
                .asRuntimeException();
    }

    /** The bytes of a message. */
    public byte[] write(ContentType type, T message) {
        if (type == ContentType.JSON && message instanceof MessageOrBuilder known) {
            try {
                return PRINTER.print(known).getBytes(StandardCharsets.UTF_8);
            } catch (InvalidProtocolBufferException unknownAny) {
                throw Status.INTERNAL
                        .withDescription("message: holds an Any of a type that JSON cannot show: "
                                + Text.plain(String.valueOf(unknownAny.getMessage())))
                        .asRuntimeException();
            }
        }
        try (InputStream stream = marshaller.stream(message)) {
            return stream.readAllBytes();
        } catch (IOException impossible) {
            throw new IllegalStateException("a message in memory cannot be read", impossible);
        }
    }
}
