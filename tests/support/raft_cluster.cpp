#include "tests/support/raft_cluster.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/protocol/records/batch_builder.h"
#include "broker/raft/answers.h"

namespace gregor::raft::test {
namespace {

constexpr std::string_view kListener = "CONTROLLER";
constexpr Duration kWallAtStart = 1'700'000'000s;

Uuid directory_of(int node) {
    Uuid id;
    id.bytes[15] = static_cast<std::uint8_t>(node);
    return id;
}

Endpoint endpoint_of(int node) {
    return {std::string(kListener), fmt::format("n{}", node), static_cast<std::uint16_t>(9000)};
}

}  // namespace

RaftCluster::RaftCluster(ClusterOptions options) : options_(std::move(options)) {
    for (const int id : options_.voters) add_node(id, true);
    for (const int id : options_.spares) add_node(id, true);
    for (const int id : options_.observers) add_node(id, false);
}

void RaftCluster::add_node(int id, bool can_vote) {
    RaftNode& node = nodes_[NodeId(id)];
    std::vector<Voter> voters;
    for (const int each : options_.voters) voters.push_back(voter(each));
    node.config = {.node_id = NodeId(id),
                   .directory_id = directory_of(id),
                   .cluster_id = "cluster",
                   .can_vote = can_vote,
                   .listeners = {endpoint_of(id)},
                   .listener_name = std::string(kListener),
                   .snapshot_chunk_bytes = options_.snapshot_chunk_bytes};
    for (const Voter& each : voters) node.config.bootstrap_servers.push_back(each.endpoints[0]);
    node.random = std::make_unique<Random>(
        Random::stream(options_.seed, "raft", static_cast<std::uint64_t>(id)));
    checks_.watch(NodeId(id), &node.disk);
    if (options_.static_voters) {
        for (Voter& each : voters) each.key.directory_id = {};
        node.config.static_voters = VoterSet(voters);
    } else if (std::ranges::find(options_.voters, id) != options_.voters.end()) {
        node.disk.snapshots.emplace(
            kBootstrapSnapshot, build_snapshot({protocol::KRaftVersionRecord{.k_raft_version = 1},
                                                VoterSet(voters).to_record()},
                                               LeaderEpoch(0), 1));
    }
}

Voter RaftCluster::voter(int node) const {
    const auto it = nodes_.find(NodeId(node));
    const bool known = it != nodes_.end() && !it->second.config.listeners.empty();
    return {.key = {NodeId(node), directory_of(node)},
            .endpoints =
                known ? it->second.config.listeners : std::vector<Endpoint>{endpoint_of(node)}};
}

std::vector<int> RaftCluster::ids() const {
    std::vector<int> all;
    for (const auto& [id, node] : nodes_) all.push_back(id.value());
    return all;
}

// Nodes. ------------------------------------------------------------------------------------------

void RaftCluster::start(int id) {
    RaftNode& node = at(id);
    CHECK(node.raft == nullptr);
    node.incarnation = next_incarnation_++;
    node.partial.clear();
    node.disk.sync();  // what recovery has found is made durable before anyone acts upon it
    node.raft = std::make_unique<Raft>(node.config, node.disk.state(), *node.random);
    checks_.restarted(NodeId(id));
    tell(node, "starts");
    carry_out(node, node.raft->start(time()));
}

void RaftCluster::start_all() {
    for (const int id : ids()) start(id);
}

void RaftCluster::stop(int id, bool power_loss) {
    RaftNode& node = at(id);
    node.raft.reset();
    node.told_role.clear();
    if (power_loss) node.disk.lose_power();
    tell(node, "{}", power_loss ? "loses power" : "stops");
    std::erase_if(asked_, [&](const auto& entry) { return entry.second.from == NodeId(id); });
}

int RaftCluster::leader() const {
    int best = 0;
    for (const auto& [id, node] : nodes_) {
        if (node.raft == nullptr || !node.raft->is_leader()) continue;
        const bool is_newer = best == 0 || node.raft->epoch() > at(best).raft->epoch();
        if (is_newer) best = id.value();
    }
    return best;
}

void RaftCluster::change_endpoint(int node, std::string host) {
    at(node).config.listeners[0].host = std::move(host);
}

// Time. -------------------------------------------------------------------------------------------

Now RaftCluster::time() const { return {now_, WallTime(kWallAtStart + now_.time_since_epoch())}; }

void RaftCluster::advance(Duration duration, bool delivers) {
    const Instant end = now_ + duration;
    while (true) {
        if (delivers) deliver_all();
        Instant next = end;
        RaftNode* due = nullptr;
        for (auto& [id, node] : nodes_) {
            if (node.raft == nullptr || node.raft->next_deadline() > next) continue;
            if (due != nullptr && node.raft->next_deadline() == next) continue;
            next = node.raft->next_deadline();
            due = &node;
        }
        now_ = std::max(now_, next);
        if (due == nullptr) return;
        carry_out(*due, due->raft->tick(time()));
    }
}

// Network. ----------------------------------------------------------------------------------------

void RaftCluster::isolate(int node) {
    for (const int other : ids()) {
        cut(node, other);
        cut(other, node);
    }
}

void RaftCluster::deliver_all() {
    for (int budget = 100'000; !messages_.empty(); --budget) {
        if (budget == 0) throw Violation("V8: messages without end and without time passing");
        deliver(0);
    }
}

void RaftCluster::deliver(std::size_t index) {
    const Message message = messages_.at(index);
    messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(index));
    if (cuts_.contains({message.from, message.to})) return;
    RaftNode& to = nodes_.at(message.to);
    if (message.is_request()) return deliver_request(to, message);
    if (to.raft == nullptr || to.incarnation != message.to_incarnation) return;
    const auto& response = std::get<Response>(message.body);
    if (verbose_) tell(to, "<- n{} {}", message.from, text_of(response));
    carry_out(to, to.raft->answered(time(), message.correlation, response));
}

