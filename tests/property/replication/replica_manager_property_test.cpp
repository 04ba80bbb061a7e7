// Random produce, fetch, delete, new epochs and power losses against a plain model: a list of
// values with a start.
#include <rapidcheck.h>

#include <algorithm>

#include "tests/unit/replication/broker.h"

using namespace gregor;
using namespace gregor::replication_test;

namespace {

struct Model {
    std::vector<std::string> values;  // by offset, deleted ones too
    std::size_t start = 0;
};

struct Step {
    enum class Kind { append, retry, fetch, remove, new_epoch, list } kind;
    std::size_t amount;
    std::size_t place;
};

Step random_step() {
    const int kind = *rc::gen::inRange(0, 20);
    Step step{Step::Kind::append, *rc::gen::inRange<std::size_t>(1, 6),
              *rc::gen::inRange<std::size_t>(0, 200)};
    if (kind >= 9) step.kind = Step::Kind::fetch;
    if (kind >= 14) step.kind = Step::Kind::list;
    if (kind >= 16) step.kind = Step::Kind::retry;
    if (kind >= 18) step.kind = Step::Kind::remove;
    if (kind >= 19) step.kind = Step::Kind::new_epoch;
    return step;
}

/// A producer with sequence numbers, whose last batch may be sent again.
struct Producer {
    std::int32_t next_sequence = 0;
    std::vector<std::string> last;
    std::int64_t last_offset = -1;

    [[nodiscard]] Bytes batch(const std::vector<std::string>& batch_values,
                              std::int32_t sequence) const {
        return batch_of(batch_values,
                        {.producer_id = 9,
                         .producer_epoch = 0,
                         .base_sequence = sequence,
                         .codec = sequence % 3 == 0 ? records::CompressionCodec::lz4
                                                    : records::CompressionCodec::none});
    }
};

void append(Broker& broker, Model& model, Producer& producer, std::size_t count) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back("v" + std::to_string(model.values.size() + i));
    }
    const AppendOutcome outcome = broker.append(producer.batch(values, producer.next_sequence));
    RC_ASSERT(outcome.error == ErrorCode::none);
    RC_ASSERT(outcome.base_offset.value() == static_cast<std::int64_t>(model.values.size()));
    RC_ASSERT(outcome.log_start_offset.value() == static_cast<std::int64_t>(model.start));
    producer.last_offset = outcome.base_offset.value();
    producer.last = values;
    producer.next_sequence += static_cast<std::int32_t>(count);
    model.values.insert(model.values.end(), values.begin(), values.end());
}

void retry(Broker& broker, Model& model, Producer& producer) {
    if (producer.last.empty()) return;
    const auto sequence = producer.next_sequence - static_cast<std::int32_t>(producer.last.size());
    const AppendOutcome outcome = broker.append(producer.batch(producer.last, sequence));
    RC_ASSERT(outcome.error == ErrorCode::none);
    RC_ASSERT(outcome.base_offset.value() == producer.last_offset);
    RC_ASSERT(broker.replicas->find(kOrders)->log->log_end_offset().value() ==
              static_cast<std::int64_t>(model.values.size()));
}

void fetch(Broker& broker, const Model& model, std::size_t place, std::size_t amount) {
    const std::size_t offset = place % (model.values.size() + 2);
    FetchParams params{.max_bytes = static_cast<std::int32_t>(100 * amount)};
    const FetchResult result =
        broker.fetch(params, {Broker::target(static_cast<std::int64_t>(offset))});
    const FetchResponse::Partition& answer = result.partitions[0];
    if (offset < model.start || offset > model.values.size()) {
        RC_ASSERT(answer.error_code == ErrorCode::offset_out_of_range);
        return;
    }
    RC_ASSERT(answer.error_code == ErrorCode::none);
    RC_ASSERT(answer.high_watermark.value() == static_cast<std::int64_t>(model.values.size()));
    RC_ASSERT(answer.log_start_offset.value() == static_cast<std::int64_t>(model.start));
    const auto records = records_in(Broker::bytes_of(result, 0), static_cast<std::int64_t>(offset));
    RC_ASSERT(records.empty() == (offset == model.values.size()));
    for (std::size_t i = 0; i < records.size(); ++i) {
        RC_ASSERT(records[i].offset == static_cast<std::int64_t>(offset + i));
        RC_ASSERT(records[i].value == model.values[offset + i]);
    }
}

void remove(Broker& broker, Model& model, std::size_t place) {
    const std::size_t to = place % (model.values.size() + 2);
    const DeletedRecords deleted = broker.delete_records(static_cast<std::int64_t>(to));
    if (to > model.values.size()) {
        RC_ASSERT(deleted.error == ErrorCode::offset_out_of_range);
        return;
    }
    model.start = std::max(model.start, to);
    RC_ASSERT(deleted.error == ErrorCode::none);
    RC_ASSERT(deleted.low_watermark.value() == static_cast<std::int64_t>(model.start));
}

void list(Broker& broker, const Model& model) {
    const auto ask = [&](std::int64_t timestamp) {
        return broker.replicas->list_offset({.partition = kOrders, .timestamp = timestamp});
    };
    RC_ASSERT(ask(-2).offset.value() == static_cast<std::int64_t>(model.start));
    RC_ASSERT(ask(-1).offset.value() == static_cast<std::int64_t>(model.values.size()));
    const bool any = model.start < model.values.size();
    RC_ASSERT(ask(0).offset.value() == (any ? static_cast<std::int64_t>(model.start) : -1));
}

}  // namespace

TEST_CASE("a partition is a list of records with a start, whatever is asked in which order") {
    REQUIRE(rc::check([] {
        const int runs = *rc::gen::inRange(1, 4);
        const std::int32_t segment_bytes = *rc::gen::element(500, 2000, 1 << 20);
        std::vector<std::vector<Step>> scripts;
        for (int run = 0; run < runs; ++run) {
            std::vector<Step> steps;
            const int count = *rc::gen::inRange(1, 60);
            for (int i = 0; i < count; ++i) steps.push_back(random_step());
            scripts.push_back(std::move(steps));
        }
        simulated::World world(*rc::gen::arbitrary<std::uint64_t>(), {});
        simulated::Machine& machine = world.add_machine("n1", {});
        Model model;
        Producer producer;
        int epoch = 0;
        for (const std::vector<Step>& steps : scripts) {
            std::optional<std::string> failure;
            run_on(world, machine, [&](Runtime& runtime, Keeper& keeper) {
                Broker broker(runtime, keeper,
                              {.flush_messages = 1, .segment_bytes = segment_bytes});
                REQUIRE(broker.lead(kOrders, epoch++));
                try {
                    for (const Step& step : steps) {
                        switch (step.kind) {
                            case Step::Kind::append:
                                append(broker, model, producer, step.amount);
                                break;
                            case Step::Kind::retry: retry(broker, model, producer); break;
                            case Step::Kind::fetch:
                                fetch(broker, model, step.place, step.amount);
                                break;
                            case Step::Kind::remove: remove(broker, model, step.place); break;
                            case Step::Kind::new_epoch:
                                REQUIRE(broker.lead(kOrders, epoch++));
                                break;
                            case Step::Kind::list: list(broker, model); break;
                        }
                        broker.replicas->check_invariants();
                    }
                } catch (const std::exception& error) {
                    failure = error.what();
                } catch (const rc::detail::CaseResult& result) {
                    failure = result.description;
                }
            });
            RC_ASSERT(!failure);
            // What flush.messages=1 acknowledged is there after the next start.
            machine.lose_power();
        }
    }));
}
