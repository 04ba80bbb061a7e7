// RaftDriver: the fibers around the raft core (broker/raft/raft.h) and its disk (MetadataLog). It
// decides nothing about the quorum; it carries events in and effects out.
//
//     handlers ──request──┐
//     answers, failures ──┤ steps_ ──> one fiber: core.step(event) ──> effects, in order:
//     flushed, appends ───┘                persist · truncate · append · send, reply · news
//
//     a fiber for each request on its way to another node
//     one fiber that syncs the log and tells the core how far
//
// One fiber takes every step and carries its effects out before the next one, so that the core's
// view of the disk is never more than one step ahead. Only syncing goes on beside it.
//
// News for this node (what is committed, who leads, whether we do) goes to a RaftObserver, on the
// driver's fiber; it must not wait. A disk that fails, or a quorum that contradicts itself, is
// final: the owner is told once, to stop the node.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/drivers/metadata_log.h"
#include "broker/raft/raft.h"
#include "broker/rpc/client.h"
#include "broker/rpc/reply.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::drivers {

/// Each is told on the driver's fiber and must not wait.
class RaftObserver {
public:
    virtual ~RaftObserver() = default;

    /// More is committed; or the log was replaced by a snapshot.
    virtual void committed() = 0;
    virtual void leader_changed(const raft::LeaderAndEpoch& leader) = 0;
    /// This node leads in `epoch`; everything of earlier epochs is committed.
    virtual void leadership_established(raft::LeaderEpoch epoch) = 0;
    virtual void leadership_lost(raft::LeaderEpoch epoch) = 0;
};

struct RaftDriverOptions {
    raft::RaftConfig raft;
    MetadataLogOptions log;
    /// Events that wait for their step; further requests are turned away.
    std::size_t max_waiting = 10'000;
    /// Called once, on some fiber. Must not wait.
    std::function<void(std::string_view why)> on_failure;
};

class RaftDriver {
public:
    RaftDriver(Runtime& runtime, RaftDriverOptions options, RaftObserver& observer);
    ~RaftDriver();
    RaftDriver(const RaftDriver&) = delete;
    RaftDriver& operator=(const RaftDriver&) = delete;

    /// Opens the log and takes part from now on.
    [[nodiscard]] Result<void, log::StorageError> start();
    /// Gives up leading if it does, takes no more part, and leaves the log as a clean stop may.
    void shut_down();

    /// A request of another node: see Raft::handle. The reply is given later, or dropped when the
    /// driver is full or has ended.
    template <class Request>
    void handle(Request request, rpc::Reply reply) {
        post_request(
            [request = std::move(request)](raft::Raft& core, raft::Now now, raft::RequestId id) {
                return core.handle(now, id, request);
            },
            std::move(reply));
    }

    struct Batches {
        std::vector<Bytes> batches;
        /// kraft.version rises to this behind them: see Raft::append.
        std::optional<std::int16_t> kraft_version = std::nullopt;
    };
    /// What is to be appended; called on the driver's fiber with the offset of the first record and
    /// must not wait.
    using MakeBatches = std::move_only_function<Batches(raft::Offset next_offset)>;
    /// Appends as the leader of `epoch`; returns when the batches are in the log, not committed
    /// yet. NOT_CONTROLLER when this node does not lead in `epoch`.
    [[nodiscard]] Result<void, raft::ErrorCode> append(raft::LeaderEpoch epoch, MakeBatches make);
    /// Gives up leading in `epoch`; returns at once.
    void resign(raft::LeaderEpoch epoch);

    /// A snapshot of what is committed below `id.end_offset` was written: the log may be trimmed.
    void snapshot_taken(const raft::Snapshot& snapshot);

    /// CHECKs that it has started.
    [[nodiscard]] const raft::Raft& core() const;
    [[nodiscard]] bool has_started() const { return core_ != nullptr; }
    /// The disk holds what the core has decided, which may be told by then.
    [[nodiscard]] bool is_settled() const { return settled_; }
    [[nodiscard]] MetadataLog& log() { return log_; }
    /// Of what has come to pass: the log holds everything below it. The core knows of it earlier,
    /// while the disk still takes what it decided.
    [[nodiscard]] raft::Offset high_watermark() const { return high_watermark_; }
    [[nodiscard]] raft::LeaderAndEpoch leader() const { return leader_; }
    /// Where the leader serves the quorum, if it is known.
    [[nodiscard]] std::optional<Endpoint> leader_endpoint() const;

private:
    using Step = std::move_only_function<raft::Effects(raft::Raft&, raft::Now)>;
    using RequestStep =
        std::move_only_function<raft::Effects(raft::Raft&, raft::Now, raft::RequestId)>;
    struct Peer;
    struct Append;

    void run();
    void post_request(RequestStep step, rpc::Reply reply);
    /// Waits for room.
    void post(Step step) { steps_.push(std::move(step)); }
    [[nodiscard]] raft::Now now();

    void carry_out(raft::Effects effects);
    [[nodiscard]] MetadataLog::Done change_disk(const raft::Effects& effects);
    void answer(raft::Reply& reply);
    [[nodiscard]] MetadataLog::Done fill_in(raft::Reply& reply);
    void take_chunk(const raft::SnapshotChunk& chunk);
    void tell_news(const raft::Effects& effects);

    void send(raft::Send send);
    [[nodiscard]] Result<raft::Response, IoError> exchange(const raft::Send& send);
    void keep_synced();
    void fail_for_good(std::string_view why);

    Runtime& runtime_;
    RaftDriverOptions options_;
    RaftObserver& observer_;
    Random random_;
    MetadataLog log_;
    std::unique_ptr<raft::Raft> core_;
    Channel<Step> steps_;
    std::map<raft::RequestId, rpc::Reply> replies_;
    std::uint64_t next_request_ = 1;
    std::map<raft::NodeId, std::unique_ptr<Peer>> peers_;
    raft::LeaderAndEpoch leader_;
    raft::Offset high_watermark_{0};
    WaitQueue appended_;  // the syncing fiber's
    bool sync_due_ = false;
    bool settled_ = true;
    bool failed_ = false;
    TaskGroup tasks_;
};

}  // namespace gregor::drivers
