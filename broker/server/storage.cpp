#include "broker/server/storage.h"

#include <fmt/format.h>

#include "broker/controller/create_topics.h"
#include "broker/controller/features.h"
#include "broker/drivers/snapshot_store.h"
#include "broker/log/checkpoint_file.h"
#include "broker/metadata/snapshot.h"

namespace gregor::server {
namespace {

constexpr std::string_view kMetaPropertiesName = "meta.properties";
constexpr std::string_view kBootstrapName = "bootstrap.checkpoint";
constexpr std::string_view kLockName = ".lock";

std::string failed(std::string_view path, IoError error) {
    return fmt::format("{}: {}", path, name(error));
}

/// The features that a new cluster has.
Result<Bytes, std::string> bootstrap_snapshot(std::int64_t now_ms) {
    metadata::SnapshotContents contents;
    for (const auto& [name, level] : controller::initial_features()) {
        TRY(contents.image.apply(
            protocol::FeatureLevelRecord{.name = name, .feature_level = level}));
    }
    ByteBuffer all;
    for (const Bytes& batch :
         metadata::encode_snapshot(contents, protocol::LeaderEpoch(0), now_ms)) {
        all.append(batch);
    }
    return std::move(all).freeze();
}

/// In the folder that the metadata log will be in.
Result<void, std::string> write_initial_voters(Runtime& runtime, const Config& config,
                                               const raft::VoterSet& voters) {
    const std::string folder = metadata_folder(config);
    const std::vector<metadata::SnapshotControl> controls = drivers::to_snapshot_controls(
        {protocol::KRaftVersionRecord{.k_raft_version = raft::kMaxKRaftVersion},
         voters.to_record()});
    ByteBuffer all;
    for (const Bytes& batch : metadata::encode_snapshot(
             {}, protocol::LeaderEpoch(0), to_epoch_ms(runtime.clock().wall()), controls)) {
        all.append(batch);
    }
    Disk& disk = runtime.disk();
    if (const auto made = log::create_folder_durably(disk, folder); !made) {
        return fail(failed(folder, made.error()));
    }
    const auto written = log::write_file_atomically(disk, folder, metadata::snapshot_file_name({}),
                                                    std::move(all).freeze());
    if (!written) return fail(failed(folder, written.error()));
    return {};
}

Result<void, std::string> format_folder(Runtime& runtime, const Config& config,
                                        const std::string& folder, const Formatting& formatting) {
    Disk& disk = runtime.disk();
    if (const auto made = disk.create_directories(folder); !made) {
        return fail(failed(folder, made.error()));
    }
    const auto lock = disk.lock(log::join_path(folder, kLockName));
    if (!lock && lock.error() == IoError::locked) {
        return fail(fmt::format("{} is in use by another process", folder));
    }
    if (!lock) return fail(failed(folder, lock.error()));
    const std::string path = log::join_path(folder, kMetaPropertiesName);
    const auto there = disk.exists(path);
    if (!there) return fail(failed(path, there.error()));
    if (*there) return fail(fmt::format("{} is formatted already", folder));

    const Bytes bootstrap = TRY(bootstrap_snapshot(to_epoch_ms(runtime.clock().wall())));
    log::MetaProperties properties{.cluster_id = formatting.cluster_id,
                                   .node_id = config.node_id(),
                                   .directory_id = controller::random_uuid(runtime.random())};
    if (folder == config.log_dirs().front()) {
        const raft::Voter* own = formatting.initial_voters.find(config.node_id());
        if (own != nullptr && config.is_controller())
            properties.directory_id = own->key.directory_id;
        if (!formatting.initial_voters.empty()) {
            TRY(write_initial_voters(runtime, config, formatting.initial_voters));
        }
    }
    // meta.properties last: what it stands in is whole.
    if (const auto written = log::write_file_atomically(disk, folder, kBootstrapName, bootstrap);
        !written) {
        return fail(failed(folder, written.error()));
    }
    const Bytes text = Bytes::copy_of(log::format_meta_properties(properties));
    if (const auto written = log::write_file_atomically(disk, folder, kMetaPropertiesName, text);
        !written) {
        return fail(failed(path, written.error()));
    }
    runtime.trace().event("folder_formatted", "folder={} cluster={}", folder,
                          formatting.cluster_id);
    return {};
}

}  // namespace

std::string_view metadata_directory(const Config& config) {
    return config.text("metadata.log.dir").value_or(config.log_dirs().front());
}

std::string metadata_folder(const Config& config) {
    return log::join_path(metadata_directory(config), "__cluster_metadata-0");
}

std::string random_cluster_id(Random& random) {
    return protocol::to_string(controller::random_uuid(random));
}

Result<std::optional<std::string>, std::string> formatted_cluster_id(Runtime& runtime,
                                                                     const Config& config) {
    std::optional<std::string> cluster_id;
    bool has_metadata = true;
    for (const std::string& folder : config.log_dirs()) {
        const std::string path = log::join_path(folder, kMetaPropertiesName);
        const auto content = log::read_file_if_there(runtime.disk(), path);
        if (!content) return fail(failed(path, content.error()));
        if (!*content) {
            has_metadata &= folder != metadata_directory(config);
            continue;
        }
        const auto properties = log::parse_meta_properties((*content)->text());
        if (!properties) return fail(fmt::format("{} is damaged", path));
        cluster_id = properties->cluster_id;
    }
    if (cluster_id && !has_metadata) {
        return fail(
            fmt::format("{} is not formatted, and other log directories are: is it mounted?",
                        metadata_directory(config)));
    }
    return cluster_id;
}

Result<void, std::string> format_storage(Runtime& runtime, const Config& config,
                                         const Formatting& formatting) {
    for (const std::string& folder : config.log_dirs()) {
        TRY(format_folder(runtime, config, folder, formatting));
    }
    return {};
}

}  // namespace gregor::server
