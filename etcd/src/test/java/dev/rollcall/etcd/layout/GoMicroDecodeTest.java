package dev.rollcall.etcd.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.Address;
import dev.rollcall.Endpoint;
import dev.rollcall.Instance;
import dev.rollcall.Status;
import dev.rollcall.Value;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoMicroDecodeTest {
    private static final Layout LAYOUT = Layouts.of("go-micro", null);
    private static final String KEY = "/micro/registry/pay/n1";
    private static final String NODES = "\"nodes\":[{\"id\":\"n1\",\"address\":\"10.0.0.7:80\"}]";
    private static final Instance PAY =
            Instance.of("pay", "10.0.0.7", 80).withId("n1").withVersion("");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\":\"pay\"," + NODES + "}",
                " \t\r\n{ \"nodes\" : [ { \"address\" : \"10.0.0.7:80\" , \"id\" : \"n1\" } ] , \"name\" : \"pay\" } \n",
                "{\"NAME\":\"pay\",\"Nodes\":[{\"ID\":\"n1\",\"aDDress\":\"10.0.0.7:80\"}]}",
                "{\"name\":\"pay\",\"node\u017f\":[{\"id\":\"n1\",\"addre\u017f\u017f\":\"10.0.0.7:80\"}]}",
                "{\"name\":\"pay\",\"version\":null,\"metadata\":null,\"endpoints\":null,\"nodes\":[{\"id\":\"n1\","
                        + "\"address\":\"10.0.0.7:80\",\"port\":null,\"metadata\":null}]}",
                "{\"name\":\"pay\",\"version\":\"\",\"metadata\":{},\"endpoints\":[],\"nodes\":[{\"id\":\"n1\","
                        + "\"address\":\"10.0.0.7:80\",\"metadata\":{}}]}",
                "{\"name\":\"pay\",\"nodes\":[{\"address\":\"10.0.0.7:80\"}]}",
                "{\"name\":\"pay\",\"nodes\":[null,{\"id\":\"n1\",\"address\":\"10.0.0.7:80\"}]}",
                "{\"name\":\"pay\",\"endpoints\":[null]," + NODES + "}",
                "{\"name\":\"other\",\"name\":\"pay\",\"nodes\":null," + NODES + "}",
                "{\"\\u006eame\":\"\\u0070ay\"," + NODES + "}",
                "{\"name\":\"pay\",\"n\":1,\"x\":[{\"y\":[1,true,null,-1.5e300]}],\"\":{\"nodes\":7}," + NODES + "}",
                "{\"name\":\"pay\",\"nodes\":[{\"id\":\"n1\",\"address\":\"10.0.0.7:80\",\"port\":\"x\",\"domain\":[]}]}",
                "{\"name\":\"pay\",\"nodes\":[{\"id\":\"n1\",\"address\":\"10.0.0.7:80\",\"port\":{\"a\":[1]}}]}",
                "{\"name\":\"pay\",\"nodes\":[{\"id\":\"n1\",\"address\":\"10.0.0.7\",\"port\":80}]}",
                "{\"name\":\"pay\",\"nodes\":[{\"id\":\"n1\",\"port\":80,\"address\":\"10.0.0.7\"}]}",
            })
    void all_these_say_the_same(String json) throws Exception {
        assertThat(decode(json)).isEqualTo(PAY);
    }

    @Test
    void an_unknown_number_of_a_hundred_thousand_digits_does_not_hurt() throws Exception {
        assertThat(decode("{\"name\":\"pay\",\"x\":" + "9".repeat(100_000) + "," + NODES + "}"))
                .isEqualTo(PAY);
    }

    @Test
    void of_several_nodes_the_first_counts() throws Exception {
        assertThat(decode("{\"name\":\"pay\",\"nodes\":[{\"id\":\"n1\",\"address\":\"10.0.0.7:80\"},"
                        + "{\"id\":\"n2\",\"address\":\"10.0.0.8:80\"},null,{}]}"))
                .isEqualTo(PAY);
    }

    @Test
    void of_duplicate_fields_the_last_counts() throws Exception {
        Instance instance = decode("{\"name\":\"a\",\"nodes\":[{\"id\":\"a\",\"id\":\"n1\",\"address\":\"x\","
                + "\"Address\":\"10.0.0.7:80\",\"metadata\":{\"zone\":\"a\",\"zone\":\"b\"}}],\"Name\":\"pay\"}");
        assertThat(instance).isEqualTo(PAY.withMetadata("zone", "b"));
    }

    @Test
    void a_null_in_metadata_is_an_empty_text_as_in_go() throws Exception {
        assertThat(decode("{\"name\":\"pay\",\"metadata\":{\"a\":null}," + NODES + "}")
                        .serviceMetadata())
                .isEqualTo(Map.of("a", ""));
    }

    @Test
    void names_in_metadata_keep_their_case() throws Exception {
        assertThat(decode("{\"name\":\"pay\",\"metadata\":{\"Zone\":\"A\",\"zone\":\"a\"}," + NODES + "}")
                        .serviceMetadata())
                .isEqualTo(Map.of("Zone", "A", "zone", "a"));
    }

    @Test
    void half_a_surrogate_pair_becomes_the_replacement_character_as_in_go() throws Exception {
        Instance instance = decode("{\"name\":\"\\ud83d\\ude00\\ud800x\\udc00\\ud800\",\"metadata\":{\"k\":"
                + "\"\\ud800\"},\"nodes\":[{\"id\":\"\\udbff\",\"address\":\"10.0.0.7:80\"}]}");
        assertThat(instance.service()).isEqualTo("\ud83d\ude00\ufffdx\ufffd\ufffd");
        assertThat(instance.serviceMetadata()).isEqualTo(Map.of("k", "\ufffd"));
        assertThat(instance.id()).isEqualTo("\ufffd");
    }

    @Test
    void endpoints_with_missing_parts_are_read() throws Exception {
        assertThat(decode("{\"name\":\"pay\",\"endpoints\":[{},{\"Name\":\"A\",\"request\":{},\"response\":"
                                + "{\"type\":\"T\",\"values\":[null,{\"name\":\"v\",\"values\":[]}]}}]," + NODES + "}")
                        .endpoints())
                .containsExactly(
                        Endpoint.of(""),
                        new Endpoint(
                                "A",
                                new Value("", "", List.of()),
                                new Value("", "T", List.of(new Value("v", "", List.of()))),
                                Map.of()));
    }

    @ParameterizedTest
    @CsvSource({
        "draining, DRAINING",
        "up, UP",
        "'', UP",
        "DRAINING, UP",
    })
    void the_status_is_taken_out_of_the_metadata(String written, Status status) throws Exception {
        assertThat(decode("{\"name\":\"pay\",\"nodes\":[{\"id\":\"n1\",\"address\":\"10.0.0.7:80\",\"metadata\":"
                        + "{\"rollcall.status\":\"" + written + "\",\"zone\":\"a\"}}]}"))
                .isEqualTo(PAY.withStatus(status).withMetadata("zone", "a"));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.7:80, , 10.0.0.7, 80",
        "10.0.0.7:80, 99, 10.0.0.7, 80",
        "[::1]:9000, , ::1, 9000",
        "[::1]:9000, 99, ::1, 9000",
        "::1, 9000, ::1, 9000",
        "[::1], 9000, ::1, 9000",
        "fe80::1%eth0, 9000, fe80::1%eth0, 9000",
        "pay.internal, 80, pay.internal, 80",
        "pay.internal:1, , pay.internal, 1",
    })
    void addresses_old_and_new(String address, String port, String host, int number) throws Exception {
        String field = port == null ? "" : ",\"port\":" + port;
        assertThat(decode("{\"name\":\"pay\",\"nodes\":[{\"address\":\"" + address + "\"" + field + "}]}")
                        .address())
                .isEqualTo(new Address(host, number));
    }

    private static Instance decode(String json) throws UnreadableValueException {
        return LAYOUT.decode(KEY, json.getBytes(UTF_8));
    }
}
