#include "clients/consumer/sticky_user_data.h"

#include <map>

#include "broker/protocol/wire.h"

namespace gregor::consumer {

using client::TopicPartition;
using protocol::PartitionId;
using protocol::Reader;
using protocol::Writer;

std::optional<Bytes> encode_sticky_user_data(const std::vector<TopicPartition>& assigned,
                                             std::int32_t generation_id) {
    if (generation_id < 0) return std::nullopt;
    std::map<std::string, std::vector<PartitionId>> by_topic;
    for (const TopicPartition& each : assigned) by_topic[each.topic].push_back(each.partition);
    ByteBuffer out(64);
    Writer writer(out);
    writer.integer(static_cast<std::int32_t>(by_topic.size()));
    for (const auto& [topic, partitions] : by_topic) {
        writer.integer(static_cast<std::int16_t>(topic.size()));
        writer.text(topic);
        writer.integer(static_cast<std::int32_t>(partitions.size()));
        for (const PartitionId partition : partitions) writer.integer(partition.value());
    }
    writer.integer(generation_id);
    return std::move(out).freeze();
}

std::optional<Bytes> encode_cooperative_user_data(const std::vector<TopicPartition>& /*assigned*/,
                                                  std::int32_t generation_id) {
    ByteBuffer out(sizeof(generation_id));
    Writer(out).integer(generation_id);
    return std::move(out).freeze();
}

std::optional<StickyUserData> decode_sticky_user_data(const Bytes& bytes) {
    StickyUserData data;
    Reader reader(bytes);
    const auto topics = reader.integer<std::int32_t>();
    for (std::int32_t i = 0; i < topics && reader.ok(); ++i) {
        const auto size = reader.integer<std::int16_t>();
        if (size < 0) return std::nullopt;
        const std::string topic(reader.text(static_cast<std::size_t>(size)));
        const auto partitions = reader.integer<std::int32_t>();
        for (std::int32_t j = 0; j < partitions && reader.ok(); ++j) {
            data.assigned.push_back({topic, PartitionId(reader.integer<std::int32_t>())});
        }
    }
    if (!reader.ok()) return std::nullopt;
    if (reader.remaining() >= sizeof(std::int32_t)) {
        data.generation_id = reader.integer<std::int32_t>();
    }
    return data;
}

std::optional<std::int32_t> decode_cooperative_user_data(const Bytes& bytes) {
    if (bytes.size() < sizeof(std::int32_t)) return std::nullopt;
    return protocol::detail::load_big_endian<std::int32_t>(bytes.data());
}

}  // namespace gregor::consumer
