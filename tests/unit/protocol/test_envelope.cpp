#include "broker/protocol/envelope.h"
#include "broker/protocol/messages/topics.h"
#include "tests/support/catch.h"

namespace gregor::protocol {
namespace {

Bytes bytes_of(std::initializer_list<std::uint8_t> bytes) {
    return Bytes::copy_of(ByteSpan(bytes.begin(), bytes.size()));
}

ForwardedRequest delete_topics() {
    const RequestHeader header{.request_api_key = ApiKey::delete_topics,
                               .request_api_version = 5,
                               .correlation_id = 17,
                               .client_id = "admin"};
    const DeleteTopicsRequest request{.topic_names = {"orders"}};
    return {.key = ApiKey::delete_topics,
            .version = 5,
            .correlation_id = 17,
            .frame = encode_request_frame(header, request).suffix(kFrameSizeBytes),
            .client_host = "10.1.2.3"};
}

ErrorCode refusal(const EnvelopeRequest& envelope) {
    const auto opened = open_envelope(envelope);
    REQUIRE_FALSE(opened);
    return opened.error();
}

TEST_CASE("an envelope holds the request as it came, who asks and from where") {
    const ForwardedRequest request = delete_topics();
    const EnvelopeRequest envelope = make_envelope(request);
    REQUIRE(envelope.request_data == request.frame);
    REQUIRE(envelope.client_host_address == bytes_of({10, 1, 2, 3}));
    // Version 0, then "User" and "ANONYMOUS", no token, no tags.
    REQUIRE(*envelope.request_principal ==
            Bytes::copy_of(std::string_view("\0\0\5User\12ANONYMOUS\0\0", 19)));
    const auto opened = open_envelope(envelope);
    REQUIRE(opened);
    REQUIRE(opened->client_host == "10.1.2.3");
    REQUIRE(opened->principal.name == "ANONYMOUS");
    REQUIRE(opened->request.header.client_id == "admin");
    REQUIRE(opened->request.header.correlation_id == 17);
    const auto inside = decode<DeleteTopicsRequest>(opened->request.body, 5);
    REQUIRE(inside);
    REQUIRE(inside->topic_names == std::vector<std::string>{"orders"});
}

TEST_CASE("addresses are bytes; a name has none") {
    REQUIRE(address_bytes("255.0.13.1") == bytes_of({255, 0, 13, 1}));
    REQUIRE(address_bytes("::1") == bytes_of({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
    REQUIRE(address_bytes("2001:db8::a:0:1") ==
            bytes_of({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0xa, 0, 0, 0, 1}));
    REQUIRE(address_bytes("1:2:3:4:5:6:7:8") ==
            bytes_of({0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}));
    for (const std::string_view name : {"n1", "", "1.2.3", "1.2.3.256", "1:2:3:4:5:6:7", "1::2::3",
                                        "1:2:3:4:5:6:7:8:9", "12345::", "1.2.3.4.5", "-1.2.3.4"}) {
        INFO(name);
        REQUIRE(address_bytes(name) == bytes_of({0, 0, 0, 0}));
    }
    EnvelopeRequest envelope = make_envelope(delete_topics());
    envelope.client_host_address = address_bytes("2001:db8::1");
    REQUIRE(open_envelope(envelope)->client_host == "2001:db8:0:0:0:0:0:1");
}

TEST_CASE("an envelope is refused with the error that says what is wrong with it") {
    const EnvelopeRequest good = make_envelope(delete_topics());
    EnvelopeRequest envelope = good;
    envelope.request_principal = std::nullopt;
    REQUIRE(refusal(envelope) == ErrorCode::principal_deserialization_failure);
    envelope.request_principal = bytes_of({0, 1, 1, 1, 0, 0});
    REQUIRE(refusal(envelope) == ErrorCode::principal_deserialization_failure);
    envelope.request_principal = bytes_of({0, 0, 9});
    REQUIRE(refusal(envelope) == ErrorCode::principal_deserialization_failure);
    envelope = good;
    envelope.client_host_address = bytes_of({1, 2, 3});
    REQUIRE(refusal(envelope) == ErrorCode::invalid_request);
    envelope = good;
    envelope.request_data = good.request_data.slice(0, 6);
    REQUIRE(refusal(envelope) == ErrorCode::unsupported_version);
    envelope.request_data = bytes_of({0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    REQUIRE(refusal(envelope) == ErrorCode::unsupported_version);
    // DeleteTopics 99, Metadata 0 and an envelope in the envelope.
    envelope.request_data = bytes_of({0, 20, 0, 99, 0, 0, 0, 0, 0, 0, 0});
    REQUIRE(refusal(envelope) == ErrorCode::unsupported_version);
    envelope.request_data = bytes_of({0, 3, 0, 0, 0, 0, 0, 0, 0, 0});
    REQUIRE(refusal(envelope) == ErrorCode::invalid_request);
    envelope.request_data = bytes_of({0, 58, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    REQUIRE(refusal(envelope) == ErrorCode::invalid_request);
}

TEST_CASE("an answer comes out of its envelope, or the envelope's error") {
    const ForwardedRequest request = delete_topics();
    EnvelopeResponse response{.error_code = ErrorCode::not_controller};
    REQUIRE(open_response(request, response).error() == ErrorCode::not_controller);
    response.error_code = ErrorCode::unsupported_version;
    REQUIRE(open_response(request, response).error() == ErrorCode::unsupported_version);
    response.error_code = ErrorCode::cluster_authorization_failed;
    REQUIRE(open_response(request, response).error() == ErrorCode::unknown_server_error);
    response.error_code = ErrorCode::none;
    REQUIRE(open_response(request, response).error() == ErrorCode::unknown_server_error);
    const DeleteTopicsResponse answer{.throttle_time_ms = 3};
    response.response_data = encode_response_frame(17, answer, 5).suffix(kFrameSizeBytes);
    const auto body = open_response(request, response);
    REQUIRE(body);
    REQUIRE(decode<DeleteTopicsResponse>(*body, 5)->throttle_time_ms == 3);
    response.response_data = encode_response_frame(18, answer, 5).suffix(kFrameSizeBytes);
    REQUIRE(open_response(request, response).error() == ErrorCode::unknown_server_error);
}

}  // namespace
}  // namespace gregor::protocol