void RaftCluster::deliver_request(RaftNode& to, const Message& message) {
    const auto& request = std::get<Request>(message.body);
    if (to.raft == nullptr) {
        RaftNode& from = nodes_.at(message.from);
        if (from.raft == nullptr || from.incarnation != message.from_incarnation) return;
        carry_out(from, from.raft->failed(time(), message.correlation));
        return;
    }
    if (verbose_) tell(to, "<- n{} {}", message.from, text_of(request));
    const RequestId id(next_request_++);
    asked_.emplace(id, Asked{message.from, message.from_incarnation, message.correlation, request,
                             to.raft->log().end()});
    if (std::holds_alternative<protocol::FetchRequest>(request) ||
        std::holds_alternative<protocol::FetchSnapshotRequest>(request)) {
        checks_.fetched(*to.raft, message.from, now_);
    }
    if (std::holds_alternative<protocol::ApiVersionsRequest>(request)) {
        protocol::ApiVersionsResponse response;
        response.supported_features.push_back(
            {.name = "kraft.version", .min_version = 0, .max_version = 1});
        return answer(to, {.id = id, .response = std::move(response)});
    }
    std::visit(
        [&](const auto& each) {
            if constexpr (requires { to.raft->handle(time(), id, each); }) {
                carry_out(to, to.raft->handle(time(), id, each));
            }
        },
        request);
}

std::optional<NodeId> RaftCluster::node_at(const Endpoint& endpoint) const {
    for (const auto& [id, node] : nodes_) {
        if (node.config.listeners[0].host == endpoint.host) return id;
    }
    return std::nullopt;
}

// Effects. ----------------------------------------------------------------------------------------

void RaftCluster::carry_out(RaftNode& node, Effects effects) {
    if (effects.persist) node.disk.quorum = *effects.persist;
    carry_out_log(node, effects);
    checks_.stepped(*node.raft, node.disk, effects, now_);
    tell_news(node, effects);
    for (Send& each : effects.sends) send(node, std::move(each));
    for (Reply& each : effects.replies) answer(node, std::move(each));
    if (effects.snapshot_chunk) take_chunk(node, *effects.snapshot_chunk);
    if (options_.syncs_at_once && !effects.append.empty()) flush(node.config.node_id.value());
}

void RaftCluster::carry_out_log(RaftNode& node, const Effects& effects) {
    if (effects.start_log_at) {
        const auto partial = node.partial.find(*effects.start_log_at);
        Bytes snapshot = partial == node.partial.end()
                             ? node.disk.snapshots.at(*effects.start_log_at)
                             : Bytes::copy_of(partial->second.span());
        node.disk.restart_at(*effects.start_log_at, std::move(snapshot));
        node.partial.clear();
    }
    if (effects.truncate_to) node.disk.truncate_to(*effects.truncate_to);
    for (const Bytes& batch : effects.append) node.disk.append(batch);
    CHECK(node.disk.end_offset() == node.raft->end_offset(), "disk {} core {}",
          node.disk.end_offset(), node.raft->end_offset());
}

