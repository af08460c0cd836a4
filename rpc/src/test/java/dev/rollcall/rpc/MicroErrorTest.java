package dev.rollcall.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class MicroErrorTest {
    /** As captured from go-micro v2.9.1. */
    private static final String JSON =
            "{\"id\":\"go.micro.srv.greeter\",\"code\":400,\"detail\":\"bad name bad\",\"status\":\"Bad Request\"}";

    private static final String DETAILS =
            "CAMSV3siaWQiOiJnby5taWNyby5zcnYuZ3JlZXRlciIsImNvZGUiOjQwMCwiZGV0YWlsIjoiYmFkIG5hbWUgYmFkIiwic3RhdHVzIjoiQmFkIFJl"
                    + "cXVlc3QifRpYCiB0eXBlLmdvb2dsZWFwaXMuY29tL2Vycm9ycy5FcnJvchI0ChRnby5taWNyby5zcnYuZ3JlZXRlchCQAxoMYmFkIG5hbWUg"
                    + "YmFkIgtCYWQgUmVxdWVzdA==";
    private static final Metadata.Key<byte[]> KEY =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
    private static final MicroError CAPTURED =
            new MicroError("go.micro.srv.greeter", 400, "bad name bad", "Bad Request");

    private static StatusRuntimeException status(String description, Metadata trailers) {
        return Status.INVALID_ARGUMENT.withDescription(description).asRuntimeException(trailers);
    }

    @Test
    void json_is_byte_for_byte_what_go_writes() {
        assertThat(CAPTURED.json()).isEqualTo(JSON);
        assertThat(MicroError.parse(JSON)).isEqualTo(CAPTURED);
    }

    @Test
    void details_are_byte_for_byte_what_go_writes() {
        StatusRuntimeException thrown = CAPTURED.toException();
        byte[] details = thrown.getTrailers().get(KEY);
        assertThat(Base64.getEncoder().encodeToString(details)).isEqualTo(DETAILS);
        assertThat(thrown.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(thrown.getStatus().getDescription()).isEqualTo(JSON);
    }

    @Test
    void it_is_found_in_the_details_or_in_the_message() {
        Metadata trailers = new Metadata();
        trailers.put(KEY, Base64.getDecoder().decode(DETAILS));
        assertThat(MicroError.from(new IllegalStateException(status("other", trailers))))
                .contains(CAPTURED);
        assertThat(MicroError.from(status(JSON, new Metadata()))).contains(CAPTURED);
        assertThat(MicroError.from(status("{\"code\":0}", new Metadata()))).isEmpty();
        assertThat(MicroError.from(new IllegalStateException("no status"))).isEmpty();
    }

    @Test
    void details_that_cannot_be_read_do_not_hide_the_message() {
        Metadata trailers = new Metadata();
        trailers.put(KEY, new byte[] {1, 2, 3});
        assertThat(MicroError.from(status(JSON, trailers))).contains(CAPTURED);
    }

    @Test
    void a_plain_text_is_the_detail_of_an_error_without_a_code() {
        assertThat(MicroError.parse("plain failure")).isEqualTo(new MicroError("", 0, "plain failure", ""));
        assertThat(MicroError.parse("{not json")).isEqualTo(new MicroError("", 0, "{not json", ""));
        StatusRuntimeException thrown = MicroError.parse("plain failure").toException();
        assertThat(thrown.getStatus().getCode()).isEqualTo(Code.UNKNOWN);
        assertThat(thrown.getStatus().getDescription()).isEqualTo("plain failure");
    }

    @ParameterizedTest
    @EnumSource(value = Code.class, mode = Mode.EXCLUDE, names = "OK")
    void every_grpc_code_comes_back_as_it_was(Code code) {
        Status status = code.toStatus().withDescription("because");
        MicroError sent = MicroError.from(status, null, "svc.user.agent");
        MicroError received = MicroError.parse(sent.json());
        assertThat(received).isEqualTo(sent);
        assertThat(received.grpcCode()).isEqualTo(code);
        assertThat(received.detail()).isEqualTo("because");
    }

    @Test
    void a_code_outside_the_table_is_unknown_to_grpc_and_kept_for_go() {
        MicroError teapot = MicroError.of("svc", 418, "short and stout");
        assertThat(teapot.grpcCode()).isEqualTo(Code.UNKNOWN);
        assertThat(MicroError.from(teapot.toException())).contains(teapot);
    }
}
