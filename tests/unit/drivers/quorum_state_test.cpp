#include "broker/drivers/quorum_state_file.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::drivers;

TEST_CASE("quorum-state is written as Kafka writes it, and read back") {
    using Voter = protocol::QuorumStateData::CurrentVoter;
    const protocol::QuorumStateData state{
        .leader_id = protocol::NodeId(1),
        .leader_epoch = protocol::LeaderEpoch(2),
        .current_voters = std::vector<Voter>{{.voter_id = protocol::NodeId(1)}}};
    const std::string text = format_quorum_state(state, 0);
    REQUIRE(text ==
            R"({"clusterId":"","leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,)"
            R"("currentVoters":[{"voterId":1}],"data_version":0})");
    const auto read = parse_quorum_state(text);
    REQUIRE(read);
    REQUIRE(read->leader_epoch == state.leader_epoch);
    REQUIRE(read->leader_id == state.leader_id);
    REQUIRE(read->voted_id == protocol::kNoNode);
}

TEST_CASE("with voters in the log quorum-state holds the directory of the vote") {
    protocol::QuorumStateData state{.leader_epoch = protocol::LeaderEpoch(7),
                                    .voted_id = protocol::NodeId(2)};
    state.voted_directory_id.bytes[3] = 9;
    const std::string text = format_quorum_state(state, 1);
    REQUIRE(text == R"({"leaderId":-1,"leaderEpoch":7,"votedId":2,)"
                    R"("votedDirectoryId":"AAAACQAAAAAAAAAAAAAAAA","data_version":1})");
    const auto read = parse_quorum_state(text);
    REQUIRE(read);
    REQUIRE(read->voted_id == state.voted_id);
    REQUIRE(read->voted_directory_id == state.voted_directory_id);
}

TEST_CASE("a quorum-state without its epoch is damage") {
    REQUIRE(!parse_quorum_state(""));
    REQUIRE(!parse_quorum_state(R"({"clusterId":"","leaderId":1,"votedId":-1})"));
    REQUIRE(!parse_quorum_state(R"({"leaderId":1,"leaderEpoch":-4,"votedId":-1})"));
    REQUIRE(!parse_quorum_state(R"({"leaderId":1,"leaderEpoch":x,"votedId":-1})"));
}
