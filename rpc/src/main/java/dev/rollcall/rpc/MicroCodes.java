package dev.rollcall.rpc;

import io.grpc.Status.Code;
import java.util.Arrays;

/**
 * go-micro's table between HTTP codes and gRPC's. gRPC codes that it lacks travel as the nearest HTTP code with their own name as
 * the words, so they come back as they were.
 */
final class MicroCodes {
    private record Row(int http, Code grpc, String words) {}

    private static final Row[] TABLE = {
        new Row(200, Code.OK, "OK"),
        new Row(400, Code.INVALID_ARGUMENT, "Bad Request"),
        new Row(401, Code.UNAUTHENTICATED, "Unauthorized"),
        new Row(403, Code.PERMISSION_DENIED, "Forbidden"),
        new Row(404, Code.NOT_FOUND, "Not Found"),
        new Row(408, Code.DEADLINE_EXCEEDED, "Request Timeout"),
        new Row(409, Code.ALREADY_EXISTS, "Conflict"),
        new Row(412, Code.FAILED_PRECONDITION, "Precondition Failed"),
        new Row(429, Code.RESOURCE_EXHAUSTED, "Too Many Requests"),
        new Row(500, Code.INTERNAL, "Internal Server Error"),
        new Row(501, Code.UNIMPLEMENTED, "Not Implemented"),
        new Row(503, Code.UNAVAILABLE, "Service Unavailable"),
        new Row(409, Code.ABORTED, "ABORTED"),
        new Row(400, Code.OUT_OF_RANGE, "OUT_OF_RANGE"),
        new Row(408, Code.CANCELLED, "CANCELLED"),
        new Row(500, Code.DATA_LOSS, "DATA_LOSS"),
        new Row(500, Code.UNKNOWN, "UNKNOWN"),
    };

    private MicroCodes() {}

    static String words(int http) {
        return Arrays.stream(TABLE)
                .filter(row -> row.http == http)
                .map(Row::words)
                .findFirst()
                .orElse("");
    }

    static String words(Code grpc) {
        return row(grpc).words;
    }

    static int of(Code grpc) {
        return row(grpc).http;
    }

    private static Row row(Code grpc) {
        return Arrays.stream(TABLE).filter(row -> row.grpc == grpc).findFirst().orElseThrow();
    }

    static Code toGrpc(int http, String words) {
        Code found = Code.UNKNOWN;
        for (Row row : TABLE) {
            if (row.http == http) {
                if (row.words.equals(words)) {
                    return row.grpc;
                }
                found = found == Code.UNKNOWN ? row.grpc : found;
            }
        }
        return found;
    }
}
