// A consumer by assignment: it reads every partition in order and tells the histories what it saw.
// Half of those that can fetch in an incremental session, which now and then claims a wrong epoch.
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/list_offsets.h"
#include "scenarios/single_node/fetch_session.h"
#include "scenarios/single_node/fetched.h"
#include "scenarios/single_node/link.h"

namespace gregor::scenarios::single_node {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;

class Consumer {
public:
    Consumer(Workload& workload, Runtime& runtime, std::uint32_t index)
        : workload_(workload),
          runtime_(runtime),
          random_(runtime.random()),
          link_(workload, runtime, fmt::format("consumer-{}", index)),
          positions_(workload.partitions.size()),
          position_losses_(workload.partitions.size()),
          max_bytes_(workload.partitions.size()) {
        constexpr std::array<std::int16_t, 5> kVersions{4, 7, 11, 12, 16};
        version_ = kVersions[index % kVersions.size()];
        if (version_ >= 7 && random_.below(2) == 0) session_.emplace();
    }

    void run() {
        while (workload_.phase == Phase::faults || !at_the_end()) poll();
        link_.done();
        --workload_.consumers_left;
    }

private:
    void poll() {
        std::vector<Known> asked;
        asked.reserve(workload_.partitions.size());
        for (const PartitionUnderTest& partition : workload_.partitions) {
            asked.push_back(partition.history->known());
        }
        ++workload_.counts.fetch_requests;
        flips_before_ = link_.flips_from_broker();
        const bool was_incremental = session_ && session_->is_incremental();
        FetchRequest request = make_request();
        const bool lies = was_incremental && random_.below(200) == 0;
        if (lies) request.session_epoch += 7;
        const auto response = link_.call<FetchResponse>(request, version_);
        const auto error = response ? std::optional(response->error_code) : std::nullopt;
        if (session_) note_session(error, response ? response->session_id : 0);
        if (lies && error == ErrorCode::none) {
            workload_.judge.violated("R12", "{}: a fetch session took a wrong epoch", link_.name());
        }
        if (error != ErrorCode::none) {
            runtime_.clock().sleep_for(random_.between(Duration(5ms), Duration(100ms)));
            return;
        }
        if (was_incremental) ++workload_.counts.incremental_fetches;
        for (const auto& topic : response->responses) {
            for (const auto& partition : topic.partitions) {
                const auto place = find(topic, partition.partition_index.value());
                if (place) take(*place, partition, asked[*place]);
            }
        }
    }

    /// How the session goes on after an answer, or after none.
    void note_session(std::optional<ErrorCode> error, std::int32_t session_id) {
        if (error == ErrorCode::none) {
            session_->answered(session_id);
        } else if (error == ErrorCode::fetch_session_id_not_found) {
            ++workload_.counts.lost_fetch_sessions;
            session_->not_found();
        } else {
            session_->broken();
        }
    }

    FetchRequest make_request() {
        FetchRequest request;
        request.max_wait_ms = static_cast<std::int32_t>(workload_.setting("fetch_wait_ms"));
        request.min_bytes = 1;
        request.max_bytes = static_cast<std::int32_t>(
            random_.below(4) == 0 ? random_.between(1, 2'000) : random_.between(1'000, 1'000'000));
        request.session_id = 0;
        request.session_epoch = -1;
        if (session_) {
            session_->fill(request, draw_targets());
        } else {
            name_targets(request, draw_targets());
        }
        return request;
    }

    std::vector<FetchTarget> draw_targets() {
        std::vector<FetchTarget> targets;
        for (std::size_t i = 0; i < workload_.partitions.size(); ++i) {
            const PartitionUnderTest& partition = workload_.partitions[i];
            // A file that is shorter than its log closes the connection of whoever reads it.
            if (partition.history->is_damaged()) continue;
            // Now and then one is left out, for a session to forget, and its limit is another.
            if (workload_.partitions.size() > 1 && random_.below(32) == 0) continue;
            if (max_bytes_[i] == 0 || random_.below(8) == 0) max_bytes_[i] = draw_max_bytes();
            targets.push_back({.topic = partition.topic,
                               .topic_id = workload_.topic_ids[partition.topic],
                               .index = partition.index,
                               .offset = positions_[i],
                               .max_bytes = max_bytes_[i]});
        }
        return targets;
    }

