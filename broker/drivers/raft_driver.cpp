#include "broker/drivers/raft_driver.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "broker/raft/control_batches.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::drivers {

using log::StorageError;
using raft::ErrorCode;

/// Another node as this one reaches it; the core has one request at a time on its way to it, a
/// second one only when it has given up the first.
struct RaftDriver::Peer {
    explicit Peer(Runtime& runtime)
        : client(runtime, {.client_id = "raft"}), connecting(runtime.scheduler()) {}

    rpc::Client client;
    Mutex connecting;
    gregor::Endpoint endpoint;
};

struct RaftDriver::Append {
    explicit Append(Scheduler& scheduler) : done(scheduler) {}

    MakeBatches make;
    Event done;
    ErrorCode error = ErrorCode::none;
};

RaftDriver::RaftDriver(Runtime& runtime, RaftDriverOptions options, RaftObserver& observer)
    : runtime_(runtime),
      options_(std::move(options)),
      observer_(observer),
      random_(runtime.random().next()),
      log_(runtime, options_.log),
      steps_(runtime.scheduler(), options_.max_waiting),
      appended_(runtime.scheduler()),
      tasks_(runtime.tasks(), "raft") {}

RaftDriver::~RaftDriver() = default;

Result<void, StorageError> RaftDriver::start() {
    CHECK(core_ == nullptr);
    raft::DurableState state = TRY(log_.open(options_.raft.static_voters));
    core_ = std::make_unique<raft::Raft>(options_.raft, std::move(state), random_);
    high_watermark_ = core_->high_watermark();
    tasks_.spawn("raft", [this] { run(); });
    tasks_.spawn("raft log sync", [this] { keep_synced(); });
    return {};
}

void RaftDriver::shut_down() {
    if (core_ == nullptr) return;
    if (core_->is_leader() && core_->voters().size() > 1) {
        // The successors hear of it before the connections close.
        resign(core_->epoch());
        runtime_.clock().sleep_for(options_.raft.retry_backoff);
    }
    steps_.close();
    tasks_.cancel();
    tasks_.join();
    replies_.clear();
    if (!failed_ && !log_.close()) runtime_.trace().event("metadata_log_not_closed");
}

Result<void, ErrorCode> RaftDriver::append(raft::LeaderEpoch epoch, MakeBatches make) {
    const auto order = std::make_shared<Append>(runtime_.scheduler());
    order->make = std::move(make);
    const bool posted = steps_.push([order, epoch](raft::Raft& core, raft::Now now) {
        raft::Effects effects;
        if (core.is_leader() && core.epoch() == epoch) {
            const Batches made = order->make(core.end_offset());
            if (!made.batches.empty() || made.kraft_version) {
                auto appended = core.append(now, epoch, made.batches, made.kraft_version);
                CHECK(appended.has_value());
                effects = *std::move(appended);
            }
        } else {
            order->error = ErrorCode::not_controller;
        }
        order->done.set();
        return effects;
    });
    if (!posted || failed_) return fail(ErrorCode::not_controller);
    order->done.wait();
    if (order->error != ErrorCode::none) return fail(order->error);
    return {};
}

void RaftDriver::resign(raft::LeaderEpoch epoch) {
    post([epoch](raft::Raft& core, raft::Now now) { return core.resign(now, epoch); });
}

void RaftDriver::snapshot_taken(const raft::Snapshot& snapshot) {
    post(
        [snapshot](raft::Raft& core, raft::Now now) { return core.snapshot_taken(now, snapshot); });
    post([this](raft::Raft& core, raft::Now now) {
        const auto start = log_.apply_retention();
        if (start) return core.log_start_moved(now, *start);
        fail_for_good(start.error().text);
        return raft::Effects{};
    });
}

const raft::Raft& RaftDriver::core() const {
    CHECK(core_ != nullptr);
    return *core_;
}

std::optional<Endpoint> RaftDriver::leader_endpoint() const {
    if (core_ == nullptr || leader_.leader_id == raft::kNoNode) return std::nullopt;
    const std::string& listener = options_.raft.listener_name;
    auto found = core_->voters().endpoint_of(leader_.leader_id, listener);
    if (const auto* follower = std::get_if<raft::Follower>(&core_->role())) {
        found = raft::find_endpoint(follower->leader_endpoints, listener);
    }
    if (!found) return std::nullopt;
    return Endpoint{found->host, found->port};
}

// Steps. ------------------------------------------------------------------------------------------

