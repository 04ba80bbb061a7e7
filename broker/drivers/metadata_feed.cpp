#include "broker/drivers/metadata_feed.h"

#include <fmt/format.h>

#include "broker/metadata/metadata_batch.h"
#include "broker/metadata/snapshot.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::drivers {

using log::StorageError;
using metadata::MetadataLoader;
using raft::Offset;

namespace {

constexpr std::int64_t kReadBytes = 4 * 1024 * 1024;

}  // namespace

MetadataFeed::MetadataFeed(Runtime& runtime, RaftDriver& raft,
                           std::function<void(std::string_view)> on_failure)
    : runtime_(runtime),
      raft_(raft),
      on_failure_(std::move(on_failure)),
      image_(std::make_shared<const metadata::MetadataImage>()),
      committed_(runtime.scheduler()),
      published_(runtime.scheduler()),
      tasks_(runtime.tasks(), "metadata feed") {}

void MetadataFeed::start() {
    tasks_.spawn("metadata feed", [this] { run(); });
}

void MetadataFeed::shut_down() {
    tasks_.cancel();
    tasks_.join();
}

bool MetadataFeed::wait_for(Offset offset, Instant deadline) {
    while (image_offset_ < offset) {
        if (!published_.wait(deadline)) return image_offset_ >= offset;
    }
    return true;
}

void MetadataFeed::run() {
    for (;;) {
        if (const auto caught_up = catch_up(); !caught_up) {
            runtime_.trace().event("metadata_feed_failed", "why={}", caught_up.error().text);
            on_failure_(caught_up.error().text);
            return;
        }
        committed_.wait();
    }
}

MetadataFeed::Done MetadataFeed::catch_up() {
    while (loader_.next_offset() < raft_.high_watermark()) {
        if (loader_.next_offset() < raft_.log().start_offset()) {
            TRY(load_snapshot());
        } else {
            auto chunk =
                raft_.log().read(loader_.next_offset(), raft_.high_watermark(), kReadBytes);
            if (!chunk && loader_.next_offset() < raft_.log().start_offset()) {
                PROBE("the metadata log was replaced by a snapshot while it was read");
                continue;
            }
            if (!chunk) return fail(std::move(chunk).error());
            TRY(apply(*chunk));
        }
        publish();
        TRY(snapshot_if_due());
    }
    return {};
}

MetadataFeed::Done MetadataFeed::load_snapshot() {
    const metadata::SnapshotId latest = raft_.log().snapshots().ids().back();
    metadata::SnapshotContents contents = TRY(raft_.log().snapshots().read(latest));
    loader_ = MetadataLoader(std::move(contents.image), latest.end_offset);
    last_timestamp_ms_ = contents.last_contained_log_timestamp_ms;
    bytes_since_snapshot_ = 0;
    runtime_.trace().event("metadata_snapshot_loaded", "end_offset={}", latest.end_offset);
    return {};
}

MetadataFeed::Done MetadataFeed::apply(const Bytes& chunk) {
    bytes_since_snapshot_ += static_cast<std::int64_t>(chunk.size());
    const Offset before = loader_.next_offset();
    records::BatchReader batches(chunk.span());
    while (true) {
        const auto batch = batches.next();
        if (!batch) return fail(StorageError(std::string(batch.error().message)));
        if (!*batch) break;
        const records::BatchHeader& header = (*batch)->header;
        last_timestamp_ms_ = header.max_timestamp;
        if (!header.is_control()) {
            auto decoded = metadata::decode_batch(**batch);
            if (!decoded) return fail(StorageError(std::move(decoded).error()));
            for (const metadata::OffsetRecord& each : *decoded) {
                if (each.offset < loader_.next_offset()) continue;  // the snapshot has it
                auto applied = loader_.apply(each.offset, each.record.record);
                if (!applied) return fail(StorageError(std::move(applied).error()));
            }
        }
        const Offset next(header.next_offset());
        if (next > loader_.next_offset()) loader_.skip_to(next);
    }
    CHECK(before < loader_.next_offset(), "nothing at {}", before);
    return {};
}

void MetadataFeed::publish() {
    if (loader_.in_transaction() || loader_.next_offset() == image_offset_) return;
    const metadata::ImageRef before = image_;
    image_ = std::make_shared<const metadata::MetadataImage>(loader_.visible());
    image_offset_ = loader_.next_offset();
    runtime_.trace().event("image_published", "offset={}", image_offset_);
    is_publishing_ = true;
    for (const ImageSubscriber& subscriber : subscribers_) subscriber(before, image_);
    is_publishing_ = false;
    published_.notify_all();
}

MetadataFeed::Done MetadataFeed::snapshot_if_due() {
    MetadataLog& log = raft_.log();
    if (bytes_since_snapshot_ < log.options().max_bytes_between_snapshots) return {};
    if (loader_.in_transaction()) return {};
    bytes_since_snapshot_ = 0;
    const metadata::SnapshotId id{.end_offset = image_offset_,
                                  .epoch = log.epoch_at(image_offset_ - 1)};
    if (!log.snapshots().ids().empty() && log.snapshots().ids().back() >= id) return {};
    const std::vector<metadata::SnapshotControl> voters =
        to_snapshot_controls(raft_.core().snapshot_records(id.end_offset));
    const std::vector<Bytes> batches = metadata::encode_snapshot(
        {.image = *image_, .last_contained_log_timestamp_ms = last_timestamp_ms_}, id.epoch,
        to_epoch_ms(runtime_.clock().wall()), voters);
    const auto taken = log.snapshots().write(id, batches);
    if (!taken) {
        // Left for the next time: the log still has everything.
        PROBE("a metadata snapshot failed");
        runtime_.trace().event("metadata_snapshot_failed", "error={}", name(taken.error()));
        return {};
    }
    runtime_.trace().event("metadata_snapshot_taken", "end_offset={}", id.end_offset);
    raft_.snapshot_taken(*taken);
    return {};
}

}  // namespace gregor::drivers