    std::int32_t draw_max_bytes() {
        const std::int64_t limit = random_.below(4) == 0 ? 500 : 200'000;
        return static_cast<std::int32_t>(random_.between(1, limit));
    }

    [[nodiscard]] std::optional<std::size_t> find(const FetchResponse::Topic& topic,
                                                  std::int32_t index) const {
        for (std::size_t i = 0; i < workload_.partitions.size(); ++i) {
            const PartitionUnderTest& partition = workload_.partitions[i];
            const bool same_topic = version_ >= 13
                                        ? workload_.topic_ids[partition.topic] == topic.topic_id
                                        : partition.topic == topic.topic;
            if (same_topic && partition.index == index) return i;
        }
        return std::nullopt;
    }

    void take(std::size_t place, const FetchResponse::Partition& answer, const Known& asked) {
        PartitionUnderTest& partition = workload_.partitions[place];
        PartitionHistory& history = *partition.history;
        if (answer.error_code == ErrorCode::offset_out_of_range) {
            judge_out_of_range(place);
            reset_position(place);
            return;
        }
        if (answer.error_code != ErrorCode::none) return;
        history.high_watermark(answer.high_watermark.value(), asked);
        const std::size_t before = static_cast<std::size_t>(positions_[place]);
        const Fetched fetched =
            read_fetched(answer.records.bytes(), positions_[place], workload_.codec_contexts);
        if (!fetched.damage.empty() && link_.flip_explains_answer(flips_before_)) {
            ++workload_.counts.damaged_answers;  // and fetched again
        } else if (!fetched.damage.empty() && !history.is_damaged()) {
            workload_.judge.violated("L8", "{}: a fetch from {} returned {}", history.name(),
                                     before, fetched.damage);
            return;
        }
        for (const FetchedRecord& record : fetched.records) {
            if (record.offset >= answer.high_watermark.value() && !history.is_damaged()) {
                workload_.judge.violated(
                    "L13", "{}: offset {} was served at or above the high watermark {}",
                    history.name(), record.offset, answer.high_watermark.value());
            }
            history.read(positions_[place], record.offset, record.value, asked);
            positions_[place] = record.offset + 1;
            position_losses_[place] = asked.losses;
            ++workload_.counts.records_read;
        }
    }

    void judge_out_of_range(std::size_t place) {
        const PartitionUnderTest& partition = workload_.partitions[place];
        workload_.judge.compared();
        if (partition.deletions_asked > 0 || partition.history->is_damaged()) return;
        if (position_losses_[place] != partition.history->losses()) return;
        workload_.judge.violated("H1",
                                 "{}: position {} of {} is out of range, but nothing was lost",
                                 partition.history->name(), positions_[place], link_.name());
    }

    void reset_position(std::size_t place) {
        const auto earliest = list_offset(place, -2);
        const auto latest = list_offset(place, -1);
        if (!earliest || !latest) return;
        positions_[place] = std::clamp(positions_[place], *earliest, *latest);
        position_losses_[place] = workload_.partitions[place].history->losses();
    }

    [[nodiscard]] bool at_the_end() {
        if (workload_.producers_left > 0) return false;
        for (std::size_t i = 0; i < positions_.size(); ++i) {
            if (workload_.partitions[i].history->is_damaged()) continue;
            const auto end = list_offset(i, -1);
            if (!end || positions_[i] < *end) {
                link_.set_purpose(fmt::format("reading {} from {}, the end is {}",
                                              workload_.partitions[i].history->name(),
                                              positions_[i], end.value_or(-1)));
                return false;
            }
        }
        return true;
    }

    std::optional<std::int64_t> list_offset(std::size_t place, std::int64_t timestamp) {
        return ask_offset(link_, workload_.partitions[place], timestamp);
    }

    Workload& workload_;
    Runtime& runtime_;
    Random& random_;
    Link link_;
    std::int16_t version_;
    std::vector<std::int64_t> positions_;
    std::vector<LossCount> position_losses_;
    std::vector<std::int32_t> max_bytes_;
    std::optional<FetchSession> session_;
    std::size_t flips_before_ = 0;
};

}  // namespace

void run_consumer(Workload& workload, Runtime& runtime, std::uint32_t consumer) {
    while (!workload.topics_made) runtime.clock().sleep_for(50ms);
    Consumer(workload, runtime, consumer).run();
}

}  // namespace gregor::scenarios::single_node
