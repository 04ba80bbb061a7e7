#include "broker/drivers/cluster_metadata.h"

#include <utility>

namespace gregor::drivers {

ClusterMetadata::ClusterMetadata(Runtime& runtime, ClusterMetadataOptions options)
    : on_failure_(std::move(options.on_failure)),
      raft_(
          runtime,
          [&] {
              options.raft.on_failure = [this](std::string_view why) { failed(why); };
              return std::move(options.raft);
          }(),
          *this),
      feed_(runtime, raft_, [this](std::string_view why) { failed(why); }),
      controller_(runtime, std::move(options.controller), raft_, feed_) {}

Result<void, log::StorageError> ClusterMetadata::start() {
    TRY(raft_.start());
    feed_.start();
    return {};
}

void ClusterMetadata::shut_down() {
    controller_.shut_down();
    raft_.shut_down();
    feed_.shut_down();
}

void ClusterMetadata::failed(std::string_view why) {
    if (auto on_failure = std::exchange(on_failure_, nullptr)) on_failure(why);
}

}  // namespace gregor::drivers
