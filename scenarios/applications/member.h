// Member: the program of one member of a group. It joins, works for a while, leaves or crashes, and
// comes back under a new name, and perhaps with the other protocol; a static member under its
// group.instance.id. Once the faults are over it stays.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "scenarios/applications/application.h"
#include "scenarios/applications/group_settings.h"
#include "scenarios/applications/recorded_consumer.h"

namespace gregor::scenarios::applications {

/// What outlives the processes of one member.
struct MemberSlot {
    const GroupSettings* group = nullptr;
    std::string name;  // "g0-m1"
    std::optional<std::string> group_instance_id;
    enum class Kind : std::uint8_t {
        member,
        twin,   // a second process under another's group.instance.id
        guest,  // speaks the consumer protocol, whatever the others speak
    };
    Kind kind = Kind::member;
    std::uint64_t started = 0;
    RecordedConsumer* now = nullptr;                                    // nullptr: nobody
    consumer::GroupProtocol speaks = consumer::GroupProtocol::classic;  // who is there now

    /// It comes late, stays for short times, and is gone once the faults are over.
    [[nodiscard]] bool is_passing() const { return kind != Kind::member; }
};

/// Who comes to a group, as its members know of each other.
struct GroupTraffic {
    std::int64_t last_classic_join = 0;     // in world time
    std::int64_t of_consumer_protocol = 0;  // that are there now
};

struct MemberCounts {
    std::map<std::string, GroupTraffic> traffic;  // by group
    std::uint64_t members_started = 0;
    std::uint64_t of_consumer_protocol = 0;  // of those
    std::uint64_t crashes = 0;               // of the member alone
    std::uint64_t fenced = 0;
    std::uint64_t too_slow = 0;
};

void run_member(const ApplicationContext& context, Process& process, MemberSlot& slot,
                MemberCounts& counts);

}  // namespace gregor::scenarios::applications
