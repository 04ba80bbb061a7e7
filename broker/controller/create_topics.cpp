#include "broker/controller/create_topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "broker/controller/replica_assignment.h"
#include "broker/controller/topic_configs.h"
#include "broker/controller/topic_names.h"

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::PartitionId;

template <class T>
using OrError = Result<T, ApiError>;

class TopicCreator {
public:
    TopicCreator(const MetadataImage& image, const ControllerConfig& config, Random& random)
        : image_(image), config_(config), random_(random) {
        for (const auto& [name, id] : image.topic_ids()) note_collisions(name);
    }

    /// The topic's records and the answer about it.
    OrError<CreateTopicsResponse::Topic> create(const CreateTopicsRequest::Topic& topic) {
        if (auto error = find_name_fault(topic.name)) return fail(*std::move(error));
        const metadata::ConfigMap configs = TRY(configs_of(topic));
        const std::vector<Replicas> replicas = TRY(replicas_of(topic));
        if (records_.size() + 1 + configs.size() + replicas.size() > kMaxRecordsPerUserOperation) {
            return fail(ApiError{ErrorCode::policy_violation,
                                 "Excessively large number of partitions per request."});
        }
        const protocol::TopicId id = new_topic_id();
        std::vector<VersionedRecord> records;
        const auto add = [&](metadata::MetadataRecord record) {
            records.push_back(versioned(std::move(record), image_.metadata_version()));
        };
        add(protocol::TopicRecord{.name = topic.name, .topic_id = id});
        for (const auto& [name, value] : configs) {
            add(protocol::ConfigRecord{
                .resource_type = static_cast<std::int8_t>(metadata::ConfigResourceType::topic),
                .resource_name = topic.name,
                .name = name,
                .value = value});
        }
        for (std::size_t i = 0; i < replicas.size(); ++i) {
            const PartitionId partition{static_cast<std::int32_t>(i)};
            auto record = new_partition(image_, id, partition, replicas[i]);
            if (!record) {
                return fail(ApiError{ErrorCode::invalid_replica_assignment,
                                     fmt::format("All brokers specified in the manual partition "
                                                 "assignment for partition {} are fenced or in "
                                                 "controlled shutdown.",
                                                 partition)});
            }
            add(*std::move(record));
        }
        std::ranges::move(records, std::back_inserter(records_));
        note_collisions(topic.name);
        return describe(topic.name, id, configs, replicas);
    }

    [[nodiscard]] std::vector<VersionedRecord> take_records() && { return std::move(records_); }

private:
    void note_collisions(const std::string& name) {
        if (has_collision_chars(name)) colliding_.try_emplace(unify_collision_chars(name), name);
    }

    [[nodiscard]] std::optional<ApiError> find_name_fault(const std::string& name) const {
        if (name == kClusterMetadataTopic) {
            return ApiError{ErrorCode::invalid_request,
                            fmt::format("Creation of internal topic {} is prohibited.", name)};
        }
        if (image_.find_topic(name) != nullptr) {
            return ApiError{ErrorCode::topic_already_exists,
                            fmt::format("Topic '{}' already exists.", name)};
        }
        if (auto fault = find_topic_name_fault(name)) {
            return ApiError{ErrorCode::invalid_topic_exception, *std::move(fault)};
        }
        if (!has_collision_chars(name)) return std::nullopt;
        const auto it = colliding_.find(unify_collision_chars(name));
        if (it == colliding_.end()) return std::nullopt;
        return ApiError{
            ErrorCode::invalid_topic_exception,
            fmt::format("Topic '{}' collides with existing topic: {}", name, it->second)};
    }

    /// A null value is as good as none.
    [[nodiscard]] static OrError<metadata::ConfigMap> configs_of(
        const CreateTopicsRequest::Topic& topic) {
        metadata::ConfigMap configs;
        for (const auto& config : topic.configs) {
            if (!config.value) {
                return fail(ApiError{ErrorCode::invalid_config,
                                     "Null value not supported for topic configs: " + config.name});
            }
            configs.insert_or_assign(config.name, *config.value);
        }
        if (auto valid = validate_topic_configs(configs); !valid) {
            return fail(ApiError{ErrorCode::invalid_config, valid.error()});
        }
        return configs;
    }

    [[nodiscard]] OrError<std::vector<Replicas>> replicas_of(
        const CreateTopicsRequest::Topic& topic) {
        return topic.assignments.empty() ? placed_replicas(topic) : given_replicas(topic);
    }

    [[nodiscard]] OrError<std::vector<Replicas>> given_replicas(
        const CreateTopicsRequest::Topic& topic) const {
        constexpr std::string_view kPrefix = "A manual partition assignment was specified, but ";
        if (topic.replication_factor != -1) {
            return fail(ApiError{ErrorCode::invalid_request,
                                 fmt::format("{}replication factor was not set to -1.", kPrefix)});
        }
        if (topic.num_partitions != -1) {
            return fail(ApiError{ErrorCode::invalid_request,
                                 fmt::format("{}numPartitions was not set to -1.", kPrefix)});
        }
        std::map<PartitionId, Replicas> given;
        std::optional<std::size_t> expected;
        for (const auto& assignment : topic.assignments) {
            if (!given.try_emplace(assignment.partition_index, assignment.broker_ids).second) {
                return fail(ApiError{
                    ErrorCode::invalid_replica_assignment,
                    fmt::format("Found multiple manual partition assignments for partition {}",
                                assignment.partition_index)});
            }
            if (auto fault = find_assignment_fault(image_, assignment.broker_ids, expected)) {
                return fail(*std::move(fault));
            }
            expected = assignment.broker_ids.size();
        }
        std::vector<Replicas> replicas;
        for (auto& [partition, brokers] : given) {
            if (partition.value() != static_cast<std::int32_t>(replicas.size())) {
                return fail(
                    ApiError{ErrorCode::invalid_replica_assignment,
                             "partitions should be a consecutive 0-based integer sequence"});
            }
            replicas.push_back(std::move(brokers));
        }
        return replicas;
    }

