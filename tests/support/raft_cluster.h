// RaftCluster: replicas of the quorum with their disks, a clock and a network of messages that wait
// until a test delivers, drops or repeats them. After each step what must hold of the whole cluster
// is held against it (raft_checks.h); what happens is told in lines.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/raft/raft.h"
#include "tests/support/raft_checks.h"
#include "tests/support/raft_disk.h"

namespace gregor::raft::test {

struct ClusterOptions {
    std::uint64_t seed = 1;
    /// Formatted as voters; kraft.version 1 unless static.
    std::vector<int> voters;
    /// Controllers that are no voters yet, and brokers.
    std::vector<int> spares;
    std::vector<int> observers;
    bool static_voters = false;
    /// Synced as soon as it is written; else with flush().
    bool syncs_at_once = true;
    std::int32_t snapshot_chunk_bytes = 200;
};

struct Message {
    NodeId from;
    NodeId to;
    std::uint64_t from_incarnation = 0;
    CorrelationId correlation{0};      // of a request, and of the answer to it
    std::uint64_t to_incarnation = 0;  // of an answer: to whom it still means something
    std::variant<Request, Response> body;

    [[nodiscard]] bool is_request() const { return body.index() == 0; }
};

struct RaftNode {
    RaftConfig config;
    RaftDisk disk;
    std::unique_ptr<Random> random;
    std::unique_ptr<Raft> raft;  // none while it is down
    std::uint64_t incarnation = 0;
    std::map<OffsetAndEpoch, ByteBuffer> partial;  // snapshots that are being fetched
    std::string told_role;
};

class RaftCluster {
public:
    explicit RaftCluster(ClusterOptions options);

    // Nodes.
    void start(int node);
    void start_all();
    /// With the power everything unsynced goes.
    void stop(int node, bool power_loss);
    [[nodiscard]] bool is_up(int node) const { return at(node).raft != nullptr; }
    [[nodiscard]] Raft& raft(int node) { return *at(node).raft; }
    [[nodiscard]] std::vector<int> ids() const;
    [[nodiscard]] RaftNode& at(int node) { return nodes_.at(NodeId(node)); }
    [[nodiscard]] const RaftNode& at(int node) const { return nodes_.at(NodeId(node)); }
    /// Whoever leads in the highest epoch; 0 for nobody.
    [[nodiscard]] int leader() const;
    void change_endpoint(int node, std::string host);

    // Time. Deadlines that pass are kept.
    void advance(Duration time, bool delivers);
    [[nodiscard]] Instant now() const { return now_; }

    // Network. A cut loses messages in that direction.
    [[nodiscard]] std::vector<Message>& messages() { return messages_; }
    void deliver(std::size_t index);
    void deliver_all();
    void cut(int from, int to) { cuts_.insert({NodeId(from), NodeId(to)}); }
    void isolate(int node);
    void heal() { cuts_.clear(); }

    // Work.
    bool append(int node, const std::string& value);
    void flush(int node);
    void resign(int node);
    bool snapshot(int node);
    bool trim(int node);
    void add_voter(int leader, int voter);
    void remove_voter(int leader, int voter);
    /// From configured voters to those of the log.
    void raise_kraft_version(int leader);
    void describe(int leader);
    /// Any request, as if of a client.
    template <class R>
    void ask(int node, const R& request) {
        if (!is_up(node)) return;
        const RequestId id(next_request_++);
        clients_.emplace(id, node);
        carry_out(at(node), raft(node).handle(time(), id, request));
    }

    [[nodiscard]] RaftChecks& checks() { return checks_; }
    [[nodiscard]] std::vector<std::string>& lines() { return lines_; }
    /// Also tells of each message.
    void set_verbose(bool verbose) { verbose_ = verbose; }
    [[nodiscard]] Voter voter(int node) const;

private:
    struct Asked {
        NodeId from;
        std::uint64_t from_incarnation;
        CorrelationId correlation;
        Request request;
        OffsetAndEpoch end;  // of the log when it was asked
    };

    void add_node(int id, bool can_vote);
    [[nodiscard]] Now time() const;
    void carry_out(RaftNode& node, Effects effects);
    void carry_out_log(RaftNode& node, const Effects& effects);
    void send(RaftNode& node, Send send);
    void answer(RaftNode& node, Reply reply);
    void take_chunk(RaftNode& node, const SnapshotChunk& chunk);
    void tell_news(RaftNode& node, const Effects& effects);
    void deliver_request(RaftNode& node, const Message& message);
    template <class... Args>
    void tell(const RaftNode& node, fmt::format_string<Args...> format, Args&&... args) {
        lines_.push_back(fmt::format("n{} {}", node.config.node_id,
                                     fmt::format(format, std::forward<Args>(args)...)));
    }
    [[nodiscard]] std::optional<NodeId> node_at(const Endpoint& endpoint) const;

    ClusterOptions options_;
    std::map<NodeId, RaftNode> nodes_;
    Instant now_{std::chrono::seconds(1)};
    std::vector<Message> messages_;
    std::set<std::pair<NodeId, NodeId>> cuts_;
    std::map<RequestId, Asked> asked_;
    std::map<RequestId, int> clients_;
    std::uint64_t next_request_ = 1;
    std::uint64_t next_incarnation_ = 1;
    RaftChecks checks_;
    std::vector<std::string> lines_;
    bool verbose_ = false;
};

/// "Vote epoch=3 last=7@2 pre", "Fetch epoch=3 at=7@2" …
[[nodiscard]] std::string text_of(const Request& request);
[[nodiscard]] std::string text_of(const Response& response);

}  // namespace gregor::raft::test
