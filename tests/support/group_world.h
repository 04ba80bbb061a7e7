// A group coordinator without a broker: its log is a vector, its clock a number, and commits come
// at once or when the test says so. What must hold is checked at each step:
//
//     one leader per generation, and generations never go back (G7)
//     no partition of a consumer group is two members', and no epoch goes back (G4, G7)
//     what a client was told is committed (G1), and replaying the committed log gives it back (G9)
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/coordinator/group_coordinator.h"

namespace gregor::testing {

class GroupWorld {
public:
    using Answered =
        std::pair<coordinator::RequestId, Result<coordinator::GroupResponse, protocol::ErrorCode>>;

    explicit GroupWorld(coordinator::GroupConfig config = {}, std::uint64_t seed = 1);

    void add_topic(const std::string& name, int partitions);
    void remove_topic(const std::string& name);
    void set_group_config(const std::string& group, const std::string& name,
                          const std::string& value);

    /// Decides, appends, applies; the number of the request.
    coordinator::RequestId ask(coordinator::GroupRequest request);
    /// Lets time pass, tick by tick.
    void advance(std::int64_t ms);

    /// From now on records are committed by commit() only.
    void hold() { is_holding_ = true; }
    /// Everything appended is committed.
    void commit();
    /// What was appended and not committed is given up on, as after a time without replicas.
    void fail_commits();
    /// The next append is refused with NOT_ENOUGH_REPLICAS.
    void refuse_next_append() { refuses_next_ = true; }
    /// Another broker leads from now on: what was not committed is gone, who waited is told.
    void fail_over();
    /// Another coordinator's config from the next failover on.
    void set_config(const coordinator::GroupConfig& config) { config_ = config; }
    /// Only the last record of each key stays (and tombstones, perhaps).
    void compact(bool keep_tombstones);

    /// Since the last call, in order.
    [[nodiscard]] std::vector<Answered> take_answers() { return std::exchange(answers_, {}); }
    [[nodiscard]] std::vector<coordinator::CoordinatorRecord> take_records() {
        return std::exchange(new_records_, {});
    }
    [[nodiscard]] const coordinator::GroupCoordinator& machine() const { return *machine_; }
    [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
    [[nodiscard]] std::size_t waiting() const { return waiting_; }
    [[nodiscard]] const metadata::MetadataImage& image() const { return *image_; }

    /// Replays the whole log, and holds it against the running machine.
    void check_replay() const;

private:
    using Outcome = coordinator::Outcome<coordinator::GroupResponse>;
    struct Logged {
        protocol::Offset offset;
        coordinator::CoordinatorRecord record;
    };
    struct Uncommitted {
        std::vector<coordinator::Answer<coordinator::GroupResponse>> answers;
        std::optional<coordinator::AppendId> append;
    };

    [[nodiscard]] coordinator::CoordinatorContext context() const;
    void settle(Outcome outcome);
    void answer(std::vector<coordinator::Answer<coordinator::GroupResponse>> answers,
                protocol::ErrorCode error);
    void load();
    void check_generations();
    void check_consumer_groups();

    coordinator::GroupConfig config_;
    Random random_;
    std::shared_ptr<metadata::MetadataImage> image_;
    std::uint8_t next_topic_ = 1;
    std::unique_ptr<coordinator::GroupCoordinator> machine_;
    std::vector<Logged> log_;
    std::size_t committed_ = 0;  // of log_
    std::deque<Uncommitted> uncommitted_;
    std::vector<coordinator::CoordinatorRecord> new_records_;
    std::vector<Answered> answers_;
    std::map<coordinator::RequestId, bool> asked_;
    std::map<std::string, std::int32_t> generations_;
    std::map<std::string, coordinator::ConsumerGroup> consumer_groups_;  // as they last were
    coordinator::RequestId next_request_ = 1;
    protocol::Offset next_offset_{0};
    std::size_t waiting_ = 0;
    std::int64_t now_ms_ = 1'000;
    bool is_holding_ = false;
    bool refuses_next_ = false;
};

}  // namespace gregor::testing
