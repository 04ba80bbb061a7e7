// The JSON files of kafka-reassign-partitions.sh:
//
//     {"version":1,"topics":[{"topic":"orders"}]}
//     {"version":1,"partitions":[
//         {"topic":"orders","partition":0,"replicas":[1,2],"log_dirs":["any","any"]}]}
//
// A log directory that is not "any" is where this replica is to lie on its broker. Errors are
// sentences for people.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "clients/admin/log_directories.h"
#include "clients/admin/reassignment.h"
#include "sim/base/result.h"

namespace gregor::cli {

[[nodiscard]] Result<std::set<std::string>, std::string> parse_topics_to_move(
    std::string_view text);
struct Reassignment {
    admin::Assignment replicas;  // not empty
    std::map<admin::Replica, std::string> directories;

    friend bool operator==(const Reassignment&, const Reassignment&) = default;
};
/// Every partition and, of each, every replica once.
[[nodiscard]] Result<Reassignment, std::string> parse_reassignment(std::string_view text);
[[nodiscard]] std::string to_json(const admin::Assignment& assignment);

}  // namespace gregor::cli
