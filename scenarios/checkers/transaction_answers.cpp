#include "scenarios/checkers/transaction_answers.h"

#include <set>

namespace gregor::scenarios {

using coordinator::TransactionMetadata;
using protocol::ErrorCode;

namespace {

const TransactionMetadata* find(const TransactionMoment& moment, const std::string& id) {
    const auto known = moment.transactions.find(id);
    return known == moment.transactions.end() ? nullptr : &known->second;
}

bool is_told_as_it_is(const protocol::DescribeTransactionsResponse::TransactionState& told,
                      const TransactionMetadata& known) {
    std::set<coordinator::TransactionPartition> partitions;
    for (const auto& topic : told.topics) {
        for (const protocol::PartitionId each : topic.partitions) {
            partitions.insert({topic.topic, each});
        }
    }
    return told.transaction_state == name(known.state) &&
           told.transaction_timeout_ms == known.timeout_ms &&
           told.transaction_start_time_ms == known.start_ms &&
           told.producer_id == known.producer.id && told.producer_epoch == known.producer.epoch &&
           partitions == known.partitions;
}

}  // namespace

AnswerVerdict TransactionAnswers::check(
    protocol::PartitionId partition,
    const protocol::DescribeTransactionsResponse::TransactionState& told) const {
    const auto before = before_.loaded.find(partition);
    const auto after = after_.loaded.find(partition);
    if (before_.start != after_.start || before == before_.loaded.end() ||
        after == after_.loaded.end() || before->second != after->second) {
        return std::nullopt;
    }
    const std::string& id = told.transactional_id;
    const TransactionMetadata* const known = find(before_, id);
    const TransactionMetadata* const newest = find(after_, id);
    const bool is_still =
        known == nullptr || newest == nullptr ? known == newest : *known == *newest;
    // What it tells of must be committed first.
    if (!is_still || told.error_code == ErrorCode::coordinator_not_available) return std::nullopt;
    const ErrorCode error =
        known == nullptr ? ErrorCode::transactional_id_not_found : ErrorCode::none;
    if (told.error_code != error) {
        return wrong_answer("T6", "{} instead of {} for {}", protocol::name(told.error_code),
                            protocol::name(error), id);
    }
    if (known == nullptr || is_told_as_it_is(told, *known)) return std::nullopt;
    return wrong_answer("T6",
                        "{} is said to be {} of producer {} in epoch {}, it is {} of {} in {}", id,
                        told.transaction_state, told.producer_id, told.producer_epoch,
                        name(known->state), known->producer.id, known->producer.epoch);
}

AnswerVerdict TransactionAnswers::check(const protocol::ListTransactionsResponse& told) const {
    if (before_.start != after_.start || before_.loads || after_.loads ||
        before_.loaded != after_.loaded ||
        told.error_code == ErrorCode::coordinator_not_available) {
        return std::nullopt;
    }
    if (told.error_code != ErrorCode::none) {
        return wrong_answer("T6", "transactions are not listed: {}",
                            protocol::name(told.error_code));
    }
    std::map<std::string, std::string> listed;
    for (const auto& each : told.transaction_states) {
        listed[each.transactional_id] = each.transaction_state;
    }
    for (const auto& [id, known] : before_.transactions) {
        const TransactionMetadata* const newest = find(after_, id);
        if (newest == nullptr || *newest != known) continue;
        const auto each = listed.find(id);
        if (each != listed.end() && each->second == name(known.state)) continue;
        return wrong_answer("T6", "{} is listed as {}, it is {}", id,
                            each == listed.end() ? "nothing" : each->second, name(known.state));
    }
    return std::nullopt;
}

}  // namespace gregor::scenarios
