#include "broker/controller/elect_leaders.h"

#include <fmt/format.h>

#include <functional>
#include <string>

#include "broker/controller/draft.h"
#include "broker/controller/partition_change.h"
#include "sim/base/planted.h"

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using metadata::PartitionState;
using metadata::TopicImage;
using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;
using protocol::PartitionId;

bool has_preferred_leader(const PartitionState& state) {
    return state.leader == state.replicas.front();
}

ApiError unknown(std::string what) {
    return {ErrorCode::unknown_topic_or_partition, std::move(what)};
}

class Electing {
public:
    Electing(const MetadataImage& image, const ControllerConfig& config, Election election)
        : image_(image), draft_(image), config_(config), election_(election) {}

    ApiError elect(const std::string& name, PartitionId partition) {
        const TopicImage* topic = draft_.image().find_topic(name);
        if (topic == nullptr) return unknown("No such topic as " + name);
        const PartitionState* state = topic->find(partition);
        if (state == nullptr) {
            return unknown(fmt::format("No such partition as {}-{}", name, partition));
        }
        const bool needless =
            election_ == Election::preferred ? has_preferred_leader(*state) : state->has_leader();
        if (needless) {
            return {ErrorCode::election_not_needed,
                    "Leader election not needed for topic partition."};
        }
        return change(*topic, partition);
    }

    ElectLeadersResponse answer(const ElectLeadersRequest& request) {
        ElectLeadersResponse response;
        if (!request.topic_partitions) return answer_about_all();
        for (const auto& topic : *request.topic_partitions) {
            response.replica_election_results.push_back({.topic = topic.topic});
            for (const PartitionId partition : topic.partitions) {
                note(response, partition, elect(topic.topic, partition));
            }
        }
        return response;
    }

    [[nodiscard]] std::vector<VersionedRecord> take_records() && {
        return std::move(draft_).take_records();
    }

private:
    ApiError change(const TopicImage& topic, PartitionId partition) {
        const protocol::TopicId id = topic.id;
        const ElectionRules rules = election_rules(draft_.image(), config_, topic.name);
        auto record =
            change_partition(draft_.image(), rules, topic, partition, {.election = election_});
        if (record) draft_.add(*std::move(record));
        const PartitionState& state = *draft_.image().find_partition(id, partition);
        if (election_ == Election::preferred && !has_preferred_leader(state)) {
            return {ErrorCode::preferred_leader_not_available,
                    "The preferred leader was not available."};
        }
        if (!state.has_leader()) {
            return {ErrorCode::eligible_leaders_not_available,
                    "Eligible topic partition leaders are not available."};
        }
        return {};
    }

    ElectLeadersResponse answer_about_all() {
        ElectLeadersResponse response;
        for (const auto& [name, id] : image_.topic_ids()) {
            response.replica_election_results.push_back({.topic = name});
            for (const auto& [partition, state] : image_.find_topic(id)->partitions) {
                ApiError error = elect(name, partition);
                if (error.code == ErrorCode::election_not_needed) continue;
                note(response, partition, std::move(error));
            }
        }
        return response;
    }

    static void note(ElectLeadersResponse& response, PartitionId partition, ApiError error) {
        auto& results = response.replica_election_results.back().partition_result;
        results.push_back(
            {.partition_id = partition, .error_code = error.code, .error_message = std::nullopt});
        if (error.code != ErrorCode::none) results.back().error_message = std::move(error.message);
    }

    const MetadataImage& image_;
    Draft draft_;
    const ControllerConfig& config_;
    Election election_;
};

using Filter = std::function<bool(const TopicImage&, const PartitionState&)>;

std::vector<VersionedRecord> elect_where(const MetadataImage& image, const ControllerConfig& config,
                                         Election election, const Filter& filter) {
    Draft draft(image);
    for (const auto& [id, topic] : image.topics()) {
        for (const auto& [partition, state] : topic->partitions) {
            if (draft.size() >= kMaxElectionsPerImbalance) break;
            if (!filter(*topic, state)) continue;
            const ElectionRules rules = election_rules(image, config, topic->name);
            auto record = change_partition(image, rules, *topic, partition, {.election = election});
            if (record) draft.add(*std::move(record));
        }
    }
    return std::move(draft).take_records();
}

}  // namespace

ControllerResult<ElectLeadersResponse> elect_leaders(const MetadataImage& image,
                                                     const ControllerConfig& config,
                                                     const ElectLeadersRequest& request) {
    constexpr std::int8_t kPreferred = 0;
    constexpr std::int8_t kUnclean = 1;
    if (request.election_type != kPreferred && request.election_type != kUnclean) {
        return {.records = {}, .response = {.error_code = ErrorCode::invalid_request}};
    }
    Electing electing(
        image, config,
        request.election_type == kPreferred ? Election::preferred : Election::unclean);
    ControllerResult<ElectLeadersResponse> result{.records = {}, .response = {}};
    result.response = electing.answer(request);
    result.records = std::move(electing).take_records();
    return result;
}

std::vector<VersionedRecord> balance_leaders(const MetadataImage& image,
                                             const ControllerConfig& config) {
    return elect_where(image, config, Election::preferred,
                       [&](const TopicImage&, const PartitionState& state) {
                           const protocol::NodeId preferred = state.replicas.front();
                           return !PLANTED(leaders_stay_away) && state.has_leader() &&
                                  !has_preferred_leader(state) && state.is_in_isr(preferred) &&
                                  image.may_lead(preferred, state);
                       });
}

std::vector<VersionedRecord> elect_unclean_leaders(const MetadataImage& image,
                                                   const ControllerConfig& config) {
    return elect_where(
        image, config, Election::online, [&](const TopicImage& topic, const PartitionState& state) {
            return !state.has_leader() && election_rules(image, config, topic.name).unclean_enabled;
        });
}

}  // namespace gregor::controller
