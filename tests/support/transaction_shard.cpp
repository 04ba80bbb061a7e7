#include "tests/support/transaction_shard.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"

namespace gregor::testing {

using namespace coordinator;
using protocol::ErrorCode;
using protocol::ProducerId;

namespace {

template <class Request>
void set_fresh_id(Request& request, ProducerId id) {
    if constexpr (requires { request.fresh_id; }) request.fresh_id = id;
}

}  // namespace

TransactionShard::TransactionShard(std::int16_t transaction_version) {
    metadata::MetadataImage image;
    protocol::FeatureLevelRecord level{.name = std::string(kTransactionVersionFeature),
                                       .feature_level = transaction_version};
    CHECK(image.apply(metadata::MetadataRecord(std::move(level))).has_value());
    context_.image = std::make_shared<const metadata::MetadataImage>(std::move(image));
    begin();
}

void TransactionShard::begin() {
    machine_.emplace(TransactionConfig{});
    std::int64_t offset = 0;
    for (const CoordinatorRecord& record : log_) {
        const auto applied = machine_->apply({.offset = protocol::Offset(offset++)}, record);
        CHECK(applied.has_value(), "{}", applied.error());
    }
    machine_->loaded(context_);
    machine_->check_invariants();
}

void TransactionShard::restart() {
    ++context_.leader_epoch;
    taker_.reset();
    begin();
}

void TransactionShard::write(const CoordinatorRecord& record) {
    const protocol::Offset offset(static_cast<std::int64_t>(log_.size()));
    log_.push_back(record);
    const auto applied = machine_->apply({.offset = offset}, record);
    CHECK(applied.has_value(), "{}", applied.error());
}

void TransactionShard::take(Outcome outcome) {
    const bool failed = writes_fail_ && !outcome.records.empty();
    if (!failed) {
        for (const CoordinatorRecord& record : outcome.records) write(record);
        for (auto& answer : outcome.answers) {
            answers_.insert_or_assign(answer.request, std::move(answer.response));
        }
    }
    machine_->check_invariants();
    if (!outcome.append) return;
    const ErrorCode error = failed ? ErrorCode::coordinator_not_available : ErrorCode::none;
    take(machine_->append_done(context_, *outcome.append, error));
}

std::optional<TransactionResponse> TransactionShard::ask(TransactionRequest request) {
    const RequestId id = next_request_++;
    take(machine_->handle(context_, id, request));
    const auto answer = answers_.extract(id);
    if (answer.empty()) return std::nullopt;
    if (!std::holds_alternative<NeedsProducerId>(answer.mapped())) return answer.mapped();
    std::visit([&](auto& each) { set_fresh_id(each, ProducerId(next_producer_id_++)); }, request);
    return ask(std::move(request));
}

ProducerAnswer TransactionShard::ask_producer(TransactionRequest request) {
    const auto answer = ask(std::move(request));
    if (!answer) return {.error = ErrorCode::coordinator_not_available};
    return std::get<ProducerAnswer>(*answer);
}

AddAnswer TransactionShard::add(AddPartitions request) {
    const auto answer = ask(std::move(request));
    if (!answer) return {.error = ErrorCode::coordinator_not_available, .absent = {}};
    return std::get<AddAnswer>(*answer);
}

std::vector<TransactionMarker> TransactionShard::take_markers(bool is_last_lost) {
    if (!taker_ || is_last_lost) {
        taker_ = next_request_++;
        take(machine_->handle(context_, *taker_, TakeMarkers{.is_last_lost = is_last_lost}));
    }
    const auto answer = answers_.extract(*taker_);
    if (answer.empty()) return {};  // it goes on waiting
    taker_.reset();
    return std::get<Markers>(answer.mapped()).markers;
}

void TransactionShard::wait(std::int64_t ms) {
    const std::int64_t end = context_.now_ms + ms;
    while (context_.now_ms < end) {
        const std::int64_t next = machine_->next_tick_ms().value_or(end);
        const std::int64_t step = std::clamp(next, context_.now_ms, end) - context_.now_ms;
        context_.now_ms += step;
        context_.wall_ms += step;
        if (machine_->next_tick_ms() > context_.now_ms) continue;
        take(machine_->tick(context_));
    }
}

}  // namespace gregor::testing
