// An instance of a pipeline: a member of the group that works on what it is given. What it writes
// for a record, and that it has worked on it, is one transaction; or two steps, where the plan has
// it so.
#include "scenarios/applications/pipeline.h"
#include "scenarios/applications/pipeline_state.h"
#include "scenarios/applications/recorded_consumer.h"
#include "scenarios/applications/recorded_transactions.h"

namespace gregor::scenarios::applications {
namespace {

using client::TopicPartition;
using consumer::ConsumerRecord;
using protocol::ErrorCode;
using Records = consumer::Consumer::Records;

class Instance {
public:
    Instance(PipelineState& state, Process& process, InstanceSlot& slot)
        : state_(state),
          settings_(state.settings),
          process_(process),
          random_(process.runtime.random()),
          slot_(slot),
          name_(fmt::format("{}.{}", slot.name, ++slot.started)),
          producer_(state.context.history, process.runtime, name_, config()),
          transactions_(state.context.history, producer_, slot.transactional_id),
          consumer_(state.context.history, process.runtime, name_,
                    instance_config(settings_, state.workload, name_)) {
        ++state_.counts.instances_started;
    }

    /// Until it is told to stop, or cannot go on as it is.
    void run() {
        if (!init()) return;
        subscribe();
        bool is_well = true;
        while (is_well && !is_over()) is_well = work_on_one_poll();
        // A crash: neither its group nor its coordinator hears of it.
        if (!process_.is_stopping && random_.below(3) == 0) return;
        slot_.doing = "closing";
        producer_->close(2s);
        static_cast<void>(consumer_.close(2s));
    }

private:
    struct Working {
        explicit Working(InstanceSlot& slot_in) : slot(slot_in) { slot.is_working = true; }
        ~Working() { slot.is_working = false; }
        Working(const Working&) = delete;
        Working& operator=(const Working&) = delete;
        InstanceSlot& slot;
    };

    [[nodiscard]] bool is_over() const {
        return process_.is_stopping || (slot_.is_twin && state_.is_finishing());
    }
    void rest(Duration duration) { process_.runtime.clock().sleep_for(duration); }

    [[nodiscard]] producer::ProducerConfig config() const {
        producer::ProducerConfig config = producer_config(settings_, state_.workload, name_);
        if (settings_.mode == WorkMode::in_transaction) {
            config.transactional_id = slot_.transactional_id;
        }
        return config;
    }

    [[nodiscard]] bool init() {
        if (settings_.mode != WorkMode::in_transaction) return true;
        slot_.doing = "taking its transactional id over";
        while (!transactions_.init()) {
            if (is_over() || transactions_.is_over()) return false;
            rest(100ms);
        }
        return true;
    }

    void subscribe() {
        consumer::RebalanceListener listener{
            .assigned = [this](const auto&) { ++state_.counts.rebalances; },
            .revoked = [](const auto&) {},
            .lost = [](const auto&) {}};
        const auto done = consumer_.subscribe({kPipelineInput}, std::move(listener));
        CHECK(done.has_value(), "{}", done.error().message);
    }

    /// False if this process is of no use any more.
    [[nodiscard]] bool work_on_one_poll() {
        slot_.doing = "polling";
        const auto records = consumer_.poll(random_.between(Duration(50ms), Duration(300ms)));
        if (!records) {
            rest(100ms);
            return true;
        }
        if (records->empty()) {
            note_reached();
            return true;
        }
        const Working working(slot_);
        switch (settings_.mode) {
            case WorkMode::in_transaction: return work_in_transaction(*records);
            case WorkMode::commit_after: return work_then_commit(*records);
            case WorkMode::commit_before: return commit_then_work(*records);
        }
        UNREACHABLE();
    }

    /// What it has is worked on, and there is no more.
    void note_reached() {
        if (!state_.is_finishing()) return;
        slot_.doing = "polling";
        for (const TopicPartition& each : consumer_->assignment()) {
            const auto position = consumer_->position(each);
            if (!position) continue;
            slot_.doing += fmt::format(", {} from {}", each, position->value());
            std::int64_t& reached = state_.reached[each];
            reached = std::max(reached, position->value());
        }
    }

    // In transactions. ----------------------------------------------------------------------------

    bool work_in_transaction(const Records& records) {
        slot_.doing = "working in a transaction";
        if (!transactions_.begin()) return false;
        // The order of the two is the application's choice.
        const bool offsets_first = random_.below(2) == 0;
        bool is_whole = true;
        if (offsets_first) is_whole = send_offsets(records);
        if (is_whole) is_whole = write_effects(records, transactions_.number());
        if (is_whole && !offsets_first) is_whole = send_offsets(records);
        const bool gives_up =
            !state_.is_finishing() && random_.below(100) < settings_.abort_percent;
        const auto goes_on = [this] { return !process_.is_stopping; };
        if (is_whole && !gives_up) {
            slot_.doing = "committing";
            if (transactions_.commit(goes_on)) {
                ++state_.counts.committed;
                state_.counts.worked_on += records.size();
                return true;
            }
        }
        return !has_lost_its_id() && abort(records, goes_on);
    }

