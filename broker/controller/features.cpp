#include "broker/controller/features.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "broker/controller/draft.h"
#include "broker/controller/elr_feature.h"

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using protocol::UpdateFeaturesRequest;
using protocol::UpdateFeaturesResponse;
using Update = UpdateFeaturesRequest::FeatureUpdate;

constexpr SupportedFeature kSupported[] = {
    {metadata::kElrFeature, 0, 1},
    {"group.version", 0, 1},
    {kKRaftVersionFeature, 0, 1},
    {metadata::kMetadataVersionFeature, metadata::kMetadataVersion_3_3_IV3,
     metadata::kMetadataVersion_4_0_IV3},
    {"transaction.version", 0, 2},
};

/// The metadata.version that a level needs.
struct Dependency {
    std::string_view name;
    std::int16_t level;
    std::int16_t metadata_version;
};
constexpr Dependency kDependencies[] = {
    {metadata::kElrFeature, 1, metadata::kMetadataVersion_4_0_IV1},
    {"group.version", 1, metadata::kMetadataVersion_4_0_IV0},
    {kKRaftVersionFeature, 1, metadata::kMetadataVersion_3_9_IV0},
    {"transaction.version", 2, metadata::kMetadataVersion_4_0_IV2},
};

enum class UpgradeType : std::int8_t { upgrade = 1, safe_downgrade = 2, unsafe_downgrade = 3 };

UpgradeType type_of(const Update& update, std::int16_t version) {
    constexpr std::int16_t kFirstWithType = 1;
    if (version >= kFirstWithType) return static_cast<UpgradeType>(update.upgrade_type);
    return update.allow_downgrade ? UpgradeType::safe_downgrade : UpgradeType::upgrade;
}

ApiError invalid_update(const Update& update, std::string_view why) {
    if (update.feature == metadata::kMetadataVersionFeature) {
        return {ErrorCode::invalid_update_version,
                fmt::format("Invalid metadata.version {}. {}", update.max_version_level, why)};
    }
    return {ErrorCode::invalid_update_version,
            fmt::format("Invalid update version {} for feature {}. {}", update.max_version_level,
                        update.feature, why)};
}

/// What is wrong with what a registered broker or controller says of its features. One that names
/// none says nothing.
template <class Nodes>
std::optional<std::string> find_node_fault(const Nodes& nodes, std::string_view kind,
                                           const Update& update) {
    for (const auto& [id, node] : nodes) {
        if (node.features.empty()) continue;
        const auto it = std::ranges::find_if(
            node.features, [&](const auto& feature) { return feature.name == update.feature; });
        if (it == node.features.end()) {
            if (update.max_version_level == 0) continue;
            return fmt::format("{} {} does not support this feature.", kind, id);
        }
        if (update.max_version_level >= it->min_supported_version &&
            update.max_version_level <= it->max_supported_version) {
            continue;
        }
        return fmt::format("{} {} only supports versions {}-{}", kind, id,
                           it->min_supported_version, it->max_supported_version);
    }
    return std::nullopt;
}

class FeatureUpdater {
public:
    FeatureUpdater(const MetadataImage& image, const ControllerConfig& config,
                   const KRaftVersionView* kraft_version, std::int16_t version)
        : draft_(image),
          config_(config),
          quorum_(kraft_version),
          kraft_version_(kraft_version == nullptr ? 0 : kraft_version->level()),
          version_(version) {}

    ApiError update(const Update& update) {
        if (!seen_.insert(update.feature).second) {
            return {ErrorCode::invalid_request,
                    fmt::format("Duplicate feature update for {}.", update.feature)};
        }
        if (auto error = find_fault(update)) return *std::move(error);
        const std::int16_t present = level_of(update.feature);
        if (update.max_version_level == present) return {};
        if (update.max_version_level < present) {
            if (auto error = find_downgrade_fault(update)) return *std::move(error);
        }
        return set_level(update);
    }

    /// Levels may depend on one another, so this is asked of them all together at the end.
    [[nodiscard]] std::optional<ApiError> find_dependency_fault() const {
        const std::int16_t metadata_version = draft_.image().metadata_version();
        for (const Dependency& dependency : kDependencies) {
            if (level_of(dependency.name) < dependency.level ||
                metadata_version >= dependency.metadata_version) {
                continue;
            }
            return ApiError{
                ErrorCode::invalid_update_version,
                fmt::format("{} could not be set to {} because it depends on metadata.version "
                            "level {}",
                            dependency.name, level_of(dependency.name),
                            dependency.metadata_version)};
        }
        return std::nullopt;
    }

    /// What the quorum has to write; nothing if its level stays.
    [[nodiscard]] std::optional<std::int16_t> raised_kraft_version() const {
        const bool stays = quorum_ == nullptr || quorum_->level() == kraft_version_;
        return stays ? std::nullopt : std::optional(kraft_version_);
    }

    [[nodiscard]] std::vector<VersionedRecord> take_records() && {
        return std::move(draft_).take_records();
    }

private:
    [[nodiscard]] std::int16_t level_of(std::string_view feature) const {
        return feature == kKRaftVersionFeature ? kraft_version_
                                               : draft_.image().feature_level(feature);
    }

