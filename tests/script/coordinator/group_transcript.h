// What a group coordinator answers and writes, each in one line of a script's transcript.
#pragma once

#include <functional>
#include <string>

#include "broker/coordinator/group_coordinator.h"

namespace gregor::coordinator::test {

/// What a script calls that which has ids only.
struct GroupNames {
    std::function<std::string(const std::string& id)> member;
    std::function<std::string(const TopicPartitions&)> partitions;
};

[[nodiscard]] std::string text_of(protocol::ErrorCode error);
[[nodiscard]] std::string text_of(const GroupResponse& response, const GroupNames& names);
/// Nothing for a record of a type that is not ours.
[[nodiscard]] std::string text_of(const GroupRecord& record, const GroupNames& names);

}  // namespace gregor::coordinator::test