void RaftCluster::send(RaftNode& node, Send out) {
    const auto to = node_at(out.endpoint);
    if (verbose_) tell(node, "-> {} {}", out.endpoint.host, text_of(out.request));
    if (!to) return;
    messages_.push_back({.from = node.config.node_id,
                         .to = *to,
                         .from_incarnation = node.incarnation,
                         .correlation = out.id,
                         .body = std::move(out.request)});
}

void RaftCluster::answer(RaftNode& node, Reply reply) {
    if (const auto client = clients_.find(reply.id); client != clients_.end()) {
        tell(node, "answers {}", text_of(reply.response));
        clients_.erase(client);
        return;
    }
    const auto it = asked_.find(reply.id);
    if (it == asked_.end()) return;
    const Asked asked = std::move(it->second);
    asked_.erase(it);
    if (const auto* read = std::get_if<LogRead>(&reply.read)) {
        std::get<protocol::FetchResponse>(reply.response).responses[0].partitions[0].records =
            node.disk.read(read->offset, read->end_offset, read->max_bytes);
    } else if (const auto* piece = std::get_if<SnapshotRead>(&reply.read)) {
        const Bytes& file = node.disk.snapshots.at(piece->id);
        std::get<protocol::FetchSnapshotResponse>(reply.response)
            .topics[0]
            .partitions[0]
            .unaligned_records = file.slice(static_cast<std::size_t>(piece->position),
                                            static_cast<std::size_t>(piece->size));
    }
    if (const auto* vote = std::get_if<protocol::VoteRequest>(&asked.request)) {
        checks_.voted(*node.raft, asked.end, *vote,
                      std::get<protocol::VoteResponse>(reply.response));
    }
    messages_.push_back({.from = node.config.node_id,
                         .to = asked.from,
                         .from_incarnation = node.incarnation,
                         .correlation = asked.correlation,
                         .to_incarnation = asked.from_incarnation,
                         .body = std::move(reply.response)});
}

void RaftCluster::take_chunk(RaftNode& node, const SnapshotChunk& chunk) {
    ByteBuffer& file = node.partial[chunk.id];
    if (chunk.position == 0) file.clear();
    CHECK(chunk.position == static_cast<std::int64_t>(file.size()));
    file.append(chunk.bytes.span());
    if (!chunk.is_last) return;
    const auto voters = voters_in(Bytes::copy_of(file.span()), chunk.id.offset);
    carry_out(node, node.raft->snapshot_fetched(time(), chunk.id, voters));
}

void RaftCluster::tell_news(RaftNode& node, const Effects& effects) {
    const Raft& raft = *node.raft;
    if (effects.start_log_at) {
        tell(node, "log begins at {}@{}", effects.start_log_at->offset,
             effects.start_log_at->epoch);
    }
    if (effects.truncate_to) tell(node, "truncates to {}", *effects.truncate_to);
    for (const Bytes& batch : effects.append) {
        const BatchInfo info = info_of(batch);
        tell(node, "appends {}..{} epoch={}", info.base_offset, info.next_offset - 1, info.epoch);
    }
    if (effects.leadership_lost)
        tell(node, "lost leadership of epoch {}", *effects.leadership_lost);
    std::string role = fmt::format("{} epoch={}", name_of(raft.role()), raft.epoch());
    if (const auto* follower = std::get_if<Follower>(&raft.role())) {
        role += fmt::format(" leader=n{}", follower->leader_id);
    }
    if (role != node.told_role) tell(node, "is {}", role);
    node.told_role = std::move(role);
    if (effects.high_watermark) tell(node, "hw={}", *effects.high_watermark);
    if (effects.leadership_established) {
        tell(node, "established leadership of epoch {}", *effects.leadership_established);
    }
}

// Work. -------------------------------------------------------------------------------------------

