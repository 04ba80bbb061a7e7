#include "broker/controller/heartbeats.h"

#include <algorithm>
#include <iterator>

#include "broker/controller/partition_leadership.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::controller {
namespace {

using metadata::BrokerImage;
using metadata::MetadataImage;
using protocol::BrokerHeartbeatRequest;
using protocol::BrokerHeartbeatResponse;
using protocol::BrokerRegistrationChangeRecord;
using protocol::NodeId;

void change_registration(Draft& draft, const BrokerImage& broker,
                         BrokerRegistrationChangeRecord record) {
    record.broker_id = broker.broker_id;
    record.broker_epoch = broker.broker_epoch;
    draft.add(std::move(record));
}

/// One heartbeat of a registered broker.
class Heartbeat {
public:
    Heartbeat(const MetadataImage& image, const ControllerConfig& config, BrokerSessions& sessions,
              const HeartbeatMoment& moment, const BrokerHeartbeatRequest& request)
        : broker_(*image.find_broker(request.broker_id)),
          draft_(image),
          config_(config),
          sessions_(sessions),
          moment_(moment),
          request_(request) {}

    ControllerResult<BrokerHeartbeatResponse> run() {
        sessions_.touch(broker_.broker_id, {.broker_epoch = broker_.broker_epoch,
                                            .now_ms = moment_.now_ms,
                                            .metadata_offset = request_.current_metadata_offset});
        response_.is_caught_up = request_.current_metadata_offset.value() >= broker_.broker_epoch;
        drop_failed_directories();
        if (broker_.fenced) {
            step_fenced();
        } else if (broker_.in_controlled_shutdown) {
            step_shutting_down();
        } else {
            step_unfenced();
        }
        response_.is_fenced = draft_.image().find_broker(broker_.broker_id)->fenced;
        return {.records = std::move(draft_).take_records(), .response = response_, .atomic = true};
    }

private:
    void step_fenced() {
        if (request_.want_shut_down) {
            response_.should_shut_down = true;
        } else if (!request_.want_fence && response_.is_caught_up) {
            change_registration(draft_, broker_, {.fenced = -1});
            return_to_partitions(draft_, config_, broker_.broker_id);
        }
    }

    void step_unfenced() {
        if (request_.want_fence) {
            fence_broker(draft_, config_, broker_.broker_id);
            response_.should_shut_down = request_.want_shut_down;
        } else if (request_.want_shut_down) {
            if (leads_any_partition(draft_.image(), broker_.broker_id)) {
                change_registration(draft_, broker_, {.in_controlled_shutdown = 1});
                take_from_partitions(draft_, config_, broker_.broker_id);
                wait_for_the_others();
            } else {
                let_go();
            }
        }
    }

    void step_shutting_down() {
        const auto awaited = sessions_.shutdown_offset(broker_.broker_id);
        if (leads_any_partition(draft_.image(), broker_.broker_id) || !awaited) {
            wait_for_the_others();
            return;
        }
        const auto reached = sessions_.lowest_active_offset(draft_.image());
        if (!reached || *reached >= *awaited) let_go();
    }

    /// Who has read up to here knows that the broker leads nothing.
    void wait_for_the_others() {
        const protocol::Offset end = moment_.next_offset + static_cast<std::int64_t>(draft_.size());
        sessions_.set_shutdown_offset(broker_.broker_id, end - 1);
    }

    void let_go() {
        fence_broker(draft_, config_, broker_.broker_id);
        response_.should_shut_down = true;
    }

    /// A broker without any directory left stops by itself.
    void drop_failed_directories() {
        std::vector<protocol::Uuid> failed;
        std::vector<protocol::Uuid> left;
        for (const protocol::Uuid& directory : broker_.log_dirs) {
            const auto it = std::ranges::find(request_.offline_log_dirs, directory);
            (it == request_.offline_log_dirs.end() ? left : failed).push_back(directory);
        }
        if (failed.empty()) return;
        PROBE("a log directory went offline");
        take_from_directories(draft_, config_, broker_.broker_id, failed);
        if (left.empty()) {
            fence_broker(draft_, config_, broker_.broker_id);
        } else {
            change_registration(draft_, broker_, {.log_dirs = std::move(left)});
        }
    }

    const BrokerImage broker_;  // as it was before
    Draft draft_;
    const ControllerConfig& config_;
    BrokerSessions& sessions_;
    const HeartbeatMoment& moment_;
    const BrokerHeartbeatRequest& request_;
    BrokerHeartbeatResponse response_;
};

ControllerResult<BrokerHeartbeatResponse> refuse(ErrorCode code) {
    return {.records = {}, .response = {.error_code = code}};
}

/// The bug: every expired broker is fenced on the state before any of them was.
std::vector<VersionedRecord> fence_all_at_once(const MetadataImage& image,
                                               const ControllerConfig& config,
                                               const BrokerSessions& sessions,
                                               std::int64_t now_ms) {
    std::vector<VersionedRecord> records;
    MetadataImage rest = image;
    for (auto next = sessions.expired(rest, now_ms); next; next = sessions.expired(rest, now_ms)) {
        Draft draft(image);
        fence_broker(draft, config, *next);
        Draft gone(rest);
        change_registration(gone, *rest.find_broker(*next), {.fenced = 1});
        rest = gone.image();
        std::ranges::move(std::move(draft).take_records(), std::back_inserter(records));
    }
    return records;
}

}  // namespace

ControllerResult<BrokerHeartbeatResponse> heartbeat(const MetadataImage& image,
                                                    const ControllerConfig& config,
                                                    BrokerSessions& sessions,
                                                    const HeartbeatMoment& moment,
                                                    const BrokerHeartbeatRequest& request) {
    const BrokerImage* broker = image.find_broker(request.broker_id);
    if (broker == nullptr) return refuse(ErrorCode::broker_id_not_registered);
    if (broker->broker_epoch != request.broker_epoch) return refuse(ErrorCode::stale_broker_epoch);
    return Heartbeat(image, config, sessions, moment, request).run();
}

void fence_broker(Draft& draft, const ControllerConfig& config, NodeId broker) {
    const BrokerImage* present = draft.image().find_broker(broker);
    if (present == nullptr || present->fenced) return;
    take_from_partitions(draft, config, broker);
    change_registration(draft, *draft.image().find_broker(broker), {.fenced = 1});
}

std::vector<VersionedRecord> fence_expired_broker(const MetadataImage& image,
                                                  const ControllerConfig& config,
                                                  const BrokerSessions& sessions,
                                                  std::int64_t now_ms) {
    if (PLANTED(b17_lost_update_in_batch)) {
        return fence_all_at_once(image, config, sessions, now_ms);
    }
    const std::optional<NodeId> broker = sessions.expired(image, now_ms);
    if (!broker) return {};
    PROBE("a broker's session expired");
    Draft draft(image);
    fence_broker(draft, config, *broker);
    return std::move(draft).take_records();
}

}  // namespace gregor::controller
