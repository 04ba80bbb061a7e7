#include "broker/server/handlers/produce.h"

#include <memory>
#include <utility>

#include "broker/metadata/image.h"
#include "broker/protocol/messages/produce.h"
#include "broker/replication/replica_manager.h"
#include "broker/server/handlers/partition_errors.h"
#include "broker/server/handlers/transaction_verification.h"

namespace gregor::server {

namespace {

using protocol::ErrorCode;
using protocol::ProduceRequest;
using protocol::ProduceResponse;

constexpr std::int16_t kFirstVersionWithZstd = 7;
constexpr std::int16_t kFirstVersionWithLeaders = 10;
/// Kafka lets its admin client, by this client id, write to internal topics.
constexpr std::string_view kAdminClientId = "__admin_client";

bool is_zstd(const Bytes& records) {
    const auto header = records::parse_batch_header(records);
    return header && header->codec() == records::CompressionCodec::zstd;
}

/// Puts the outcomes of the appends into the response; those that were refused earlier are there.
class Answer {
public:
    Answer(HandlerContext& context, const rpc::Request& request, std::int16_t acks,
           rpc::Reply reply)
        : context_(context),
          version_(request.version),
          listener_(request.listener),
          acks_(acks),
          reply_(std::move(reply)) {}

    /// The entry of the partition that comes next in the request.
    ProduceResponse::Partition& add(const std::string& topic, protocol::PartitionId partition) {
        if (response_.responses.empty() || is_new_topic_) {
            response_.responses.emplace_back().name = topic;
            is_new_topic_ = false;
        }
        ProduceResponse::Partition& entry =
            response_.responses.back().partition_responses.emplace_back();
        entry.index = partition;
        entry.base_offset = protocol::kNoOffset;
        return entry;
    }
    void next_topic() { is_new_topic_ = true; }
    /// The entry just added takes the next outcome.
    void awaits_outcome() {
        places_.push_back({response_.responses.size() - 1,
                           response_.responses.back().partition_responses.size() - 1});
    }

    void finish(std::vector<replication::AppendOutcome> outcomes) {
        CHECK(outcomes.size() == places_.size());
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            const auto [topic, partition] = places_[i];
            take(std::move(outcomes[i]), response_.responses[topic].partition_responses[partition]);
        }
        const auto image = context_.image();
        bool failed = false;
        for (ProduceResponse::Topic& topic : response_.responses) {
            for (ProduceResponse::Partition& partition : topic.partition_responses) {
                if (partition.error_code == ErrorCode::none) continue;
                failed = true;
                refine(*image, topic.name, partition);
            }
        }
        if (acks_ != 0) {
            reply_.send(response_);
        } else if (failed) {
            reply_.close_connection();
        } else {
            reply_.none();
        }
    }

private:
    static void take(replication::AppendOutcome outcome, ProduceResponse::Partition& entry) {
        entry.error_code = outcome.error;
        entry.base_offset = outcome.base_offset;
        entry.log_append_time_ms = outcome.log_append_time_ms;
        entry.log_start_offset = outcome.log_start_offset;
        entry.error_message = std::move(outcome.error_message);
        for (records::BatchRecordError& error : outcome.record_errors) {
            ProduceResponse::RecordError& record = entry.record_errors.emplace_back();
            record.batch_index = error.batch_index;
            record.batch_index_error_message = std::move(error.message);
        }
    }
    void refine(const metadata::MetadataImage& image, const std::string& topic,
                ProduceResponse::Partition& entry) {
        entry.error_code = refine_error(entry.error_code, image, topic, entry.index);
        if (entry.error_code != ErrorCode::not_leader_or_follower) return;
        if (version_ < kFirstVersionWithLeaders) return;
        const CurrentLeader leader = current_leader(image, topic, entry.index);
        entry.current_leader.leader_id = leader.id;
        entry.current_leader.leader_epoch = leader.epoch;
        add_node_endpoint(response_.node_endpoints, image, leader.id, listener_);
    }

    HandlerContext& context_;
    std::int16_t version_;
    std::string_view listener_;
    std::int16_t acks_;
    rpc::Reply reply_;
    ProduceResponse response_;
    bool is_new_topic_ = false;
    std::vector<std::pair<std::size_t, std::size_t>> places_;
};

}  // namespace

void handle_produce(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<ProduceRequest>(request, reply);
    if (!message) return;
    replication::AppendOrder order{
        .acks = message->acks,
        .timeout = std::chrono::milliseconds(std::max(message->timeout_ms, 0)),
        .internal_topics_allowed = request.client_id == kAdminClientId};
    Answer answer(context, request, message->acks, std::move(reply));
    for (ProduceRequest::Topic& topic : message->topic_data) {
        answer.next_topic();
        for (ProduceRequest::Partition& partition : topic.partition_data) {
            ProduceResponse::Partition& entry = answer.add(topic.name, partition.index);
            if (partition.records.is_null()) {
                entry.error_code = ErrorCode::invalid_record;
                continue;
            }
            if (request.version < kFirstVersionWithZstd && is_zstd(partition.records.bytes())) {
                entry.error_code = ErrorCode::unsupported_compression_type;
                continue;
            }
            answer.awaits_outcome();
            order.parts.push_back({.partition = {topic.name, partition.index.value()},
                                   .records = partition.records.bytes()});
        }
    }
    verify_transactions(context, request.version, message->transactional_id, order.parts);
    context.replicas().append(std::move(order),
                              [answer = std::move(answer)](auto outcomes) mutable {
                                  answer.finish(std::move(outcomes));
                              });
}

}  // namespace gregor::server
