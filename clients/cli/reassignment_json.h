// The JSON files of kafka-reassign-partitions.sh:
//
//     {"version":1,"topics":[{"topic":"orders"}]}
//     {"version":1,"partitions":[
//         {"topic":"orders","partition":0,"replicas":[1,2],"log_dirs":["any","any"]}]}
//
// Errors are sentences for people. A log directory other than "any" is refused: no broker of ours
// moves replicas between its directories.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "clients/admin/reassignment.h"
#include "sim/base/result.h"

namespace gregor::cli {

[[nodiscard]] Result<std::set<std::string>, std::string> parse_topics_to_move(
    std::string_view text);
/// Not empty; every partition and, of each, every replica once.
[[nodiscard]] Result<admin::Assignment, std::string> parse_reassignment(std::string_view text);
[[nodiscard]] std::string to_json(const admin::Assignment& assignment);

}  // namespace gregor::cli
