// RegexMember: the one member of a consumer group of its own, whose coordinator is to find out by
// itself which topics its regular expression stands for (KIP-848): also those that come later, and
// the partitions that topics are given (G6). It speaks by hand, as our consumer resolves patterns
// itself.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/applications/application.h"

namespace gregor::scenarios::applications {

inline constexpr const char* kRegexGroup = "by-regex";

struct RegexMemberState {
    /// That it was given last, and all that there are of topics that match.
    std::size_t partitions = 0;
    std::size_t wanted = 0;
    std::uint64_t joined = 0;
    bool is_there = false;
};

/// It stays for as long as its process, and joins again only if it is put out.
void run_regex_member(const ApplicationContext& context, Process& process, RegexMemberState& state);
/// "" if it has everything, or is not there.
[[nodiscard]] std::string what_regex_member_lacks(const RegexMemberState& state);

}  // namespace gregor::scenarios::applications
