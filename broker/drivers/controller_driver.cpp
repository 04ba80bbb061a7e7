#include "broker/drivers/controller_driver.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "broker/metadata/metadata_batch.h"
#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::drivers {

using controller::Controller;
using controller::ControllerContext;
using controller::ControllerResult;
using protocol::ErrorCode;

namespace {

/// The quorum as this node's replica, which leads it, has it; on the quorum's fiber.
class LedQuorum final : public controller::KRaftVersionView {
public:
    explicit LedQuorum(const raft::Raft& core) : core_(core) {}

    [[nodiscard]] std::int16_t level() const override {
        return core_.voter_history().kraft_version();
    }
    [[nodiscard]] std::optional<std::string> find_fault(std::int16_t level) const override {
        return core_.find_upgrade_fault(level);
    }

private:
    const raft::Raft& core_;
};

/// What the controller decides by itself.
struct Acted {
    bool anything = false;
};

/// Nobody but the broker that asked, or nobody at all, goes by the answer.
template <class Response>
constexpr bool kGoesByCommit = std::is_same_v<Response, Acted> ||
                               std::is_same_v<Response, protocol::BrokerHeartbeatResponse> ||
                               std::is_same_v<Response, protocol::AlterPartitionResponse> ||
                               std::is_same_v<Response, protocol::AllocateProducerIdsResponse> ||
                               std::is_same_v<Response, protocol::AssignReplicasToDirsResponse>;

/// What is committed is published soon, which is told; while an image is being taken up, it is not.
constexpr Duration kCommitLook = 20ms;

/// kraft.version and the voters.
constexpr std::int64_t kRecordsOfAnUpgrade = 2;

struct Counted {
    explicit Counted(std::size_t& count) : waiting(count) { ++waiting; }
    ~Counted() { --waiting; }
    std::size_t& waiting;
};

}  // namespace

ControllerDriver::ControllerDriver(Runtime& runtime, ControllerDriverOptions options,
                                   RaftDriver& raft, MetadataFeed& feed)
    : runtime_(runtime),
      options_(std::move(options)),
      raft_(raft),
      feed_(feed),
      random_(runtime.random().next()),
      tasks_(runtime.tasks(), "controller") {}

// Leadership. -------------------------------------------------------------------------------------

void ControllerDriver::leadership_established(raft::LeaderEpoch epoch) {
    CHECK(leading_ == nullptr);
    leading_ = std::make_shared<Active>(epoch, options_.controller, random_);
    tasks_.spawn("controller activation", [this, active = leading_] { activate(active); });
}

void ControllerDriver::leadership_lost(raft::LeaderEpoch epoch) {
    if (leading_ == nullptr) return;
    CHECK(leading_->epoch == epoch);
    leading_->lost = true;
    leading_ = nullptr;
    active_ = nullptr;
    feed_.wake_waiters();
    runtime_.trace().event("controller_resigned", "epoch={}", epoch);
}

void ControllerDriver::activate(const ActiveRef& active) {
    const raft::Offset committed = raft_.high_watermark();
    while (feed_.loader().next_offset() < committed && !active->lost) {
        feed_.wait_for_change(kNever);
    }
    if (active->lost) return;
    active->controller.restore(feed_.loader());
    if (!act(active, [](Controller& core) { return core.activation_records(); })) return;
    const auto bootstrap = [](Controller& core) {
        return core.image().metadata_version() == 0 ? core.bootstrap_records() : Records();
    };
    if (!act(active, bootstrap) || active->lost) return;
    active->controller.become_leader(
        {.now_ms = now_ms(),
         .leaderless_since_ms = milliseconds_at(raft_.core().leaderless_since())});
    active_ = active;
    runtime_.trace().event("controller_activated", "epoch={}", active->epoch);
    feed_.wake_waiters();
    watch(active);
}

void ControllerDriver::watch(const ActiveRef& active) {
    Instant balance_at = deadline_after(runtime_.clock().now(), options_.balance_interval);
    Instant unclean_at = deadline_after(runtime_.clock().now(), options_.unclean_interval);
    while (!active->lost) {
        runtime_.clock().sleep_for(until_next_look(*active));
        fence_expired(active);
        const Instant now = runtime_.clock().now();
        if (options_.balance_interval > Duration::zero() && now >= balance_at) {
            balance_at = deadline_after(now, options_.balance_interval);
            (void)act(active, [](Controller& core) { return core.balance_leaders(); });
        }
        if (now >= unclean_at) {
            unclean_at = deadline_after(now, options_.unclean_interval);
            (void)act(active, [](Controller& core) { return core.elect_unclean_leaders(); });
        }
    }
}

/// Brokers come and go meanwhile: not for longer than kLongest.
Duration ControllerDriver::until_next_look(const Active& active) const {
    constexpr std::chrono::milliseconds kShortest = 10ms;
    constexpr std::chrono::milliseconds kLongest = 100ms;
    const auto expiry = active.controller.next_expiry_ms();
    if (!expiry) return kLongest;
    return std::clamp(std::chrono::milliseconds(*expiry - now_ms()), kShortest, kLongest);
}

/// Each is decided on the state after the one before.
void ControllerDriver::fence_expired(const ActiveRef& active) {
    for (;;) {
        const auto expiry = active->controller.next_expiry_ms();
        if (active->lost || !expiry || *expiry > now_ms()) return;
        const auto fenced =
            act(active, [now = now_ms()](Controller& core) { return core.fence_expired(now); });
        if (!fenced || !*fenced) return;
        runtime_.trace().event("broker_session_expired");
    }
}

