// The admin client: makes the topics, then makes and deletes others, cuts partitions' starts and
// asks for elections while faults happen. What was answered is held against the end state by the
// drain.
#include <algorithm>

#include "broker/metadata/image.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/topics.h"
#include "scenarios/clients/fetched.h"
#include "scenarios/clients/router.h"

namespace gregor::scenarios::clients {
namespace {

using protocol::ErrorCode;

class Admin {
public:
    Admin(Workload& workload, Runtime& runtime)
        : workload_(workload),
          runtime_(runtime),
          random_(runtime.random()),
          router_(workload, runtime, "admin") {}

    void run() {
        while (workload_.optional_setting("elr") != 0 && !turn_elr_on()) {
            runtime_.clock().sleep_for(100ms);
        }
        for (std::int64_t topic = 0; topic < workload_.setting("topics"); ++topic) {
            const std::string name = fmt::format("t{}", topic);
            const auto partitions = static_cast<std::int32_t>(workload_.setting("partitions"));
            while (!create(name, partitions)) runtime_.clock().sleep_for(100ms);
        }
        while (!learn_topic_ids()) runtime_.clock().sleep_for(100ms);
        workload_.topics_made = true;
        while (workload_.phase == Phase::faults) {
            runtime_.clock().sleep_for(random_.between(Duration(500ms), Duration(4s)));
            if (workload_.setting("delete_records") != 0 && random_.below(2) == 0) {
                delete_some_records();
            } else if (workload_.optional_setting("elections") != 0 && random_.below(2) == 0) {
                elect_preferred_leaders();
            } else {
                change_extra_topics();
            }
        }
        router_.done();
        workload_.admin_done = true;
    }

private:
    bool create(const std::string& name, std::int32_t partitions) {
        protocol::CreateTopicsRequest request;
        request.timeout_ms = 5000;
        request.topics.push_back({.name = name,
                                  .num_partitions = partitions,
                                  .replication_factor = workload_.replication_factor});
        const auto response = router_.ask<protocol::CreateTopicsResponse>(request, 7);
        if (!response || response->topics.size() != 1) return false;
        const ErrorCode error = response->topics[0].error_code;
        last_created_id_ = response->topics[0].topic_id;
        last_create_was_first_ = error == ErrorCode::none;
        return error == ErrorCode::none || error == ErrorCode::topic_already_exists;
    }

    bool learn_topic_ids() {
        protocol::MetadataRequest request;
        request.topics = std::nullopt;
        const auto response = router_.ask<protocol::MetadataResponse>(request, 12);
        if (!response) return false;
        for (const auto& topic : response->topics) {
            workload_.topic_ids[topic.name.value_or("")] = topic.topic_id;
        }
        for (const PartitionUnderTest& partition : workload_.partitions) {
            if (!workload_.topic_ids.contains(partition.topic)) return false;
        }
        return true;
    }

    /// KIP-966, with the metadata.version that it needs.
    bool turn_elr_on() {
        protocol::UpdateFeaturesRequest request;
        request.feature_updates.push_back(
            {.feature = std::string(metadata::kMetadataVersionFeature),
             .max_version_level = metadata::kMetadataVersion_4_0_IV3});
        request.feature_updates.push_back(
            {.feature = std::string(metadata::kElrFeature), .max_version_level = 1});
        const auto response = router_.ask<protocol::UpdateFeaturesResponse>(request, 1);
        return response && response->error_code == ErrorCode::none &&
               std::ranges::all_of(response->results, [](const auto& each) {
                   return each.error_code == ErrorCode::none;
               });
    }

    /// Of every partition, where the first replica may lead. Whatever the answer is will do.
    void elect_preferred_leaders() {
        const protocol::ElectLeadersRequest request{.topic_partitions = std::nullopt,
                                                    .timeout_ms = 2000};
        (void)router_.ask<protocol::ElectLeadersResponse>(request, 2);
    }

    void change_extra_topics() {
        auto& extra = workload_.extra_topics;
        if (static_cast<std::int64_t>(extra.size()) < workload_.setting("extra_topics")) {
            extra.push_back({.name = fmt::format("extra-{}", extra.size()),
                             .partitions = static_cast<std::int32_t>(random_.between(1, 3))});
            const std::size_t place = extra.size() - 1;
            if (create(extra[place].name, extra[place].partitions) && last_create_was_first_) {
                extra[place].creation_acknowledged = true;
                extra[place].id = last_created_id_;
            }
            return;
        }
        if (extra.empty()) return;
        ExtraTopic& topic = random_.pick(extra);
        if (topic.deletion_asked) return;
        topic.deletion_asked = true;
        protocol::DeleteTopicsRequest request;
        request.timeout_ms = 5000;
        request.topic_names.push_back(topic.name);
        const auto response = router_.ask<protocol::DeleteTopicsResponse>(request, 5);
        if (response && response->responses.size() == 1) {
            topic.deletion_acknowledged = response->responses[0].error_code == ErrorCode::none;
        }
    }

    void delete_some_records() {
        const auto place = static_cast<std::size_t>(random_.below(workload_.partitions.size()));
        PartitionUnderTest& partition = workload_.partitions[place];
        const auto earliest = ask_offset(workload_, router_, place, -2);
        const auto latest = ask_offset(workload_, router_, place, -1);
        if (!earliest || !latest || *earliest >= *latest) return;
        const LossCount asked = partition.history->losses();
        protocol::DeleteRecordsRequest request;
        request.timeout_ms = 5000;
        request.topics.push_back({.name = partition.topic});
        const std::int64_t upto = random_.between(*earliest, *earliest + (*latest - *earliest) / 2);
        request.topics[0].partitions.push_back(
            {.partition_index = protocol::PartitionId(partition.index),
             .offset = protocol::Offset(upto)});
        ++partition.deletions_asked;
        partition.history->deletion_asked(upto);
        const auto response =
            router_.wait_for_leader(place).call<protocol::DeleteRecordsResponse>(request, 2);
        if (!response || response->topics.size() != 1) return;
        const auto& answer = response->topics[0].partitions[0];
        if (answer.error_code != ErrorCode::none) return;
        if (workload_.low_watermark_answered) {
            workload_.low_watermark_answered(partition, answer.low_watermark);
        }
        if (asked == partition.history->losses()) {
            partition.history->deleted_up_to(answer.low_watermark);
        }
    }

    Workload& workload_;
    Runtime& runtime_;
    Random& random_;
    Router router_;
    protocol::TopicId last_created_id_;
    bool last_create_was_first_ = false;
};

}  // namespace

void run_admin(Workload& workload, Runtime& runtime) { Admin(workload, runtime).run(); }

}  // namespace gregor::scenarios::clients
