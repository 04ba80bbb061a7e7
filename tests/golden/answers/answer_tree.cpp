#include "tests/golden/answers/answer_tree.h"

#include <algorithm>

#include "broker/protocol/any_message.h"
#include "broker/protocol/header.h"
#include "broker/protocol/messages/fetch.h"

namespace gregor::tests {
namespace {

using nlohmann::json;
using protocol::ApiKey;

void add_records(json& tree, const Bytes& body, std::int16_t version) {
    const auto response = protocol::decode<protocol::FetchResponse>(body, version);
    if (!response) return;
    for (std::size_t i = 0; i < response->responses.size(); ++i) {
        const auto& partitions = response->responses[i].partitions;
        for (std::size_t j = 0; j < partitions.size(); ++j) {
            const protocol::RecordsField& records = partitions[j].records;
            tree["responses"][i]["partitions"][j]["records"] =
                records.is_null() ? json() : json(to_hex(records.bytes()));
        }
    }
}

/// What an entry of a list is known by.
json name_of(const json& entry) {
    for (const char* field : {"topicId", "name", "topic", "partitionIndex", "partition", "groupId",
                              "memberId", "transactionalId", "producerId"}) {
        if (entry.contains(field) && !entry[field].is_null()) return entry[field];
    }
    return {};
}

void put_in_order(json& tree) {
    for (json& child : tree) {
        if (child.is_structured()) put_in_order(child);
    }
    // Kafka has them in a hash set.
    if (tree.is_object() && tree.contains("subscribedTopicNames")) {
        std::ranges::sort(tree["subscribedTopicNames"].get_ref<json::array_t&>());
    }
    const bool names_entries = tree.is_array() && !tree.empty() && tree.front().is_object() &&
                               !name_of(tree.front()).is_null();
    if (!names_entries) return;
    std::stable_sort(tree.begin(), tree.end(),
                     [](const json& a, const json& b) { return name_of(a) < name_of(b); });
}

void forget_address(json& tree, const char* list) {
    if (!tree.contains(list)) return;
    for (json& broker : tree[list]) {
        broker.erase("host");
        broker.erase("port");
    }
}

}  // namespace

std::optional<json> answer_tree(const Bytes& frame, ApiKey key, std::int16_t version) {
    const auto* type = protocol::find_message_type(protocol::MessageKind::response,
                                                   static_cast<std::int16_t>(key));
    if (type == nullptr || frame.size() < protocol::kFrameSizeBytes) return std::nullopt;
    const auto split =
        protocol::decode_response_frame(frame.suffix(protocol::kFrameSizeBytes), key, version);
    if (!split) return std::nullopt;
    protocol::Reader reader(split->body);
    const auto message = protocol::AnyMessage::decode(*type, reader, version);
    if (!message || reader.remaining() != 0) return std::nullopt;
    json tree = json::parse(message->to_json_text(version));
    if (key == ApiKey::fetch) add_records(tree, split->body, version);
    forget_address(tree, "brokers");
    forget_address(tree, "nodeEndpoints");
    forget_address(tree, "coordinators");
    put_in_order(tree);
    tree["correlationId"] = split->header.correlation_id;
    return tree;
}

std::string first_difference(const json& ours, const json& theirs) {
    if (ours == theirs) return "";
    const auto whole = [&] { return ": " + ours.dump() + ", not " + theirs.dump(); };
    if (ours.type() != theirs.type() || ours.size() != theirs.size()) return whole();
    if (ours.is_object()) {
        for (const auto& [key, value] : theirs.items()) {
            if (!ours.contains(key)) return "/" + key + ": missing";
            const std::string inner = first_difference(ours[key], value);
            if (!inner.empty()) return "/" + key + inner;
        }
    }
    if (ours.is_array()) {
        for (std::size_t i = 0; i < theirs.size(); ++i) {
            const std::string inner = first_difference(ours[i], theirs[i]);
            if (!inner.empty()) return inner;
        }
    }
    return whole();
}

}  // namespace gregor::tests
