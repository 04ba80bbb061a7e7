#include <set>

#include "broker/protocol/any_message.h"
#include "broker/protocol/header.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/fetch.h"
#include "tests/support/catch.h"

namespace gregor::protocol {
namespace {

TEST_CASE("the table of APIs agrees with the messages") {
    for (const ApiInfo& api : apis()) {
        INFO(api.name);
        for (const MessageKind kind : {MessageKind::request, MessageKind::response}) {
            const MessageType* type = find_message_type(kind, static_cast<std::int16_t>(api.key));
            REQUIRE(type != nullptr);
            REQUIRE(type->info.name.starts_with(api.name));
            REQUIRE(type->info.first_flexible == api.first_flexible);
            REQUIRE(type->info.versions.min <= api.served.min);
            REQUIRE(type->info.versions.max == api.served.max);
        }
        REQUIRE(api.advertised_min <= api.served.min);
    }
}

TEST_CASE("Produce is advertised from 0 and served from 3") {
    const ApiInfo* produce = find_api(ApiKey::produce);
    REQUIRE(produce != nullptr);
    REQUIRE(produce->advertised() == VersionRange{0, 12});
    REQUIRE(produce->served == VersionRange{3, 12});
    REQUIRE(find_api(ApiKey{4}) == nullptr);
}

TEST_CASE("message names and ids are unique") {
    std::set<std::string_view> names;
    std::set<std::pair<MessageKind, std::int16_t>> ids;
    for (const MessageType& type : message_types()) {
        INFO(type.info.name);
        REQUIRE(names.insert(type.info.name).second);
        if (type.info.id >= 0) REQUIRE(ids.insert({type.info.kind, type.info.id}).second);
    }
}

TEST_CASE("a request frame is split into header and body") {
    const RequestHeader header{.request_api_key = ApiKey::api_versions,
                               .request_api_version = 3,
                               .correlation_id = 77,
                               .client_id = "me"};
    ApiVersionsRequest request;
    request.client_software_name = "gregor";
    const Bytes frame = encode_request_frame(header, request);
    REQUIRE(to_hex(frame.slice(0, 4)) == "00000016");
    const auto parts = decode_request_frame(frame.suffix(kFrameSizeBytes));
    REQUIRE(parts.has_value());
    REQUIRE(parts->header == header);
    REQUIRE(decode<ApiVersionsRequest>(parts->body, 3).value() == request);
}

TEST_CASE("the header of an ApiVersions request of an unknown version is read") {
    // Version 99, correlation id 5, no client id, no tags.
    ByteBuffer frame;
    Writer writer(frame);
    writer.integer(std::int16_t{18});
    writer.integer(std::int16_t{99});
    writer.integer(std::int32_t{5});
    writer.integer(std::int16_t{-1});
    writer.unsigned_varint(0);
    const auto parts = decode_request_frame(std::move(frame).freeze());
    REQUIRE(parts.has_value());
    REQUIRE(parts->header.correlation_id == 5);
    REQUIRE(!parts->header.client_id.has_value());
    REQUIRE(parts->body.empty());
}

TEST_CASE("a frame of an unknown API or without a whole header is an error") {
    ByteBuffer unknown;
    Writer(unknown).integer(std::int64_t{0x0fff000000000001});
    REQUIRE(decode_request_frame(std::move(unknown).freeze()).error() ==
            DecodeError::unsupported_version);
    ByteBuffer cut;
    Writer(cut).integer(std::int32_t{0x00120003});
    REQUIRE(decode_request_frame(std::move(cut).freeze()).error() == DecodeError::truncated);
    REQUIRE(decode_request_frame(Bytes{}).error() == DecodeError::truncated);
}

TEST_CASE("an answer to ApiVersions has no tags in its header") {
    const Bytes frame = encode_response_frame(9, ApiVersionsResponse{}, 3);
    REQUIRE(
        to_hex(frame).starts_with("0000000c"
                                  "00000009"
                                  "0000"));
    const auto parts =
        decode_response_frame(frame.suffix(kFrameSizeBytes), ApiKey::api_versions, 3);
    REQUIRE(parts.has_value());
    REQUIRE(parts->header.correlation_id == 9);
}

TEST_CASE("a response in pieces counts its gaps in the frame's size") {
    FetchResponse response;
    response.responses = {{.topic = "orders"}};
    response.responses[0].partitions = {{.records = RecordsField::gap(5000)}};
    const std::vector<Piece> pieces = encode_response_pieces(3, response, 12);
    REQUIRE(pieces.size() == 3);
    std::size_t size = 0;
    for (const Piece& piece : pieces) {
        const auto* gap = std::get_if<RecordsGap>(&piece);
        size += gap != nullptr ? gap->size : std::get<Bytes>(piece).size();
    }
    Reader reader(std::get<Bytes>(pieces[0]));
    REQUIRE(static_cast<std::size_t>(reader.integer<std::int32_t>()) == size - kFrameSizeBytes);
    REQUIRE(pieces[1] == Piece(RecordsGap{0, 5000}));
}

}  // namespace
}  // namespace gregor::protocol
