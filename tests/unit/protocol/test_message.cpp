#include "broker/protocol/any_message.h"
#include "broker/protocol/generate.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/group_admin.h"
#include "broker/protocol/messages/group_records.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/metadata_records.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/metadata_frame.h"
#include "tests/support/catch.h"

namespace gregor::protocol {
namespace {

Bytes filled(std::size_t size, std::uint8_t byte) {
    ByteBuffer buffer;
    buffer.resize(size);
    for (std::uint8_t& each : buffer.span()) each = byte;
    return std::move(buffer).freeze();
}

ProduceRequest produce_of(Bytes records) {
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 30000;
    request.topic_data = {{.name = "orders"}};
    request.topic_data[0].partition_data = {
        {.index = PartitionId{3}, .records = std::move(records)}};
    return request;
}

TEST_CASE("records of a request are a slice of its frame") {
    const Bytes body = encode(produce_of(filled(100, 7)), 9);
    const auto request = decode<ProduceRequest>(body, 9);
    REQUIRE(request.has_value());
    const Bytes& records = request->topic_data[0].partition_data[0].records.bytes();
    REQUIRE(records.size() == 100);
    REQUIRE(records.data() > body.data());
    REQUIRE(records.data() + records.size() < body.data() + body.size());
}

TEST_CASE("bytes after a message are ignored") {
    ByteBuffer body;
    encode(produce_of(filled(3, 7)), 8, body);
    body.append(std::string_view("tail"));
    REQUIRE(decode<ProduceRequest>(std::move(body).freeze(), 8).has_value());
}

TEST_CASE("a version that a message does not have is an error") {
    REQUIRE(decode<ProduceRequest>(Bytes{}, 13).error() == DecodeError::unsupported_version);
    REQUIRE(decode<ProduceRequest>(Bytes{}, -1).error() == DecodeError::unsupported_version);
}

TEST_CASE("a field that a version does not have is left out and reads as its default") {
    FetchRequest request;
    request.session_id = 9;
    request.rack_id = "west";
    request.max_bytes = 1000;
    const auto read = decode<FetchRequest>(encode(request, 4), 4);
    REQUIRE(read.has_value());
    REQUIRE(read->max_bytes == 1000);
    REQUIRE(read->session_id == 0);
    REQUIRE(read->rack_id.empty());
}

TEST_CASE("null where a version has no null is written as empty") {
    MetadataRequest all_topics;
    all_topics.topics = std::nullopt;
    REQUIRE(to_hex(encode(all_topics, 0)) == "00000000");
    REQUIRE(to_hex(encode(all_topics, 1)) == "ffffffff");
}

TEST_CASE("null in a field that may not be null is an error") {
    const Bytes null_topics = filled(4, 0xff);
    REQUIRE(decode<MetadataRequest>(null_topics, 0).error() == DecodeError::null_not_allowed);
    const auto all_topics = decode<MetadataRequest>(null_topics, 1);
    REQUIRE(all_topics.has_value());
    REQUIRE(!all_topics->topics.has_value());
}

TEST_CASE("an array that claims more elements than bytes are left is an error") {
    ByteBuffer body;
    Writer writer(body);
    writer.integer(std::int32_t{0x7fffffff});
    writer.integer(std::int32_t{0});
    REQUIRE(decode<MetadataRequest>(std::move(body).freeze(), 1).error() ==
            DecodeError::too_many_elements);
}

TEST_CASE("a string longer than a signed 16-bit length is an error in flexible versions too") {
    ByteBuffer body;
    Writer writer(body);
    writer.unsigned_varint(0x8000 + 1);
    writer.bytes(filled(0x8000, 'a'));
    REQUIRE(decode<ProduceRequest>(std::move(body).freeze(), 9).error() == DecodeError::bad_length);
}

TEST_CASE("a string longer than the wire carries is cut when written") {
    ProduceRequest request;
    request.transactional_id = std::string(40000, 'x');
    for (const std::int16_t version : {8, 9}) {
        const Bytes body = encode(request, version);
        REQUIRE(body.size() == encoded_size(request, version));
        const auto read = decode<ProduceRequest>(body, version);
        REQUIRE(read.has_value());
        REQUIRE(read->transactional_id == std::string(32767, 'x'));
    }
}

TEST_CASE("unknown tags survive being read and written, in tag order") {
    FetchRequest request;
    request.unknown_tags.add({900, filled(2, 9)});
    request.unknown_tags.add({800, filled(1, 8)});
    request.replica_state.replica_id = NodeId{5};
    const Bytes body = encode(request, 15);
    const auto read = decode<FetchRequest>(body, 15);
    REQUIRE(read.has_value());
    REQUIRE(read->replica_state.replica_id == NodeId{5});
    REQUIRE(read->unknown_tags.tags().size() == 2);
    REQUIRE(read->unknown_tags.tags()[0] == UnknownTag{800, filled(1, 8)});
    REQUIRE(encode(*read, 15) == body);
}

TEST_CASE("messages are equal when every field and unknown tag is") {
    const ProduceRequest request = produce_of(filled(3, 7));
    ProduceRequest other = request;
    REQUIRE(request == other);
    other.topic_data[0].partition_data[0].index = PartitionId{4};
    REQUIRE(!(request == other));
    other = request;
    other.unknown_tags.add({800, {}});
    REQUIRE(!(request == other));
}

TEST_CASE("a fetch response is written around records that are elsewhere") {
    FetchResponse response;
    response.responses = {{.topic = "orders"}};
    response.responses[0].partitions = {
        {.partition_index = PartitionId{0}, .records = RecordsField::gap(4096)},
        {.partition_index = PartitionId{1}, .records = filled(1000, 1)},
        {.partition_index = PartitionId{2}, .records = filled(10, 2)},
        {.partition_index = PartitionId{3}, .records = RecordsField::gap(70)}};
    PieceBuffer out;
    encode(response, 11, out);
    REQUIRE(out.size_elsewhere() == 4096 + 1000 + 70);
    const std::vector<Piece> pieces = std::move(out).freeze();

    FetchResponse whole = response;
    whole.responses[0].partitions[0].records = filled(4096, 5);
    whole.responses[0].partitions[3].records = filled(70, 6);
    ByteBuffer joined;
    std::vector<std::size_t> gaps;
    for (const Piece& piece : pieces) {
        if (const auto* gap = std::get_if<RecordsGap>(&piece)) {
            gaps.push_back(gap->size);
            joined.append(filled(gap->size, gap->index == 0 ? 5 : 6).span());
        } else {
            joined.append(std::get<Bytes>(piece).span());
        }
    }
    REQUIRE(gaps == std::vector<std::size_t>{4096, 70});
    REQUIRE(std::move(joined).freeze() == encode(whole, 11));
    REQUIRE(encoded_size(response, 11) == encoded_size(whole, 11));
}

TEST_CASE("large records are a piece without a copy") {
    const Bytes records = filled(1000, 1);
    PieceBuffer out;
    encode(produce_of(records), 9, out);
    const std::vector<Piece> pieces = std::move(out).freeze();
    REQUIRE(pieces.size() == 3);
    REQUIRE(std::get<Bytes>(pieces[1]).data() == records.data());
}

TEST_CASE("what 4.0 added after the published layouts stands where it does in Kafka") {
    MetadataResponse metadata;
    metadata.error_code = ErrorCode::rebootstrap_required;
    const Bytes v12 = encode(metadata, 12);
    const Bytes v13 = encode(metadata, 13);
    // The top-level error is the last field before the tags.
    REQUIRE(to_hex(v13) == to_hex(v12.slice(0, v12.size() - 1)) + "0081" + "00");

    VoteRequest vote;
    vote.topics = {{.topic_name = "t"}};
    vote.topics[0].partitions = {{.pre_vote = true}};
    const Bytes v1 = encode(vote, 1);
    const Bytes v2 = encode(vote, 2);
    // After it the tags of partition, topic and request.
    REQUIRE(to_hex(v2) == to_hex(v1.slice(0, v1.size() - 3)) + "01" + "000000");

    DescribeGroupsResponse groups;
    groups.groups = {{.error_code = ErrorCode::group_id_not_found, .error_message = "gone"}};
    const auto read = decode<DescribeGroupsResponse>(encode(groups, 6), 6);
    REQUIRE(read.has_value());
    REQUIRE(read->groups[0].error_message == "gone");
    REQUIRE(encode(groups, 6).size() == encode(groups, 5).size() + 5);
}

TEST_CASE("a metadata record is framed by frame version, id and version") {
    const TopicRecord topic{.name = "orders", .topic_id = kMetadataTopicId};
    const Bytes value = encode_metadata_record(topic, 0);
    REQUIRE(to_hex(value).starts_with("010200"));
    const auto frame = decode_metadata_frame(value);
    REQUIRE(frame.has_value());
    REQUIRE(frame->id == TopicRecord::kMessage.id);
    REQUIRE(frame->version == 0);
    REQUIRE(decode<TopicRecord>(frame->body, frame->version).value() == topic);
    REQUIRE(decode_metadata_frame(filled(3, 2)).error() == DecodeError::unsupported_version);
    REQUIRE(decode_metadata_frame(value.slice(0, 2)).error() == DecodeError::truncated);
}

TEST_CASE("json has the names of Kafka's fields and only the version's") {
    ProduceRequest request = produce_of(filled(5, 7));
    request.transactional_id = "tx \"1\"\n";
    REQUIRE(
        to_json_text(request, 3) ==
        R"({"transactionalId":"tx \"1\"\u000a","acks":-1,"timeoutMs":30000,)"
        R"("topicData":[{"name":"orders","partitionData":[{"index":3,"recordsSizeInBytes":5}]}]})");
    REQUIRE(to_json_text(request, 2).starts_with(R"({"acks":-1,)"));
}

TEST_CASE("a random message is the same for the same seed") {
    Random random(42);
    Random same(42);
    REQUIRE(random_message<FetchResponse>(12, random, 4) ==
            random_message<FetchResponse>(12, same, 4));
}

TEST_CASE("a tagged structure that is null where null is not its default is a marker alone") {
    // As Kafka 3.9 writes a member that is not classic; from 4.0 on null is the default.
    const Bytes body = Bytes::copy_of(std::string_view("\0\0\2c\2h\1\1\0\0\4\xd2\0\1\0\1\0", 17));
    const auto member = decode<ConsumerGroupMemberMetadataValue>(body, 0);
    REQUIRE(member.has_value());
    REQUIRE(member->client_id == "c");
    REQUIRE(member->rebalance_timeout_ms == 1234);
    REQUIRE(!member->classic_member_metadata);
    REQUIRE(member->unknown_tags.empty());
}

}  // namespace
}  // namespace gregor::protocol