bool RaftCluster::append(int id, const std::string& value) {
    if (!is_up(id)) return false;
    RaftNode& node = at(id);
    records::BatchBuilder builder({.base_offset = node.raft->end_offset().value(),
                                   .partition_leader_epoch = node.raft->epoch().value()});
    builder.append({.value = as_bytes(value)});
    const std::vector<Bytes> batches{std::move(builder).build()};
    auto effects = node.raft->append(time(), node.raft->epoch(), batches);
    if (!effects) {
        tell(node, "refuses to append: {}", name(effects.error()));
        return false;
    }
    carry_out(node, *std::move(effects));
    return true;
}

void RaftCluster::raise_kraft_version(int id) {
    if (!is_up(id)) return;
    RaftNode& node = at(id);
    if (const auto fault = node.raft->find_upgrade_fault(kMaxKRaftVersion)) {
        tell(node, "cannot raise kraft.version: {}", *fault);
        return;
    }
    auto effects = node.raft->append(time(), node.raft->epoch(), {}, kMaxKRaftVersion);
    CHECK(effects.has_value());
    carry_out(node, *std::move(effects));
}

void RaftCluster::flush(int id) {
    if (!is_up(id)) return;
    RaftNode& node = at(id);
    node.disk.sync();
    carry_out(node, node.raft->flushed(time(), node.disk.end_offset()));
}

void RaftCluster::resign(int id) { carry_out(at(id), raft(id).resign(time(), raft(id).epoch())); }

bool RaftCluster::snapshot(int id) {
    if (!is_up(id)) return false;
    RaftNode& node = at(id);
    const Offset end = node.raft->high_watermark();
    const auto batch = std::ranges::find_if(
        node.disk.written, [&](const Bytes& each) { return info_of(each).next_offset == end; });
    if (batch == node.disk.written.end()) return false;
    const OffsetAndEpoch snapshot_id{info_of(*batch).epoch, end};
    if (node.disk.snapshots.contains(snapshot_id)) return false;
    const Bytes file = build_snapshot(node.raft->snapshot_records(end), snapshot_id.epoch, 100);
    node.disk.snapshots.emplace(snapshot_id, file);
    tell(node, "takes snapshot {}@{}", snapshot_id.offset, snapshot_id.epoch);
    carry_out(node, node.raft->snapshot_taken(
                        time(), {snapshot_id, static_cast<std::int64_t>(file.size())}));
    return true;
}

bool RaftCluster::trim(int id) {
    if (!is_up(id)) return false;
    RaftNode& node = at(id);
    if (node.disk.snapshots.empty()) return false;
    const Offset start = node.disk.snapshots.rbegin()->first.offset;
    if (start <= node.disk.start_offset) return false;
    node.disk.trim_to(start);
    tell(node, "trims to {}", start);
    carry_out(node, node.raft->log_start_moved(time(), start));
    return true;
}

void RaftCluster::add_voter(int leader_node, int id) {
    const Voter added = voter(id);
    ask(leader_node,
        protocol::AddRaftVoterRequest{
            .cluster_id = "cluster",
            .timeout_ms = 1000,
            .voter_id = added.key.id,
            .voter_directory_id = added.key.directory_id,
            .listeners = endpoints_to<protocol::AddRaftVoterRequest::Listener>(added.endpoints)});
}

void RaftCluster::remove_voter(int leader_node, int id) {
    ask(leader_node, protocol::RemoveRaftVoterRequest{.cluster_id = "cluster",
                                                      .voter_id = NodeId(id),
                                                      .voter_directory_id = directory_of(id)});
}

void RaftCluster::describe(int leader_node) {
    ask(leader_node, about<protocol::DescribeQuorumRequest>({}));
}

// Lines. ------------------------------------------------------------------------------------------

