#include "tests/script/raft/raft_commands.h"

#include <fmt/format.h>

#include <sstream>

#include "broker/protocol/records/batch_reader.h"
#include "broker/raft/answers.h"
#include "tests/support/script_line.h"

namespace gregor::raft::test {
namespace {

std::vector<int> numbers(const std::string& text) {
    std::vector<int> all;
    std::istringstream in(text);
    for (std::string each; std::getline(in, each, ',');) all.push_back(std::stoi(each));
    return all;
}

OffsetAndEpoch position(const std::string& text) {
    const std::size_t at = text.find('@');
    return {LeaderEpoch(std::stoi(text.substr(at + 1))), Offset(std::stoi(text.substr(0, at)))};
}

Uuid directory(int number) {
    Uuid id;
    id.bytes[15] = static_cast<std::uint8_t>(number);
    return id;
}

std::string text_of(const VoterSet& voters) {
    std::string text;
    for (const auto& [id, voter] : voters.voters()) text += fmt::format(" n{}", id);
    return text;
}

std::string content_of(const Bytes& batch) {
    const auto view = records::BatchReader(batch.span()).next();
    std::string text;
    if (!(*view)->header.is_control()) {
        auto reader = (*view)->open(1024);
        const auto record = reader->next();
        return std::string(reinterpret_cast<const char*>((*record)->value->data()),
                           (*record)->value->size());
    }
    const auto control = control_records_of(**view);
    for (const auto& [offset, record] : *control) {
        if (const auto* change = std::get_if<protocol::LeaderChangeMessage>(&record)) {
            text += fmt::format("[leader n{}]", change->leader_id);
        } else if (const auto* voters = std::get_if<protocol::VotersRecord>(&record)) {
            text += fmt::format("[voters{}]", text_of(VoterSet::from_record(*voters)));
        } else if (const auto* version = std::get_if<protocol::KRaftVersionRecord>(&record)) {
            text += fmt::format("[kraft.version {}]", version->k_raft_version);
        }
    }
    return text;
}

}  // namespace

struct RaftCommands::Line : testing::ScriptLine {
    using ScriptLine::ScriptLine;
    [[nodiscard]] std::string cluster_id() const { return text("cluster", "cluster"); }
};

std::vector<std::string> RaftCommands::run(const std::string& text) {
    const Line line(text);
    is_known_ = false;
    if (line.command == "cluster") {
        make_cluster(line);
        return {};
    }
    cluster_->lines().clear();
    try {
        move(line);
        work(line);
        ask(line);
    } catch (const Violation& violation) {
        cluster_->lines().push_back(fmt::format("VIOLATION {}", violation.what()));
    }
    if (!is_known_) return {fmt::format("unknown command: {}", line.command)};
    return cluster_->lines();
}

void RaftCommands::make_cluster(const Line& line) {
    is_known_ = true;
    cluster_ = std::make_unique<RaftCluster>(
        ClusterOptions{.seed = static_cast<std::uint64_t>(line.number("seed", 1)),
                       .voters = numbers(line.text("voters", "1,2,3")),
                       .spares = numbers(line.text("spares")),
                       .observers = numbers(line.text("observers")),
                       .static_voters = line.has("static"),
                       .syncs_at_once = !line.has("manual-sync")});
}

// Time, messages, nodes.
void RaftCommands::move(const Line& line) {
    const std::string& command = line.command;
    const bool was_known = std::exchange(is_known_, true);
    if (command == "start" && line.words.empty()) {
        cluster_->start_all();
    } else if (command == "start") {
        for (std::size_t i = 0; i < line.words.size(); ++i) cluster_->start(line.number(i));
    } else if (command == "run" || command == "wait") {
        cluster_->advance(std::chrono::milliseconds(line.number(0)), command == "run");
    } else if (command == "deliver") {
        cluster_->deliver_all();
    } else if (command == "drop") {
        cluster_->messages().clear();
    } else if (command == "cut") {
        cluster_->cut(line.number(0), line.number(1));
    } else if (command == "isolate") {
        cluster_->isolate(line.number(0));
    } else if (command == "heal") {
        cluster_->heal();
    } else if (command == "stop" || command == "power-loss") {
        cluster_->stop(line.number(0), command == "power-loss");
    } else if (command == "messages") {
        cluster_->set_verbose(line.has("on"));
    } else {
        is_known_ = was_known;
    }
}

void RaftCommands::work(const Line& line) {
    const std::string& command = line.command;
    const bool was_known = std::exchange(is_known_, true);
    if (command == "append") {
        for (std::size_t i = 1; i < line.words.size(); ++i) {
            cluster_->append(line.number(0), line.words[i]);
        }
    } else if (command == "flush") {
        cluster_->flush(line.number(0));
    } else if (command == "resign") {
        cluster_->resign(line.number(0));
    } else if (command == "snapshot") {
        cluster_->snapshot(line.number(0));
    } else if (command == "trim") {
        cluster_->trim(line.number(0));
    } else if (command == "add-voter") {
        cluster_->add_voter(line.number(0), line.number(1));
    } else if (command == "remove-voter") {
        cluster_->remove_voter(line.number(0), line.number(1));
    } else if (command == "raise-kraft-version") {
        cluster_->raise_kraft_version(line.number(0));
    } else if (command == "describe") {
        cluster_->describe(line.number(0));
    } else if (command == "endpoint") {
        cluster_->change_endpoint(line.number(0), line.words.at(1));
    } else if (command == "state") {
        show_state();
    } else if (command == "log") {
        show_log(line.number(0));
    } else {
        is_known_ = was_known;
    }
}

// Requests as any peer could send them.
void RaftCommands::ask(const Line& line) {
    const std::string& command = line.command;
    const bool was_known = std::exchange(is_known_, true);
    const LeaderEpoch epoch(line.number("epoch"));
    if (command == "vote") {
        const OffsetAndEpoch last = position(line.text("last", "0@0"));
        const NodeId candidate(line.number("candidate"));
        auto request = about<protocol::VoteRequest>(
            {.candidate_epoch = epoch,
             .candidate_id = candidate,
             .candidate_directory_id = directory(candidate.value()),
             .voter_directory_id = directory(line.number("directory", line.number(0))),
             .last_offset_epoch = last.epoch,
             .last_offset = last.offset,
             .pre_vote = line.has("pre")});
        request.cluster_id = line.cluster_id();
        request.voter_id = NodeId(line.number("voter", line.number(0)));
        cluster_->ask(line.number(0), request);
    } else if (command == "begin") {
        auto request = about<protocol::BeginQuorumEpochRequest>(
            {.voter_directory_id = directory(line.number("directory", line.number(0))),
             .leader_id = NodeId(line.number("leader")),
             .leader_epoch = epoch});
        request.cluster_id = line.cluster_id();
        request.voter_id = NodeId(line.number(0));
        cluster_->ask(line.number(0), request);
    } else if (command == "end") {
        auto request = about<protocol::EndQuorumEpochRequest>(
            {.leader_id = NodeId(line.number("leader")), .leader_epoch = epoch});
        request.cluster_id = line.cluster_id();
        cluster_->ask(line.number(0), request);
    } else if (command == "fetch") {
        const OffsetAndEpoch at = position(line.text("at", "0@0"));
        protocol::FetchRequest request{.cluster_id = line.cluster_id(),
                                       .replica_id = NodeId(line.number("replica"))};
        protocol::FetchRequest::Topic topic{.topic_id = protocol::kMetadataTopicId};
        topic.partitions.push_back({.current_leader_epoch = epoch,
                                    .fetch_offset = at.offset,
                                    .last_fetched_epoch = at.epoch,
                                    .partition_max_bytes = 1000,
                                    .replica_directory_id = directory(line.number("replica"))});
        request.topics.push_back(std::move(topic));
        cluster_->ask(line.number(0), request);
    } else if (command == "fetch-snapshot") {
        const OffsetAndEpoch id = position(line.text("id", "0@0"));
        protocol::FetchSnapshotRequest request{.cluster_id = line.cluster_id(),
                                               .replica_id = NodeId(9)};
        protocol::FetchSnapshotRequest::Topic topic{.name = std::string(kMetadataTopic)};
        topic.partitions.push_back({.current_leader_epoch = epoch,
                                    .snapshot_id = {.end_offset = id.offset, .epoch = id.epoch},
                                    .position = line.number("position")});
        request.topics.push_back(std::move(topic));
        cluster_->ask(line.number(0), request);
    } else if (command == "update-voter") {
        const Voter voter = cluster_->voter(line.number("voter"));
        protocol::UpdateRaftVoterRequest request{
            .cluster_id = line.cluster_id(),
            .current_leader_epoch = epoch,
            .voter_id = voter.key.id,
            .voter_directory_id = voter.key.directory_id,
            .listeners = endpoints_to<protocol::UpdateRaftVoterRequest::Listener>(voter.endpoints),
            .k_raft_version_feature = {
                .min_supported_version = 0,
                .max_supported_version = static_cast<std::int16_t>(line.number("max", 1))}};
        if (line.has("no-listener")) request.listeners.clear();
        cluster_->ask(line.number(0), request);
    } else {
        is_known_ = was_known;
    }
}

void RaftCommands::show_state() {
    for (const int id : cluster_->ids()) {
        if (!cluster_->is_up(id)) {
            cluster_->lines().push_back(fmt::format("n{} down", id));
            continue;
        }
        const Raft& raft = cluster_->raft(id);
        std::string leader =
            raft.leader_id() == kNoNode ? "none" : fmt::format("n{}", raft.leader_id());
        cluster_->lines().push_back(fmt::format(
            "n{} {} epoch={} leader={} log={}..{}@{} hw={} voters{}", id, name_of(raft.role()),
            raft.epoch(), leader, raft.log().start_offset(), raft.end_offset(),
            raft.log().last_epoch(), raft.high_watermark(), text_of(raft.voters())));
    }
}

void RaftCommands::show_log(int node) {
    for (const Bytes& batch : cluster_->at(node).disk.written) {
        const BatchInfo info = info_of(batch);
        cluster_->lines().push_back(
            fmt::format("{}@{} {}", info.base_offset, info.epoch, content_of(batch)));
    }
}

}  // namespace gregor::raft::test