Result<bool, ErrorCode> ControllerDriver::act(const ActiveRef& active, ChooseRecords choose) {
    const auto acted = TRY(decide<Acted>(
        active, 0,
        [choose = std::move(choose)](Controller& core,
                                     const ControllerContext&) mutable -> ControllerResult<Acted> {
            Records records = choose(core);
            const bool anything = !records.empty();
            return {
                .records = std::move(records), .response = {.anything = anything}, .atomic = true};
        }));
    return acted.anything;
}

std::int64_t ControllerDriver::milliseconds_at(Instant instant) {
    return std::chrono::floor<std::chrono::milliseconds>(instant.time_since_epoch()).count();
}

void ControllerDriver::shut_down() {
    if (leading_ != nullptr) leadership_lost(leading_->epoch);
    tasks_.cancel();
    tasks_.join();
}

// Requests. ---------------------------------------------------------------------------------------

template <class Request>
Result<typename ResponseOf<Request>::type, ErrorCode> ControllerDriver::handle(
    const Request& request, std::int16_t version) {
    if (active_ == nullptr) return fail(ErrorCode::not_controller);
    using Response = typename ResponseOf<Request>::type;
    return decide<Response>(active_, version,
                            [request](Controller& core, const ControllerContext& context) {
                                return core.handle(context, request);
                            });
}

bool ControllerDriver::is_full() const {
    if (waiting_ < options_.max_waiting) return false;
    PROBE("the controller's queue was full");
    return true;
}

template <class Response>
Result<Response, ErrorCode> ControllerDriver::decide(
    ActiveRef active, std::int16_t version,
    std::move_only_function<ControllerResult<Response>(Controller&, const ControllerContext&)>
        decide) {
    if (is_full()) return fail(ErrorCode::request_timed_out);
    const Counted counted(waiting_);
    struct Decision {
        Response response{};
        raft::Offset end{0};
        ErrorCode error = ErrorCode::none;
    };
    const auto decision = std::make_shared<Decision>();
    TRY(raft_.append(active->epoch,
                     [this, active, version, decide = std::move(decide),
                      decision](raft::Offset next_offset) mutable -> RaftDriver::Batches {
                         Controller& core = active->controller;
                         const LedQuorum quorum(raft_.core());
                         auto result = decide(core, {.now_ms = now_ms(),
                                                     .next_offset = next_offset,
                                                     .request_version = version,
                                                     .kraft_version = &quorum});
                         decision->end = core.loader().next_offset();
                         if (result.atomic && !metadata::fits_one_batch(result.records)) {
                             decision->error = ErrorCode::policy_violation;
                             return {};
                         }
                         decision->response = std::move(result.response);
                         RaftDriver::Batches made{.kraft_version = result.kraft_version};
                         if (!result.records.empty()) {
                             made.batches = take(*active, result.records, next_offset);
                             decision->end = core.loader().next_offset();
                         }
                         if (made.kraft_version) {
                             decision->end =
                                 next_offset + std::ssize(result.records) + kRecordsOfAnUpgrade;
                         }
                         return made;
                     }));
    if (decision->error != ErrorCode::none) return fail(decision->error);
    if constexpr (kGoesByCommit<Response>) {
        const Instant deadline = deadline_after(runtime_.clock().now(), options_.commit_timeout);
        while (raft_.high_watermark() < decision->end) {
            const Instant now = runtime_.clock().now();
            if (active->lost) return fail(ErrorCode::not_controller);
            if (now >= deadline) return fail(ErrorCode::request_timed_out);
            feed_.wait_for_change(std::min(deadline, deadline_after(now, kCommitLook)));
        }
    } else {
        TRY(wait_published(*active, decision->end));
    }
    return std::move(decision->response);
}

/// The batches of `records`, which are applied already: nothing can come between.
std::vector<Bytes> ControllerDriver::take(Active& active, const Records& records,
                                          raft::Offset next_offset) {
    raft::Offset offset = next_offset;
    for (const metadata::VersionedRecord& record : records) {
        const auto applied = active.controller.apply(offset, record.record);
        CHECK(applied.has_value(), "our own record does not apply: {}", applied.error());
        ++offset;
    }
    return metadata::encode_batches(records,
                                    {.base_offset = next_offset,
                                     .epoch = active.epoch,
                                     .timestamp_ms = to_epoch_ms(runtime_.clock().wall())});
}

Result<void, ErrorCode> ControllerDriver::wait_published(const Active& active, raft::Offset end) {
    const Instant deadline = deadline_after(runtime_.clock().now(), options_.commit_timeout);
    while (feed_.image_offset() < end) {
        if (active.lost) return fail(ErrorCode::not_controller);
        if (!feed_.wait_for_change(deadline)) return fail(ErrorCode::request_timed_out);
    }
    return {};
}

#define GREGOR_HANDLE(Name)                                                        \
    template Result<protocol::Name##Response, ErrorCode> ControllerDriver::handle( \
        const protocol::Name##Request&, std::int16_t);
GREGOR_CONTROLLER_REQUESTS(GREGOR_HANDLE)
#undef GREGOR_HANDLE

}  // namespace gregor::drivers
