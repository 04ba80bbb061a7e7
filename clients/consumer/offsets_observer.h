// OffsetsObserver: told of each exchange about a group's offsets that a consumer has with the
// coordinator, whoever asked for it: the application, enable.auto.commit, or the consumer itself
// for a new partition. For those who keep a history, or count.
//
//     committing(offsets, generation) ──> answered(result)      one try: it goes out, it is
//     answered fetching(partitions) ──────────────> answered(result)
//
// `answered` is called once, or let go of uncalled when the consumer ends before. Neither may wait.
#pragma once

#include <functional>
#include <set>

#include "clients/client/error.h"
#include "clients/consumer/membership.h"
#include "clients/consumer/positions.h"

namespace gregor::consumer {

struct OffsetsObserver {
    template <class T>
    using Answered = std::move_only_function<void(const Result<T, client::Error>&)>;

    std::function<Answered<void>(const Offsets&, const Generation&)> committing = {};
    /// The answer leaves out partitions without a commit.
    std::function<Answered<Offsets>(const std::set<TopicPartition>&)> fetching = {};
};

}  // namespace gregor::consumer