    [[nodiscard]] OrError<std::vector<Replicas>> placed_replicas(
        const CreateTopicsRequest::Topic& topic) {
        if (topic.replication_factor < -1 || topic.replication_factor == 0) {
            return fail(
                ApiError{ErrorCode::invalid_replication_factor,
                         "Replication factor must be larger than 0, or -1 to use the default "
                         "value."});
        }
        if (topic.num_partitions < -1 || topic.num_partitions == 0) {
            return fail(ApiError{ErrorCode::invalid_partitions,
                                 "Number of partitions was set to an invalid non-positive value."});
        }
        const PlacementSpec spec{.partitions = topic.num_partitions == -1 ? config_.num_partitions
                                                                          : topic.num_partitions,
                                 .replication_factor = topic.replication_factor == -1
                                                           ? config_.default_replication_factor
                                                           : topic.replication_factor};
        if (static_cast<std::size_t>(spec.partitions) > kMaxRecordsPerUserOperation) {
            return fail(ApiError{ErrorCode::policy_violation,
                                 "Excessively large number of partitions per request."});
        }
        auto placed = place_replicas(spec, usable_brokers(image_), random_);
        if (placed) return *std::move(placed);
        return fail(ApiError{ErrorCode::invalid_replication_factor,
                             fmt::format("Unable to replicate the partition {} time(s): {}",
                                         spec.replication_factor, placed.error())});
    }

    [[nodiscard]] protocol::TopicId new_topic_id() {
        while (true) {
            const protocol::TopicId id = random_uuid(random_);
            if (image_.find_topic(id) == nullptr) return id;
        }
    }

    [[nodiscard]] CreateTopicsResponse::Topic describe(
        const std::string& name, const protocol::TopicId& id, const metadata::ConfigMap& configs,
        const std::vector<Replicas>& replicas) const {
        CreateTopicsResponse::Topic described{
            .name = name,
            .topic_id = id,
            .error_message = std::nullopt,
            .num_partitions = static_cast<std::int32_t>(replicas.size()),
            .replication_factor = static_cast<std::int16_t>(replicas.front().size())};
        ConfigLayers layers = layers_of(image_, config_, name);
        const ConfigLayers own{.topic = configs,
                               .broker = layers.broker,
                               .default_broker = layers.default_broker,
                               .static_broker = layers.static_broker};
        for (EffectiveConfig& config : effective_topic_configs(own)) {
            described.configs->push_back(
                {.name = std::move(config.name),
                 .value = std::move(config.value),
                 .config_source = static_cast<std::int8_t>(config.source)});
        }
        return described;
    }

    const MetadataImage& image_;
    const ControllerConfig& config_;
    Random& random_;
    std::map<std::string, std::string> colliding_;  // unified name → a topic of it
    std::vector<VersionedRecord> records_;
};

CreateTopicsResponse::Topic refused(const std::string& name, ApiError error) {
    CreateTopicsResponse::Topic topic{
        .name = name, .error_code = error.code, .error_message = std::move(error.message)};
    topic.configs = std::nullopt;
    return topic;
}

}  // namespace

ControllerResult<CreateTopicsResponse> create_topics(const MetadataImage& image,
                                                     const ControllerConfig& config, Random& random,
                                                     const CreateTopicsRequest& request) {
    std::map<std::string_view, int> times;
    for (const auto& topic : request.topics) ++times[topic.name];
    std::set<std::string_view> repeated;
    TopicCreator creator(image, config, random);
    ControllerResult<CreateTopicsResponse> result{.records = {}, .response = {}, .atomic = true};
    for (const auto& topic : request.topics) {
        if (times[topic.name] > 1) {
            if (!repeated.insert(topic.name).second) continue;
            result.response.topics.push_back(
                refused(topic.name, {ErrorCode::invalid_request, "Duplicate topic name."}));
            continue;
        }
        auto created = creator.create(topic);
        result.response.topics.push_back(created ? *std::move(created)
                                                 : refused(topic.name, created.error()));
    }
    if (!request.validate_only) {
        result.records = std::move(creator).take_records();
    } else {
        for (auto& topic : result.response.topics) topic.topic_id = {};
    }
    return result;
}

protocol::Uuid random_uuid(Random& random) {
    constexpr std::uint8_t kDashBits = 62;  // '-' in base64url
    while (true) {
        protocol::Uuid uuid;
        for (std::size_t half = 0; half < 2; ++half) {
            std::uint64_t bits = random.next();
            for (std::size_t i = 0; i < 8; ++i, bits >>= 8) {
                uuid.bytes[half * 8 + i] = static_cast<std::uint8_t>(bits);
            }
        }
        uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x40);  // version 4
        uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);  // RFC 9562
        if (uuid.bytes[0] >> 2 != kDashBits) return uuid;
    }
}

}  // namespace gregor::controller
