#include "scenarios/clients/fetched.h"

#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/records/batch_reader.h"

namespace gregor::scenarios::clients {
namespace {

constexpr std::int64_t kLatest = -1;
constexpr std::size_t kMaxUncompressed = std::size_t{64} << 20;

/// Adds the records of one batch; what is wrong with it, if anything.
std::string read_batch(const records::BatchView& batch, std::int64_t position,
                       records::CodecContexts& contexts, Fetched& out) {
    if (!batch.has_valid_crc()) {
        return fmt::format("a batch at {} whose checksum does not hold", batch.header.base_offset);
    }
    auto reader = batch.open(kMaxUncompressed, &contexts);
    if (!reader) return fmt::format("an unreadable batch at {}", batch.header.base_offset);
    for (;;) {
        const auto record = reader->next();
        if (!record) return fmt::format("an unreadable record at {}", batch.header.base_offset);
        if (*record == nullptr) return {};
        if ((*record)->offset < position) continue;
        const auto value = read_value((*record)->value.value_or(ByteSpan{}));
        if (!value) return fmt::format("an altered value at {}", (*record)->offset);
        out.records.push_back(
            {(*record)->offset, (*record)->timestamp, *value, batch.header.partition_leader_epoch});
    }
}

}  // namespace

Fetched read_fetched(const Bytes& bytes, std::int64_t position, records::CodecContexts& contexts) {
    Fetched fetched;
    records::BatchReader batches(bytes);
    while (fetched.damage.empty()) {
        const auto batch = batches.next();
        if (!batch) {
            fetched.damage = fmt::format("garbage after {} bytes", batches.position());
        } else if (!*batch) {
            break;
        } else {
            fetched.damage = read_batch(**batch, position, contexts, fetched);
        }
    }
    return fetched;
}

std::optional<std::int64_t> ask_offset(Workload& workload, Router& router, std::size_t place,
                                       std::int64_t timestamp) {
    const PartitionUnderTest& partition = workload.partitions[place];
    Link& link = router.wait_for_leader(place);
    const std::int32_t leader_epoch = router.leader_epoch_of(place);
    const Known asked = partition.history->known();
    protocol::ListOffsetsRequest request;
    request.replica_id = protocol::kNoNode;
    request.topics.push_back({.name = partition.topic});
    request.topics[0].partitions.push_back(
        {.partition_index = protocol::PartitionId(partition.index),
         .current_leader_epoch = protocol::LeaderEpoch(leader_epoch),
         .timestamp = timestamp});
    const auto response = link.call<protocol::ListOffsetsResponse>(request, 5);
    if (!response) router.moved(place);
    if (!response || response->topics.size() != 1 || response->topics[0].partitions.size() != 1) {
        return std::nullopt;
    }
    const auto& answer = response->topics[0].partitions[0];
    if (answer.error_code != protocol::ErrorCode::none) {
        router.moved(place);
        return std::nullopt;
    }
    if (timestamp == kLatest) {
        partition.history->latest(answer.offset.value(), leader_epoch, asked);
    }
    return answer.offset.value();
}

}  // namespace gregor::scenarios::clients
