// A feeder of a pipeline: it writes the input, every second one in transactions, of which it aborts
// some. At the end the first one writes a last record to each partition, so that what comes last
// there is certainly committed.
#include "scenarios/applications/pipeline.h"
#include "scenarios/applications/pipeline_state.h"
#include "scenarios/applications/recorded_transactions.h"

namespace gregor::scenarios::applications {
namespace {

class Feeder {
public:
    Feeder(PipelineState& state, Process& process, std::size_t index)
        : state_(state),
          process_(process),
          random_(process.runtime.random()),
          slot_(state.feeders[index]),
          index_(index) {}

    void run() {
        if (slot_.is_done) return;  // who reads the ends relies on that
        slot_.has_fed = false;
        while (!state_.is_ready() && !process_.is_stopping) rest(50ms);
        const bool is_transactional = index_ % 2 == 1 && state_.settings.idempotence;
        while (!is_over()) {
            if (is_transactional) {
                feed_in_transactions();
            } else {
                feed();
            }
        }
        if (process_.is_stopping || !state_.is_finishing()) return;
        slot_.has_fed = true;
        if (index_ == 0 && !write_last_records()) return;
        slot_.is_done = true;
    }

private:
    [[nodiscard]] bool is_over() const { return process_.is_stopping || state_.is_finishing(); }
    void rest(Duration duration) { process_.runtime.clock().sleep_for(duration); }
    void rest_about(Duration duration) { rest(random_.between(duration / 2, duration * 3 / 2)); }

    [[nodiscard]] producer::ProducerConfig config() {
        return producer_config(state_.settings, state_.workload,
                               fmt::format("f{}.{}", index_, ++slot_.started));
    }
    [[nodiscard]] Duration pace() const {
        return Duration(1s) * state_.settings.feeders /
               state_.workload.setting("produce_per_second");
    }
    [[nodiscard]] Sending sending(const std::vector<client::TopicPartition>& partitions) {
        const auto bytes = static_cast<std::size_t>(state_.workload.setting("record_bytes"));
        return {.to = random_.pick(partitions), .bytes = bytes};
    }

    void feed() {
        const producer::ProducerConfig config = this->config();
        RecordedProducer producer(state_.context.history, process_.runtime, config.client_id,
                                  config);
        while (!is_over()) {
            slot_.doing = "feeding";
            rest_about(pace());
            const auto partitions = state_.partitions(kPipelineInput);
            if (partitions.empty()) continue;
            static_cast<void>(producer.send(sending(partitions)));
        }
        slot_.doing = "waiting for answers";
        static_cast<void>(producer->flush(process_.is_stopping
                                              ? deadline_after(process_.runtime.clock().now(), 2s)
                                              : gregor::kNever));
        producer->close(1s);
    }

    void feed_in_transactions() {
        producer::ProducerConfig config = this->config();
        const std::string id = fmt::format("feeder-{}", index_);
        config.transactional_id = id;
        RecordedProducer producer(state_.context.history, process_.runtime, config.client_id,
                                  config);
        RecordedTransactions transactions(state_.context.history, producer, id);
        slot_.doing = "taking its transactional id over";
        while (!transactions.init()) {
            if (process_.is_stopping || transactions.is_over()) return producer->close(1s);
            rest(100ms);
        }
        while (!is_over() && !transactions.is_over()) {
            slot_.doing = "feeding";
            rest_about(pace());
            if (transactions.begin()) feed_once(producer, transactions);
        }
        slot_.doing = "closing";
        producer->close(2s);
    }

    void feed_once(RecordedProducer& producer, RecordedTransactions& transactions) {
        const auto partitions = state_.partitions(kPipelineInput);
        if (partitions.empty()) return;
        bool is_whole = true;
        for (std::int64_t left = random_.between(1, 5); left > 0 && is_whole; --left) {
            Sending sending = this->sending(partitions);
            sending.transaction = transactions.number();
            is_whole = producer.send(sending).has_value();
            if (random_.below(3) == 0) rest(random_.between(Duration(), Duration(400ms)));
        }
        const auto goes_on = [this] { return !process_.is_stopping; };
        const bool is_to_commit = is_whole && random_.below(3) != 0;
        slot_.doing = is_to_commit ? "committing" : "aborting";
        if (is_to_commit && transactions.commit(goes_on)) {
            ++state_.counts.feeder_transactions;
            return;
        }
        if (transactions.is_over() || producer->transaction_is_ending()) return;
        if (transactions.abort(goes_on)) ++state_.counts.feeder_aborts;
    }

    bool write_last_records() {
        while (!state_.is_fed()) {
            slot_.doing = "waiting for the other feeders";
            rest(100ms);
            if (process_.is_stopping) return false;
        }
        const producer::ProducerConfig config = this->config();
        RecordedProducer producer(state_.context.history, process_.runtime, config.client_id,
                                  config);
        for (const client::TopicPartition& each : state_.partitions(kPipelineInput)) {
            slot_.doing = fmt::format("writing the last record of {}", each);
            for (;;) {
                const auto sent = producer.send({.to = each});
                if (sent && sent->wait()) break;
                rest(100ms);
            }
        }
        producer->close(1s);
        return true;
    }

    PipelineState& state_;
    Process& process_;
    Random& random_;
    FeederSlot& slot_;
    std::size_t index_;
};

}  // namespace

void run_feeder(PipelineState& state, Process& process, std::size_t index) {
    Feeder(state, process, index).run();
}

}  // namespace gregor::scenarios::applications