void RaftDriver::run() {
    carry_out(core_->start(now()));
    while (!failed_) {
        std::optional<Step> step = steps_.pop(core_->next_deadline());
        if (!step && steps_.closed()) return;
        carry_out(step ? (*step)(*core_, now()) : core_->tick(now()));
    }
}

void RaftDriver::post_request(RequestStep step, rpc::Reply reply) {
    if (core_ == nullptr || failed_) return;  // dropping the reply closes its connection
    const raft::RequestId id(next_request_++);
    const auto [at, is_new] = replies_.emplace(id, std::move(reply));
    CHECK(is_new);
    const bool posted =
        steps_.try_push([id, step = std::move(step)](raft::Raft& core, raft::Now now) mutable {
            return step(core, now, id);
        });
    if (posted) return;
    PROBE("the quorum's queue was full");
    replies_.erase(at);
}

raft::Now RaftDriver::now() {
    return {.at = runtime_.clock().now(), .wall = runtime_.clock().wall()};
}

// Effects. ----------------------------------------------------------------------------------------

void RaftDriver::carry_out(raft::Effects effects) {
    if (failed_) return;
    settled_ = false;
    if (const auto changed = change_disk(effects); !changed) {
        fail_for_good(changed.error().text);
        return;
    }
    settled_ = true;
    for (raft::Send& each : effects.sends) send(std::move(each));
    for (raft::Reply& each : effects.replies) answer(each);
    if (effects.snapshot_chunk) take_chunk(*effects.snapshot_chunk);
    tell_news(effects);
}

MetadataLog::Done RaftDriver::change_disk(const raft::Effects& effects) {
    if (effects.persist)
        TRY(log_.persist(*effects.persist, core_->voter_history().kraft_version()));
    if (effects.start_log_at) TRY(log_.start_at(*effects.start_log_at));
    if (effects.truncate_to) {
        runtime_.trace().event("metadata_log_truncated", "end_offset={}", *effects.truncate_to);
        TRY(log_.truncate_to(*effects.truncate_to));
    }
    if (!effects.append.empty()) {
        TRY(log_.append(effects.append));
        sync_due_ = true;
        appended_.notify_all();
    }
    CHECK(log_.end_offset() == core_->end_offset(), "the core is at {}, its disk at {}",
          core_->end_offset(), log_.end_offset());
    return {};
}

void RaftDriver::answer(raft::Reply& reply) {
    auto node = replies_.extract(reply.id);
    if (node.empty()) return;
    if (const auto filled = fill_in(reply); !filled) {
        // What was promised cannot be read: the one who asked tries again elsewhere or later.
        runtime_.trace().event("metadata_read_failed", "why={}", filled.error().text);
        return;
    }
    std::visit([&](const auto& response) { node.mapped().send(response); }, reply.response);
}

MetadataLog::Done RaftDriver::fill_in(raft::Reply& reply) {
    if (const auto* read = std::get_if<raft::LogRead>(&reply.read)) {
        const Bytes records = TRY(log_.read(read->offset, read->end_offset, read->max_bytes));
        auto& response = std::get<protocol::FetchResponse>(reply.response);
        response.responses.at(0).partitions.at(0).records = records;
    } else if (const auto* piece = std::get_if<raft::SnapshotRead>(&reply.read)) {
        const Bytes bytes = TRY(
            log_.snapshots().read_piece(to_snapshot_id(piece->id), piece->position, piece->size));
        auto& response = std::get<protocol::FetchSnapshotResponse>(reply.response);
        response.topics.at(0).partitions.at(0).unaligned_records = bytes;
    }
    return {};
}

void RaftDriver::take_chunk(const raft::SnapshotChunk& chunk) {
    SnapshotStore& store = log_.snapshots();
    const metadata::SnapshotId id = to_snapshot_id(chunk.id);
    if (const auto written = store.write_chunk(id, chunk.position, chunk.bytes); !written) {
        fail_for_good(StorageError(written.error()).text);
        return;
    }
    if (!chunk.is_last) return;
    const auto bytes = store.seal(id);
    if (!bytes) {
        fail_for_good(StorageError(bytes.error()).text);
        return;
    }
    std::optional<raft::VoterHistory> voters(options_.raft.static_voters);
    if (!metadata::decode_snapshot(*bytes) || !add_voters(*bytes, id.end_offset - 1, *voters)) {
        PROBE("a fetched snapshot was damaged");
        voters.reset();
    }
    runtime_.trace().event("metadata_snapshot_fetched", "end_offset={}", chunk.id.offset);
    raft::Effects effects = core_->snapshot_fetched(now(), chunk.id, std::move(voters));
    // The core may have no use for it any more; what it takes becomes a snapshot as it does.
    if (!effects.start_log_at && !store.drop_unfinished(id)) {
        runtime_.trace().event("unfinished_snapshot_left", "end_offset={}", chunk.id.offset);
    }
    carry_out(std::move(effects));
}

