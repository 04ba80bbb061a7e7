// MetadataFeed: the committed records of the metadata log as images, on every node, voter or not.
//
//     raft: high watermark ──> read, apply batch by batch ──> image ──> subscribers, in order
//                                    ^ or a snapshot, when the log begins behind where we are
//
// One fiber does it all. An image is published when its records are committed and the batch that
// ends them is applied, never in the middle of a metadata transaction; each subscriber sees every
// image, in order, and may wait. Now and then the image becomes a snapshot, and the log before it
// may go.
//
// Records that do not apply, or a disk that cannot be read, are final: the owner is told once, to
// stop the node.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "broker/drivers/raft_driver.h"
#include "broker/metadata/image.h"
#include "broker/metadata/metadata_loader.h"

namespace gregor::drivers {

/// Called with the image before and the one after, which differ. May wait.
using ImageSubscriber =
    std::function<void(const metadata::ImageRef& before, const metadata::ImageRef& after)>;

class MetadataFeed {
public:
    /// `on_failure` is called at most once, on the feed's fiber, and must not wait.
    MetadataFeed(Runtime& runtime, RaftDriver& raft,
                 std::function<void(std::string_view why)> on_failure);
    MetadataFeed(const MetadataFeed&) = delete;
    MetadataFeed& operator=(const MetadataFeed&) = delete;

    /// Before start(); the first call gets an empty image and the first one that is known.
    void subscribe(ImageSubscriber subscriber) { subscribers_.push_back(std::move(subscriber)); }
    /// After the RaftDriver's.
    void start();
    /// There is more to read. From anywhere in the loop's thread; never waits.
    void wake() { committed_.notify_all(); }
    /// Publishes no more. From a fiber.
    void shut_down();

    /// The newest published image, never null.
    [[nodiscard]] const metadata::ImageRef& image() const { return image_; }
    /// Whether subscribers are still being told of image().
    [[nodiscard]] bool is_publishing() const { return is_publishing_; }
    /// One above the last offset that image() holds.
    [[nodiscard]] raft::Offset image_offset() const { return image_offset_; }
    /// Every committed record that was read, those of an open metadata transaction too.
    [[nodiscard]] const metadata::MetadataLoader& loader() const { return loader_; }
    /// Waits until every record below `offset` is in the published image; false when the deadline
    /// came first.
    bool wait_for(raft::Offset offset, Instant deadline);
    /// Waits until another image is published, or wake_waiters(); false when the deadline came.
    bool wait_for_change(Instant deadline) { return published_.wait(deadline); }
    void wake_waiters() { published_.notify_all(); }

private:
    using Done = MetadataLog::Done;

    void run();
    [[nodiscard]] Done catch_up();
    [[nodiscard]] Done load_snapshot();
    [[nodiscard]] Done apply(const Bytes& chunk);
    void publish();
    [[nodiscard]] Done snapshot_if_due();

    Runtime& runtime_;
    RaftDriver& raft_;
    std::function<void(std::string_view why)> on_failure_;
    std::vector<ImageSubscriber> subscribers_;
    metadata::MetadataLoader loader_;
    metadata::ImageRef image_;
    raft::Offset image_offset_{0};
    bool is_publishing_ = false;
    std::int64_t last_timestamp_ms_ = 0;  // of the last batch
    std::int64_t bytes_since_snapshot_ = 0;
    WaitQueue committed_;
    WaitQueue published_;
    TaskGroup tasks_;
};

}  // namespace gregor::drivers
