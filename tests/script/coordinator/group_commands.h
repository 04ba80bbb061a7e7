// The commands of the group coordinator's scripts. Clients have names of one's own; the member ids
// that they are given are called m1, m2 … in the order in which they are first seen.
//
//     config initial-delay=3000 max-size=2 retention=60000 …   before all else
//     topic orders 4 | delete-topic orders
//     join g a [static=i] [protocols=range,sticky] [topics=orders] [session=10000]
//              [rebalance=60000] [version=9] [owns=orders-0,orders-1]
//                                  anew=1: as a new process, without a member id
//     sync g a [m1=x m2=y]         assignments by member id
//     heartbeat g a [generation=1]
//     leave g a | leave g static=i
//     beat g a [topics=orders] [regex=ord.*] [static=i] [assignor=range] [rebalance=60000]
//              [owned=told | owned=orders-0,orders-1] [epoch=3] [version=1] [id=x]
//                                  a heartbeat of the consumer protocol; a member's id is its own
//                                  name. Who names topics or a regular expression and no epoch
//                                  joins; epoch=-1 leaves, epoch=-2 leaves for a while; without
//                                  owned= it does not say what it owns, told: what it was last told
//     group-config g consumer.session.timeout.ms=50000
//     describe-consumers g
//     commit g a orders-0=5 …      as the member; "commit g - orders-0=5": as nobody
//     commit-txn g a orders-0=5    in a transaction (that is at once decided here)
//     fetch g [member=a epoch=1] [orders-0 …]         without partitions: all
//     delete-offsets g orders-0
//     describe g | list [STATE] | delete g
//     wait 3000
//     hold | commit-log | fail-commits | refuse-append | fail-over | compact
//     log                          what was written since the last time
//
// In what is said, "waits" means that the request is not answered yet.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/script/coordinator/group_transcript.h"
#include "tests/support/group_world.h"

namespace gregor::coordinator::test {

class GroupCommands {
public:
    /// What is to be said about it, a line each.
    std::vector<std::string> run(const std::string& line);

private:
    struct Line;
    struct Client {
        std::string member_id;
        std::int32_t generation_id = -1;
        std::string protocol_type = "consumer";
        std::optional<std::string> group_instance_id;
        // Of the consumer protocol.
        std::int32_t member_epoch = 0;
        TopicPartitions told;
    };

    testing::GroupWorld& world();
    void configure(const Line& line);
    [[nodiscard]] bool move(const Line& line);
    [[nodiscard]] GroupRequest request_of(const Line& line);
    [[nodiscard]] JoinGroup join_of(const Line& line, Client& client);
    [[nodiscard]] SyncGroup sync_of(const Line& line, const Client& who) const;
    [[nodiscard]] LeaveGroup leave_of(const Line& line);
    [[nodiscard]] ConsumerGroupHeartbeat beat_of(const Line& line);
    [[nodiscard]] TopicPartitions partitions_of(const std::string& text);
    [[nodiscard]] std::string names_of(const TopicPartitions& partitions);
    [[nodiscard]] CommitOffsets commit_of(const Line& line);
    [[nodiscard]] CommitTransactionOffsets commit_in_transaction(const Line& line);
    [[nodiscard]] static FetchOffsets fetch_of(const Line& line);
    [[nodiscard]] static DeleteOffsets delete_offsets_of(const Line& line);
    [[nodiscard]] std::vector<std::string> news(RequestId asked, const std::string& who);
    [[nodiscard]] std::vector<std::string> written();
    [[nodiscard]] GroupNames names();
    [[nodiscard]] std::string alias(const std::string& member_id);
    [[nodiscard]] std::string real(const std::string& alias) const;
    Client& client(const Line& line);

    GroupConfig config_;
    std::unique_ptr<testing::GroupWorld> world_;
    std::map<std::string, Client> clients_;
    std::map<std::string, std::string> aliases_;  // by member id
    std::map<RequestId, std::string> askers_;     // "a" or what was asked
};

}  // namespace gregor::coordinator::test
