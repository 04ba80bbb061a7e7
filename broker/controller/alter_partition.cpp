#include "broker/controller/alter_partition.h"

#include <algorithm>

#include "broker/controller/draft.h"
#include "broker/controller/partition_change.h"
#include "sim/base/planted.h"

namespace gregor::controller {
namespace {

using metadata::LeaderRecoveryState;
using metadata::MetadataImage;
using metadata::PartitionState;
using metadata::TopicImage;
using protocol::AlterPartitionRequest;
using protocol::AlterPartitionResponse;
using protocol::NodeId;
using Wanted = AlterPartitionRequest::Partition;
using Answer = AlterPartitionResponse::Partition;

constexpr std::int16_t kFirstWithBrokerEpochs = 3;
constexpr std::int64_t kAnyBrokerEpoch = -1;

Replicas isr_of(const Wanted& wanted) {
    if (wanted.new_isr_with_epochs.empty()) return wanted.new_isr;
    Replicas isr;
    for (const auto& member : wanted.new_isr_with_epochs) isr.push_back(member.broker_id);
    return isr;
}

/// Whether a broker may be counted on: a dead or leaving one must not enter an ISR (KIP-841), nor
/// an incarnation other than the one that caught up (KIP-903).
bool is_eligible(const MetadataImage& image, NodeId broker, std::int64_t epoch) {
    const metadata::BrokerImage* registration = image.find_broker(broker);
    if (registration == nullptr) return false;
    if (PLANTED(b12_fenced_broker_in_isr)) return true;
    if (!image.is_active(broker)) return false;
    return epoch == kAnyBrokerEpoch || epoch == registration->broker_epoch;
}

bool are_eligible(const MetadataImage& image, const Wanted& wanted, std::int16_t version) {
    if (version < kFirstWithBrokerEpochs) {
        return std::ranges::all_of(wanted.new_isr, [&](NodeId broker) {
            return is_eligible(image, broker, kAnyBrokerEpoch);
        });
    }
    return std::ranges::all_of(wanted.new_isr_with_epochs, [&](const auto& member) {
        return is_eligible(image, member.broker_id, member.broker_epoch);
    });
}

bool is_legal_isr(const PartitionState& state, Replicas isr) {
    if (!contains(isr, state.leader)) return false;
    if (!without(isr, state.replicas).empty()) return false;
    std::ranges::sort(isr);
    return std::ranges::adjacent_find(isr) == isr.end();
}

bool is_legal_recovery_state(const PartitionState& state, std::int8_t wanted, std::size_t members) {
    if (wanted != 0 && wanted != 1) return false;
    const bool recovering = wanted == 1;
    if (recovering && members > 1) return false;
    return !recovering || state.leader_recovery_state == LeaderRecoveryState::recovering;
}

ErrorCode find_fault(const MetadataImage& image, NodeId broker, const PartitionState& state,
                     const Wanted& wanted, std::int16_t version) {
    if (wanted.leader_epoch > state.leader_epoch) return ErrorCode::not_controller;
    if (wanted.partition_epoch > state.partition_epoch) return ErrorCode::not_controller;
    if (wanted.leader_epoch < state.leader_epoch) return ErrorCode::fenced_leader_epoch;
    if (broker != state.leader) return ErrorCode::invalid_request;
    if (wanted.partition_epoch < state.partition_epoch) return ErrorCode::invalid_update_version;
    const Replicas isr = isr_of(wanted);
    if (!is_legal_isr(state, isr)) return ErrorCode::invalid_request;
    if (!is_legal_recovery_state(state, wanted.leader_recovery_state, isr.size())) {
        return ErrorCode::invalid_request;
    }
    if (are_eligible(image, wanted, version)) return ErrorCode::none;
    return version > 1 ? ErrorCode::ineligible_replica : ErrorCode::operation_not_attempted;
}

class Alteration {
public:
    Alteration(const MetadataImage& image, const ControllerConfig& config,
               const AlterPartitionRequest& request, std::int16_t version)
        : draft_(image), config_(config), request_(request), version_(version) {}

    ControllerResult<AlterPartitionResponse> run() && {
        ControllerResult<AlterPartitionResponse> result{
            .records = {}, .response = {}, .atomic = true};
        for (const auto& topic : request_.topics) {
            result.response.topics.push_back(
                {.topic_name = topic.topic_name, .topic_id = topic.topic_id});
            for (const Wanted& wanted : topic.partitions) {
                result.response.topics.back().partitions.push_back(alter(topic.topic_id, wanted));
            }
        }
        result.records = std::move(draft_).take_records();
        return result;
    }

private:
    Answer alter(const protocol::TopicId& id, const Wanted& wanted) {
        Answer answer{.partition_index = wanted.partition_index};
        const TopicImage* topic = draft_.image().find_topic(id);
        if (topic == nullptr) {
            answer.error_code = ErrorCode::unknown_topic_id;
            return answer;
        }
        const PartitionState* state = topic->find(wanted.partition_index);
        answer.error_code = state == nullptr ? ErrorCode::unknown_topic_or_partition
                                             : find_fault(draft_.image(), request_.broker_id,
                                                          *state, wanted, version_);
        if (answer.error_code == ErrorCode::none) change(*topic, wanted, answer);
        return answer;
    }

    /// The completion of a reassignment may take the leadership from who asks: an error, although
    /// the change is made.
    void change(const TopicImage& topic, const Wanted& wanted, Answer& answer) {
        const ElectionRules rules = election_rules(draft_.image(), config_, topic.name);
        const protocol::TopicId id = topic.id;
        auto record = change_partition(
            draft_.image(), rules, topic, wanted.partition_index,
            {.isr = isr_of(wanted),
             .leader_recovery_state = LeaderRecoveryState{wanted.leader_recovery_state}});
        if (record) draft_.add(*std::move(record));
        const PartitionState& state = *draft_.image().find_partition(id, wanted.partition_index);
        if (state.leader != request_.broker_id) {
            answer.error_code =
                version_ > 1 ? ErrorCode::new_leader_elected : ErrorCode::fenced_leader_epoch;
            return;
        }
        answer.leader_id = state.leader;
        answer.leader_epoch = state.leader_epoch;
        answer.isr = state.isr;
        answer.leader_recovery_state = static_cast<std::int8_t>(state.leader_recovery_state);
        answer.partition_epoch = state.partition_epoch;
    }

    Draft draft_;
    const ControllerConfig& config_;
    const AlterPartitionRequest& request_;
    std::int16_t version_;
};

}  // namespace

ControllerResult<AlterPartitionResponse> alter_partition(const MetadataImage& image,
                                                         const ControllerConfig& config,
                                                         const AlterPartitionRequest& request,
                                                         std::int16_t version) {
    const metadata::BrokerImage* broker = image.find_broker(request.broker_id);
    if (broker == nullptr || broker->broker_epoch != request.broker_epoch) {
        return {.records = {}, .response = {.error_code = ErrorCode::stale_broker_epoch}};
    }
    return Alteration(image, config, request, version).run();
}

}  // namespace gregor::controller