void RaftDriver::tell_news(const raft::Effects& effects) {
    if (effects.leader_changed) {
        leader_ = *effects.leader_changed;
        runtime_.trace().event("metadata_leader_changed", "leader={} epoch={}", leader_.leader_id,
                               leader_.epoch);
        observer_.leader_changed(leader_);
    }
    if (effects.leadership_lost) {
        runtime_.trace().event("metadata_leadership_lost", "epoch={}", *effects.leadership_lost);
        observer_.leadership_lost(*effects.leadership_lost);
    }
    if (effects.high_watermark) {
        high_watermark_ = *effects.high_watermark;
        log_.set_high_watermark(high_watermark_);
        observer_.committed();
    }
    if (effects.leadership_established) {
        runtime_.trace().event("metadata_leader_elected", "epoch={}",
                               *effects.leadership_established);
        observer_.leadership_established(*effects.leadership_established);
    }
    if (effects.fault) fail_for_good(*effects.fault);
}

// To other nodes. ---------------------------------------------------------------------------------

void RaftDriver::send(raft::Send send) {
    tasks_.spawn("raft request", [this, send = std::move(send)] {
        auto response = exchange(send);
        if (response) {
            post([id = send.id, response = *std::move(response)](raft::Raft& core, raft::Now now) {
                return core.answered(now, id, response);
            });
        } else {
            post([id = send.id](raft::Raft& core, raft::Now now) { return core.failed(now, id); });
        }
    });
}

namespace {

template <class Request>
struct AnswerTo;
#define GREGOR_RAFT_REQUEST(Name)              \
    template <>                                \
    struct AnswerTo<protocol::Name##Request> { \
        using type = protocol::Name##Response; \
    };
GREGOR_RAFT_REQUEST(Vote)
GREGOR_RAFT_REQUEST(BeginQuorumEpoch)
GREGOR_RAFT_REQUEST(EndQuorumEpoch)
GREGOR_RAFT_REQUEST(Fetch)
GREGOR_RAFT_REQUEST(FetchSnapshot)
GREGOR_RAFT_REQUEST(UpdateRaftVoter)
GREGOR_RAFT_REQUEST(ApiVersions)
#undef GREGOR_RAFT_REQUEST

}  // namespace

Result<raft::Response, IoError> RaftDriver::exchange(const raft::Send& send) {
    std::unique_ptr<Peer>& slot = peers_[send.node];
    if (slot == nullptr) slot = std::make_unique<Peer>(runtime_);
    Peer& peer = *slot;
    const Instant deadline = deadline_after(runtime_.clock().now(), options_.raft.request_timeout);
    const gregor::Endpoint endpoint{send.endpoint.host, send.endpoint.port};
    {
        const std::unique_lock lock(peer.connecting, deadline);
        if (!lock) return fail(IoError::timed_out);
        if (!peer.client.is_connected() || peer.endpoint != endpoint) {
            peer.endpoint = endpoint;
            TRY(peer.client.connect(endpoint, deadline));
        }
    }
    return std::visit(
        [&]<class Request>(const Request& request) -> Result<raft::Response, IoError> {
            using Response = typename AnswerTo<Request>::type;
            return TRY(
                peer.client.call<Response>(request, Request::kMessage.versions.max, deadline));
        },
        send.request);
}

// Syncing. ----------------------------------------------------------------------------------------

void RaftDriver::keep_synced() {
    while (!failed_) {
        while (!sync_due_) appended_.wait();
        sync_due_ = false;
        const std::int64_t truncations = log_.truncations();
        const auto flushed = log_.flush();
        if (!flushed) {
            fail_for_good(flushed.error().text);
            return;
        }
        post([this, end = *flushed, truncations](raft::Raft& core, raft::Now now) {
            if (log_.truncations() == truncations) return core.flushed(now, end);
            PROBE("the metadata log was truncated while it was synced");
            sync_due_ = true;
            appended_.notify_all();
            return raft::Effects{};
        });
    }
}

void RaftDriver::fail_for_good(std::string_view why) {
    if (failed_) return;
    failed_ = true;
    runtime_.trace().event("metadata_log_failed", "why={}", why);
    replies_.clear();
    if (core_->is_leader()) observer_.leadership_lost(core_->epoch());
    if (auto on_failure = std::exchange(options_.on_failure, nullptr)) on_failure(why);
}

}  // namespace gregor::drivers
