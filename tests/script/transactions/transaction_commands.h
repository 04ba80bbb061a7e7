// The commands of the transaction coordinator's scripts. Each says what was answered and what the
// transactional ids have become by it.
//
//     init t [timeout=60000] [as=1000/0]    InitProducerId; as: of a producer that goes on add t
//     1000/0 a-0 a-1 [v2]             v2: as clients of transaction.version 2 do verify t 1000/0
//     a-0                   a leader asks whether it is in the transaction commit t 1000/0 [v2] |
//     abort … markers [lost]                        those that are to be written; the last ones did
//     not come written t [a-0 …]                     these have the marker; none named: all of the
//     last ones wait 10000                            ms restart                               the
//     next coordinator replays the log writes fail | succeed epoch t 32765
//     as if it had had so many producers before describe t list [state=Ongoing] [longer=1000]
//     [producer=1000]
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/transaction_shard.h"

namespace gregor::coordinator::test {

class TransactionCommands {
public:
    /// What is to be said about it, a line each.
    std::vector<std::string> run(const std::string& line);

private:
    using Words = std::vector<std::string>;
    using Lines = std::vector<std::string>;

    Lines execute(const Words& words);
    Lines init(const Words& words);
    Lines add(const Words& words, bool verify_only);
    Lines end(const Words& words, bool commit);
    Lines markers(bool is_last_lost);
    Lines written(const Words& words);
    void set_epoch(const Words& words);
    Lines describe(const std::string& transactional_id);
    Lines list(const Words& words);

    testing::TransactionShard shard_{kEpochPerTransaction};
    std::map<std::string, TransactionMarker> taken_;  // by transactional id, the last ones
};

}  // namespace gregor::coordinator::test