namespace {

template <class Request>
std::string_view name_of_request() {
    std::string_view name = Request::kMessage.name;
    if (name.ends_with("Request")) name.remove_suffix(7);
    if (name.ends_with("Response")) name.remove_suffix(8);
    return name;
}

std::string details(const protocol::VoteRequest& request) {
    const auto* vote = only_partition(request);
    return fmt::format(" epoch={} last={}@{}{}", vote->candidate_epoch, vote->last_offset,
                       vote->last_offset_epoch, vote->pre_vote ? " pre" : "");
}
std::string details(const protocol::BeginQuorumEpochRequest& request) {
    return fmt::format(" epoch={}", only_partition(request)->leader_epoch);
}
std::string details(const protocol::EndQuorumEpochRequest& request) {
    const auto* end = only_partition(request);
    std::string text = fmt::format(" epoch={} successors=", end->leader_epoch);
    for (const auto& each : end->preferred_candidates)
        text += fmt::format("n{} ", each.candidate_id);
    text.pop_back();
    return text;
}
std::string details(const protocol::FetchRequest& request) {
    const auto* fetch = only_partition(request);
    return fmt::format(" epoch={} at={}@{}", fetch->current_leader_epoch, fetch->fetch_offset,
                       fetch->last_fetched_epoch);
}
std::string details(const protocol::FetchSnapshotRequest& request) {
    const auto* fetch = only_partition(request);
    return fmt::format(" epoch={} {}@{} position={}", fetch->current_leader_epoch,
                       fetch->snapshot_id.end_offset, fetch->snapshot_id.epoch, fetch->position);
}
std::string details(const protocol::UpdateRaftVoterRequest& request) {
    return fmt::format(" epoch={} host={}", request.current_leader_epoch,
                       request.listeners[0].host);
}
std::string details(const protocol::ApiVersionsRequest&) { return ""; }

std::string leader_text(NodeId leader, LeaderEpoch epoch) {
    if (leader == kNoNode) return fmt::format(" epoch={}", epoch);
    return fmt::format(" epoch={} leader=n{}", epoch, leader);
}
std::string details(const protocol::VoteResponse& response) {
    const auto* vote = only_partition(response);
    if (vote == nullptr) return "";
    return leader_text(vote->leader_id, vote->leader_epoch) +
           (vote->vote_granted ? " granted" : " refused");
}
std::string details(const protocol::FetchResponse& response) {
    const auto* fetch = only_partition(response);
    if (fetch == nullptr) return "";
    std::string text =
        leader_text(fetch->current_leader.leader_id, fetch->current_leader.leader_epoch);
    text += fmt::format(" hw={}", fetch->high_watermark);
    if (fetch->diverging_epoch.epoch >= LeaderEpoch(0)) {
        text += fmt::format(" diverging={}@{}", fetch->diverging_epoch.end_offset,
                            fetch->diverging_epoch.epoch);
    }
    if (fetch->snapshot_id.epoch >= LeaderEpoch(0)) {
        text +=
            fmt::format(" snapshot={}@{}", fetch->snapshot_id.end_offset, fetch->snapshot_id.epoch);
    }
    if (fetch->records.size() > 0) text += " records";
    return text;
}
std::string details(const protocol::FetchSnapshotResponse& response) {
    const auto* piece = only_partition(response);
    if (piece == nullptr) return "";
    return fmt::format(" position={} bytes={} of {}", piece->position,
                       piece->unaligned_records.size(), piece->size);
}
std::string details(const protocol::DescribeQuorumResponse& response) {
    const auto* partition = only_partition(response);
    if (partition == nullptr) return "";
    std::string text = leader_text(partition->leader_id, partition->leader_epoch) +
                       fmt::format(" hw={}", partition->high_watermark);
    for (const auto& each : partition->current_voters) {
        text += fmt::format(" voter n{}={}", each.replica_id, each.log_end_offset);
    }
    for (const auto& each : partition->observers) {
        text += fmt::format(" observer n{}={}", each.replica_id, each.log_end_offset);
    }
    return text;
}
template <class R>
    requires requires(R response) { response.topics[0].partitions[0].leader_epoch; }
std::string details(const R& response) {
    const auto* partition = only_partition(response);
    return partition == nullptr ? "" : leader_text(partition->leader_id, partition->leader_epoch);
}
template <class R>
std::string details(const R& response) {
    if constexpr (requires { response.error_message; }) {
        return response.error_message ? ": " + *response.error_message : "";
    }
    return "";
}

}  // namespace

std::string text_of(const Request& request) {
    return std::visit(
        [](const auto& each) {
            return fmt::format("{}{}", name_of_request<std::decay_t<decltype(each)>>(),
                               details(each));
        },
        request);
}

std::string text_of(const Response& response) {
    return std::visit(
        [&](const auto& each) {
            const ErrorCode error = error_of(response);
            return fmt::format("{} {}{}", name_of_request<std::decay_t<decltype(each)>>(),
                               name(error), details(each));
        },
        response);
}

}  // namespace gregor::raft::test