    bool has_lost_its_id() {
        if (!transactions_.is_over()) return producer_->transaction_is_ending();
        ++state_.counts.fenced;
        return true;
    }

    bool abort(const Records& records, const std::function<bool()>& goes_on) {
        slot_.doing = "aborting";
        if (!transactions_.abort(goes_on)) {
            static_cast<void>(has_lost_its_id());
            return false;
        }
        ++state_.counts.aborted;
        go_back(records);
        return true;
    }

    [[nodiscard]] bool send_offsets(const Records& records) {
        const auto sent =
            transactions_.send_offsets(offsets_after(records), consumer_->group_metadata(), name_);
        if (sent) return true;
        if (sent.error().code == ErrorCode::illegal_generation ||
            sent.error().code == ErrorCode::unknown_member_id) {
            ++state_.counts.refused_offsets;
        }
        return false;
    }

    /// What was aborted is to be worked on again, by whoever has it.
    void go_back(const Records& records) {
        const std::set<TopicPartition> assigned = consumer_->assignment();
        std::map<TopicPartition, protocol::Offset> firsts;
        for (const ConsumerRecord& record : records) {
            firsts.try_emplace({record.topic, record.partition}, record.offset);
        }
        for (const auto& [partition, first] : firsts) {
            if (assigned.contains(partition)) consumer_.seek(partition, first);
        }
    }

    // In two steps. -------------------------------------------------------------------------------

    bool work_then_commit(const Records& records) {
        slot_.doing = "working";
        const bool is_whole = write_effects(records, std::nullopt);
        static_cast<void>(producer_->flush());
        const bool is_written = is_whole && std::ranges::all_of(deliveries_, [](const auto& each) {
                                    return each.wait().has_value();
                                });
        if (!is_written) {
            go_back(records);
            return true;
        }
        static_cast<void>(consumer_->commit_sync(offsets_after(records)));
        state_.counts.worked_on += records.size();
        return true;
    }

    bool commit_then_work(const Records& records) {
        slot_.doing = "committing";
        // If not, it is perhaps committed all the same: then nobody works on it.
        if (consumer_->commit_sync(offsets_after(records))) {
            slot_.doing = "working";
            static_cast<void>(write_effects(records, std::nullopt));
            static_cast<void>(producer_->flush());
            state_.counts.worked_on += records.size();
        }
        // A try without an answer may still arrive, and would take later commits of this generation
        // back: at most once needs a new member.
        return !consumer_.has_unanswered_commit();
    }

    // The work. -----------------------------------------------------------------------------------

    [[nodiscard]] static client::Offsets offsets_after(const Records& records) {
        client::Offsets offsets;
        for (const ConsumerRecord& record : records) {
            offsets[{record.topic, record.partition}] = {.offset = record.offset + 1};
        }
        return offsets;
    }

    [[nodiscard]] bool write_effects(const Records& records,
                                     std::optional<TransactionNumber> transaction) {
        deliveries_.clear();
        const std::vector<TopicPartition> outputs = state_.partitions(kPipelineOutput);
        if (outputs.empty()) return false;
        for (const ConsumerRecord& record : records) {
            auto sent = producer_.send({.to = random_.pick(outputs),
                                        .transaction = transaction,
                                        .input = TopicPartition{record.topic, record.partition},
                                        .input_offset = record.offset.value()});
            if (!sent) return false;
            deliveries_.push_back(*std::move(sent));
            work();
        }
        return true;
    }

    /// Now and then for longer than its group waits for it, or its coordinator.
    void work() {
        rest(random_.between(Duration(), settings_.longest_work));
        if (state_.is_finishing() || random_.below(300) != 0) return;
        const Duration most = std::max(settings_.max_poll_interval, settings_.transaction_timeout);
        rest(random_.between(most / 4, most * 3 / 2));
    }

    PipelineState& state_;
    const PipelineSettings& settings_;
    Process& process_;
    Random& random_;
    InstanceSlot& slot_;
    const std::string name_;
    RecordedProducer producer_;
    RecordedTransactions transactions_;
    RecordedConsumer consumer_;
    std::vector<producer::Delivery> deliveries_;
};

}  // namespace

void run_instance(PipelineState& state, Process& process, InstanceSlot& slot) {
    Random& random = process.runtime.random();
    while (!state.is_ready() && !process.is_stopping) process.runtime.clock().sleep_for(50ms);
    while (!process.is_stopping && !(slot.is_twin && state.is_finishing())) {
        Instance(state, process, slot).run();
        slot.doing = "starting again";
        const Duration most = state.is_finishing() ? Duration(300ms) : Duration(3s);
        process.runtime.clock().sleep_for(random.between(Duration(50ms), most));
    }
    slot.doing = "gone";
}

}  // namespace gregor::scenarios::applications