    [[nodiscard]] std::optional<ApiError> find_fault(const Update& update) const {
        const UpgradeType type = type_of(update, version_);
        if (type < UpgradeType::upgrade || type > UpgradeType::unsafe_downgrade) {
            return invalid_update(update,
                                  "The controller does not support the given upgrade type.");
        }
        if (update.max_version_level < 0) {
            return invalid_update(update, "A feature version cannot be less than 0.");
        }
        const auto it = std::ranges::find(kSupported, update.feature, &SupportedFeature::name);
        if (it == std::end(kSupported)) {
            return invalid_update(update, fmt::format("Local controller {} does not support this "
                                                      "feature.",
                                                      config_.node_id));
        }
        if (update.max_version_level < it->min_level || update.max_version_level > it->max_level) {
            return invalid_update(update,
                                  fmt::format("Local controller {} only supports versions {}-{}",
                                              config_.node_id, it->min_level, it->max_level));
        }
        auto fault = find_node_fault(draft_.image().brokers(), "Broker", update);
        if (!fault) fault = find_node_fault(draft_.image().controllers(), "Controller", update);
        if (fault) return invalid_update(update, *fault);
        return std::nullopt;
    }

    /// Levels of metadata.version between which no record changes its form are safe to go back
    /// over; the records of others may hold what the older level cannot.
    [[nodiscard]] std::optional<ApiError> find_downgrade_fault(const Update& update) const {
        const UpgradeType type = type_of(update, version_);
        if (type == UpgradeType::upgrade) {
            return invalid_update(update,
                                  "Can't downgrade the version of this feature without setting the "
                                  "upgrade type to either safe or unsafe downgrade.");
        }
        if (update.feature != metadata::kMetadataVersionFeature) return std::nullopt;
        const std::int16_t present = draft_.image().metadata_version();
        constexpr std::int16_t kNewForms[] = {metadata::kMetadataVersion_3_4_IV0,
                                              metadata::kMetadataVersion_3_7_IV2};
        const bool changes_form = std::ranges::any_of(kNewForms, [&](std::int16_t level) {
            return update.max_version_level < level && level <= present;
        });
        if (!changes_form) return std::nullopt;
        if (type == UpgradeType::safe_downgrade) {
            return invalid_update(update,
                                  "Refusing to perform the requested downgrade because it might "
                                  "delete metadata information.");
        }
        return invalid_update(update,
                              "Unsafe metadata downgrade is not supported in this version.");
    }

    ApiError set_level(const Update& update) {
        if (update.feature == kKRaftVersionFeature) return set_kraft_version(update);
        const protocol::FeatureLevelRecord record{.name = update.feature,
                                                  .feature_level = update.max_version_level};
        if (update.feature != metadata::kElrFeature) {
            draft_.add(record);
        } else if (update.max_version_level > 0) {
            draft_.add(record);
            prepare_elr(draft_, config_);
        } else if (auto error = give_up_elr(draft_)) {
            return *std::move(error);
        }
        return {};
    }

    ApiError set_kraft_version(const Update& update) {
        if (quorum_ == nullptr) return invalid_update(update, "There is no quorum to change it.");
        if (const auto fault = quorum_->find_fault(update.max_version_level)) {
            return invalid_update(update, *fault);
        }
        kraft_version_ = update.max_version_level;
        return {};
    }

    Draft draft_;
    const ControllerConfig& config_;
    const KRaftVersionView* quorum_;
    std::int16_t kraft_version_;  // as it is to be
    std::int16_t version_;
    std::set<std::string> seen_;
};

UpdateFeaturesResponse::Result answer_of(const std::string& feature, const ApiError& error) {
    UpdateFeaturesResponse::Result result{
        .feature = feature, .error_code = error.code, .error_message = std::nullopt};
    if (error.code != ErrorCode::none) result.error_message = error.message;
    return result;
}

}  // namespace

std::span<const SupportedFeature> supported_features() { return kSupported; }

std::map<std::string, std::int16_t> initial_features() {
    return {{"group.version", 1},
            {std::string(metadata::kMetadataVersionFeature), metadata::kMetadataVersion_4_0_IV3},
            {"transaction.version", 2}};
}

ControllerResult<UpdateFeaturesResponse> update_features(const MetadataImage& image,
                                                         const ControllerConfig& config,
                                                         const KRaftVersionView* kraft_version,
                                                         const UpdateFeaturesRequest& request,
                                                         std::int16_t version) {
    constexpr std::int16_t kFirstWithOneError = 2;
    ControllerResult<UpdateFeaturesResponse> result{.records = {}, .response = {}, .atomic = true};
    UpdateFeaturesResponse& response = result.response;
    response.error_message = std::nullopt;
    FeatureUpdater updater(image, config, kraft_version, version);
    std::optional<std::string> failed;
    for (const Update& update : request.feature_updates) {
        ApiError error = updater.update(update);
        const bool last = &update == &request.feature_updates.back();
        if (error.code == ErrorCode::none && last && !failed) {
            error = updater.find_dependency_fault().value_or(ApiError{});
        }
        response.results.push_back(answer_of(update.feature, error));
        if (error.code == ErrorCode::none || failed) continue;
        failed = update.feature;
        response.error_code = error.code;
        response.error_message = fmt::format(
            "The update failed for all features since the following feature had an error: {}",
            error.message);
    }
    if (version >= kFirstWithOneError) {
        response.results.clear();
    } else {
        response.error_code = ErrorCode::none;
        response.error_message = std::nullopt;
    }
    if (!failed && !request.validate_only) {
        result.kraft_version = updater.raised_kraft_version();
        result.records = std::move(updater).take_records();
    }
    return result;
}

}  // namespace gregor::controller
