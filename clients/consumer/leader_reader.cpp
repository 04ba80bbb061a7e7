#include "clients/consumer/leader_reader.h"

#include "clients/consumer/offset_lookup.h"

namespace gregor::consumer {

using protocol::ErrorCode;

namespace {

/// From 13 on topics are named by their ids.
constexpr std::int16_t kNewestFetchByName = 12;
/// How long a fetch may wait while a partition is left out of it, as it has enough for now.
constexpr Duration kWaitBesideFull = 20ms;

std::int32_t to_ms(Duration duration) {
    return static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

using ByPartition = std::map<TopicPartition, const PositionQuestion*>;

ByPartition by_partition(const std::vector<PositionQuestion>& questions) {
    ByPartition found;
    for (const PositionQuestion& each : questions) found[each.partition] = &each;
    return found;
}

}  // namespace

void LeaderReader::run() {
    for (;;) {
        const Instant now = state_.now();
        if (const auto resets = state_.positions.awaiting_reset(leader_, now); !resets.empty()) {
            reset(resets);
        } else if (const auto checks = state_.positions.awaiting_validation(leader_, now);
                   !checks.empty()) {
            validate(checks);
        } else if (const auto fetches = state_.positions.fetchable(leader_, now);
                   !fetches.empty()) {
            fetch(fetches);
        } else {
            state_.changed.wait(state_.positions.next_retry(now));
            continue;
        }
        state_.notify();
    }
}

Instant LeaderReader::end_of_try() {
    return deadline_after(state_.now(), state_.config.request_timeout);
}

void LeaderReader::reset(const Questions& questions) {
    const auto answer = ask_offsets(state_.cluster, leader_, questions,
                                    state_.config.isolation_level, end_of_try());
    ByPartition open = by_partition(questions);
    if (answer) {
        for (const auto& topic : answer->topics) {
            for (const auto& partition : topic.partitions) {
                const auto asked = open.find({topic.name, partition.partition_index});
                if (asked == open.end()) continue;
                if (partition.error_code == ErrorCode::none) {
                    state_.positions.reset_found(*asked->second, partition.offset,
                                                 partition.leader_epoch);
                } else {
                    answered_with(*asked->second, partition.error_code);
                }
                open.erase(asked);
            }
        }
    }
    for (const auto& [partition, question] : open) try_again(*question);
}

void LeaderReader::validate(const Questions& questions) {
    const auto answer = ask_end_of_epochs(state_.cluster, leader_, questions, end_of_try());
    ByPartition open = by_partition(questions);
    if (answer) {
        for (const auto& topic : answer->topics) {
            for (const auto& partition : topic.partitions) {
                const auto asked = open.find({topic.topic, partition.partition});
                if (asked == open.end()) continue;
                if (partition.error_code == ErrorCode::none) {
                    take(*asked->second,
                         state_.positions.validated(*asked->second, partition.leader_epoch,
                                                    partition.end_offset));
                } else {
                    answered_with(*asked->second, partition.error_code);
                }
                open.erase(asked);
            }
        }
    }
    for (const auto& [partition, question] : open) try_again(*question);
}

void LeaderReader::fetch(const Questions& questions) {
    const Duration wait = state_.positions.has_full(leader_)
                              ? std::min(state_.config.fetch_max_wait, kWaitBesideFull)
                              : state_.config.fetch_max_wait;
    protocol::FetchRequest request{
        .max_wait_ms = to_ms(wait),
        .min_bytes = state_.config.fetch_min_bytes,
        .max_bytes = state_.config.fetch_max_bytes,
        .isolation_level = static_cast<std::int8_t>(state_.config.isolation_level),
        .topics = {},
        .rack_id = state_.config.client_rack};
    std::vector<client::FetchTarget> targets;
    for (const PositionQuestion& each : questions) {
        targets.push_back({.topic = each.partition.topic,
                           .topic_id = {},
                           .index = each.partition.partition.value(),
                           .offset = each.offset.value(),
                           .max_bytes = state_.config.max_partition_fetch_bytes,
                           .leader_epoch = each.leader_epoch.value()});
    }
    session_.fill(request, targets);
    const auto answer = state_.cluster.call_node<protocol::FetchResponse>(
        leader_, request, end_of_try(), kNewestFetchByName);
    if (!answer) {
        session_.broken();
        for (const PositionQuestion& each : questions) try_again(each);
        return;
    }
    take(*answer, questions);
}

void LeaderReader::take(const protocol::FetchResponse& answer, const Questions& questions) {
    if (answer.error_code == ErrorCode::fetch_session_id_not_found) return session_.not_found();
    if (answer.error_code != ErrorCode::none) {
        session_.broken();
        for (const PositionQuestion& each : questions) answered_with(each, answer.error_code);
        return;
    }
    session_.answered(answer.session_id);
    const ByPartition asked = by_partition(questions);
    for (const auto& topic : answer.responses) {
        for (const auto& partition : topic.partitions) {
            const auto question = asked.find({topic.topic, partition.partition_index});
            if (question == asked.end()) continue;
            take(*question->second,
                 state_.positions.fetched(*question->second, partition, state_.now()));
        }
    }
}

void LeaderReader::take(const PositionQuestion& question, const AnswerOutcome& outcome) {
    if (outcome.needs_metadata) try_again(question);
    if (!outcome.error) return;
    state_.positions.failed(question, state_.now());
    state_.report({*outcome.error,
                   fmt::format("{}: {}", question.partition, protocol::name(*outcome.error))});
}

void LeaderReader::try_again(const PositionQuestion& question) {
    state_.positions.failed(question, state_.now());
    state_.cluster.forget(question.partition.topic);
    state_.want_metadata();
}

void LeaderReader::answered_with(const PositionQuestion& question, ErrorCode error) {
    if (protocol::is_retriable(error)) return try_again(question);
    take(question, {.error = error});
}

}  // namespace gregor::consumer
