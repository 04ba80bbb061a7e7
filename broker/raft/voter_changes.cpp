// AddRaftVoter, RemoveRaftVoter, UpdateRaftVoter (KIP-853). One voter at a time, and the next only
// after the last change and a record of the leader's own epoch are committed: so the majorities of
// two sets that are ever in force together share a voter.
//
//     add:     ask the new voter for its kraft.version ── caught up? ── append voters ── committed:
//     answer remove:                                                           append voters ──
//     committed: answer update:                                                           append
//     voters, answer
#include <algorithm>

#include "broker/raft/answers.h"
#include "broker/raft/raft.h"
#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::raft {
namespace {

constexpr std::string_view kKRaftVersionFeature = "kraft.version";

bool supports(const protocol::ApiVersionsResponse& response, std::int16_t kraft_version) {
    const auto& features = response.supported_features;
    const auto it = std::ranges::find(features, kKRaftVersionFeature,
                                      &protocol::ApiVersionsResponse::SupportedFeature::name);
    return it != features.end() && it->min_version <= kraft_version &&
           kraft_version <= it->max_version;
}

template <class R>
R refused(ErrorCode error, std::string message) {
    return R{.error_code = error,
             .error_message =
                 error == ErrorCode::none ? std::nullopt : std::optional(std::move(message))};
}

}  // namespace

// Add. --------------------------------------------------------------------------------------------

Effects Raft::handle(Now now, RequestId id, const protocol::AddRaftVoterRequest& request) {
    begin(now);
    using R = protocol::AddRaftVoterResponse;
    Refusal refusal = check_add(request);
    if (refusal.error != ErrorCode::none) {
        reply(id, refused<R>(refusal.error, std::move(refusal.message)));
        return finish();
    }
    PendingChange change{
        .request = id,
        .is_add = true,
        .voter = {.key = {request.voter_id, request.voter_directory_id},
                  .endpoints = endpoints_from(request.listeners)},
        .deadline = change_deadline(std::chrono::milliseconds(request.timeout_ms))};
    const Endpoint endpoint = *find_endpoint(change.voter.endpoints, config_.listener_name);
    if (!connections_.is_ready(request.voter_id, now.at)) {
        reply(id, refused<R>(ErrorCode::request_timed_out,
                             "The new voter is not ready to be asked for its kraft.version"));
        return finish();
    }
    send(request.voter_id, endpoint,
         protocol::ApiVersionsRequest{.client_software_name = "gregor",
                                      .client_software_version = "1"});
    change.probe = effects_.sends.back().id;
    start_change(std::move(change));
    return finish();
}

Raft::Refusal Raft::check_add(const protocol::AddRaftVoterRequest& request) const {
    if (is_other_cluster(request.cluster_id)) {
        return {ErrorCode::inconsistent_cluster_id, "The request is for another cluster"};
    }
    if (!is_leader()) return {ErrorCode::not_leader_or_follower, "This node does not lead"};
    if (request.voter_id < NodeId(0) || request.voter_directory_id.is_zero()) {
        return {ErrorCode::invalid_request, "Add voter request didn't include a valid voter"};
    }
    if (!find_endpoint(endpoints_from(request.listeners), config_.listener_name)) {
        return {ErrorCode::invalid_request,
                fmt::format("Add voter request didn't include the endpoint for the listener {}",
                            config_.listener_name)};
    }
    if (Refusal refusal = check_voter_change(); refusal.error != ErrorCode::none) return refusal;
    if (voters().contains_id(request.voter_id)) {
        return {ErrorCode::duplicate_voter,
                fmt::format("The voter id {} is already in the set of voters", request.voter_id)};
    }
    return {};
}

void Raft::answer_probe(CorrelationId id, const protocol::ApiVersionsResponse* response) {
    if (!pending_change_ || pending_change_->probe != id) return;
    PendingChange& change = *pending_change_;
    change.probe.reset();
    if (response == nullptr || response->error_code != ErrorCode::none) {
        return complete_voter_change(
            ErrorCode::request_timed_out,
            fmt::format("The new voter {} could not be asked for its kraft.version",
                        change.voter.key.id));
    }
    if (!supports(*response, voters_.kraft_version())) {
        return complete_voter_change(
            ErrorCode::invalid_request,
            fmt::format("The new voter {} doesn't support kraft.version {}", change.voter.key.id,
                        voters_.kraft_version()));
    }
    const auto& state = std::get<Leader>(role_).state;
    if (!state.is_caught_up(change.voter.key, now_.at)) {
        return complete_voter_change(
            ErrorCode::request_timed_out,
            fmt::format("The new voter {} is lagging behind", change.voter.key.id));
    }
    change.appended_at = append_voters(voters().with(change.voter));
}

// Remove. -----------------------------------------------------------------------------------------

Effects Raft::handle(Now now, RequestId id, const protocol::RemoveRaftVoterRequest& request) {
    begin(now);
    Refusal refusal = check_remove(request);
    if (refusal.error != ErrorCode::none) {
        reply(id, refused<protocol::RemoveRaftVoterResponse>(refusal.error,
                                                             std::move(refusal.message)));
        return finish();
    }
    start_change({.request = id, .deadline = change_deadline(config_.request_timeout)});
    pending_change_->appended_at = append_voters(voters().without(request.voter_id));
    return finish();
}

Raft::Refusal Raft::check_remove(const protocol::RemoveRaftVoterRequest& request) const {
    if (is_other_cluster(request.cluster_id)) {
        return {ErrorCode::inconsistent_cluster_id, "The request is for another cluster"};
    }
    if (!is_leader()) return {ErrorCode::not_leader_or_follower, "This node does not lead"};
    if (request.voter_id < NodeId(0) || request.voter_directory_id.is_zero()) {
        return {ErrorCode::invalid_request, "Remove voter request didn't include a valid voter"};
    }
    if (Refusal refusal = check_voter_change(); refusal.error != ErrorCode::none) return refusal;
    const Voter* voter = voters().find(request.voter_id);
    if (voter == nullptr || voter->key.directory_id != request.voter_directory_id) {
        return {ErrorCode::voter_not_found,
                fmt::format("Cannot remove voter {}, it is not in the set of voters",
                            request.voter_id)};
    }
    if (voters().size() == 1) {
        return {ErrorCode::invalid_request, "Cannot remove the only voter"};
    }
    return {};
}

// Update. -----------------------------------------------------------------------------------------

Effects Raft::handle(Now now, RequestId id, const protocol::UpdateRaftVoterRequest& request) {
    begin(now);
    const ErrorCode error = check_update(request);
    if (error == ErrorCode::none) {
        const Voter voter{
            .key = {request.voter_id, request.voter_directory_id},
            .endpoints = endpoints_from(request.listeners),
            .min_kraft_version = request.k_raft_version_feature.min_supported_version,
            .max_kraft_version = request.k_raft_version_feature.max_supported_version};
        if (voters_.kraft_version() == 0) {
            auto& described = std::get<Leader>(role_).described;
            described = described.with(voter);
        } else {
            (void)append_voters(voters().with(voter));
        }
    }
    reply(id, update_answer(error));
    return finish();
}

ErrorCode Raft::check_update(const protocol::UpdateRaftVoterRequest& request) const {
    if (is_other_cluster(request.cluster_id)) return ErrorCode::inconsistent_cluster_id;
    const ErrorCode error = check_leader_request(request.current_leader_epoch);
    if (error != ErrorCode::none) return error;
    const bool is_static = voters_.kraft_version() == 0;
    const auto& versions = request.k_raft_version_feature;
    if (request.voter_id < NodeId(0) || (!is_static && request.voter_directory_id.is_zero()) ||
        !find_endpoint(endpoints_from(request.listeners), config_.listener_name) ||
        versions.min_supported_version > voters_.kraft_version() ||
        versions.max_supported_version < voters_.kraft_version()) {
        return ErrorCode::invalid_request;
    }
    if (!is_static) {
        const Refusal refusal = check_voter_change();
        if (refusal.error != ErrorCode::none) return refusal.error;
    }
    // A static voter's directory is whichever it has now.
    const bool is_known = is_static
                              ? voters().contains_id(request.voter_id)
                              : voters().is_voter({request.voter_id, request.voter_directory_id});
    return is_known ? ErrorCode::none : ErrorCode::voter_not_found;
}

protocol::UpdateRaftVoterResponse Raft::update_answer(ErrorCode error) const {
    protocol::UpdateRaftVoterResponse response{.error_code = error};
    if (error == ErrorCode::inconsistent_cluster_id) return response;
    response.current_leader = {.leader_id = leader_id(), .leader_epoch = epoch()};
    if (const auto endpoint = find_endpoint(leader_endpoints(), config_.listener_name)) {
        response.current_leader.host = endpoint->host;
        response.current_leader.port = endpoint->port;
    }
    return response;
}

/// Whether the leader knows of this voter what it says of itself: from the voter set, or, of a
/// static voter, since the leader was told.
bool Raft::must_update_voter(const Follower& follower) const {
    if (!is_voter() || config_.listeners.empty()) return false;
    if (voters_.kraft_version() == 0) return follower.has_fetched && !follower.has_described_itself;
    const Voter& voter = *voters().find(config_.node_id);
    return voter.endpoints != config_.listeners || voter.min_kraft_version != kMinKRaftVersion ||
           voter.max_kraft_version != kMaxKRaftVersion;
}

void Raft::send_update_voter(Follower& follower, const Endpoint& endpoint) {
    follower.update_voter_at = deadline_after(now_.at, config_.fetch_timeout);
    protocol::UpdateRaftVoterRequest request{
        .cluster_id = config_.cluster_id,
        .current_leader_epoch = epoch(),
        .voter_id = config_.node_id,
        .voter_directory_id = config_.directory_id,
        .listeners = endpoints_to<protocol::UpdateRaftVoterRequest::Listener>(config_.listeners),
        .k_raft_version_feature = {.min_supported_version = kMinKRaftVersion,
                                   .max_supported_version = kMaxKRaftVersion}};
    send(follower.leader_id, endpoint, std::move(request));
}

void Raft::answer(const Sent& sent, const protocol::UpdateRaftVoterResponse& response) {
    const auto& current = response.current_leader;
    PeerLeader peer{current.leader_id, current.leader_epoch};
    if (!current.host.empty()) {
        peer.endpoints = {
            {config_.listener_name, current.host, static_cast<std::uint16_t>(current.port)}};
    }
    if (learn_from_answer(response.error_code, peer) || sent.epoch != epoch()) return;
    if (auto* follower = std::get_if<Follower>(&role_)) follower->has_described_itself = true;
}

// kraft.version. ----------------------------------------------------------------------------------

/// The configured voters become those of the log, as each has described itself to this leader.
std::optional<std::string> Raft::find_upgrade_fault(std::int16_t kraft_version) const {
    const auto* leader = std::get_if<Leader>(&role_);
    if (leader == nullptr) return "This node does not lead the quorum";
    const std::int16_t present = voters_.kraft_version();
    if (kraft_version == present) return std::nullopt;
    if (kraft_version < present) {
        return fmt::format("kraft.version {} cannot be lowered to {}", present, kraft_version);
    }
    for (const auto& [id, voter] : voters().voters()) {
        const Voter* described = leader->described.find(id);
        if (described == nullptr || described->key.directory_id.is_zero()) {
            return fmt::format("The directory id of voter {} is not known", id);
        }
        if (described->min_kraft_version > kraft_version ||
            described->max_kraft_version < kraft_version) {
            return fmt::format("Voter {} supports kraft.version {}-{} only", id,
                               described->min_kraft_version, described->max_kraft_version);
        }
    }
    return std::nullopt;
}

void Raft::raise_kraft_version(std::int16_t kraft_version) {
    const auto fault = find_upgrade_fault(kraft_version);
    CHECK(!fault, "{}", *fault);
    if (kraft_version == voters_.kraft_version())
        return;  // the log's voters may have changed since
    const VoterSet described = std::get<Leader>(role_).described;
    const Offset base = append_control(
        {protocol::KRaftVersionRecord{.k_raft_version = kraft_version}, described.to_record()});
    voters_.add_kraft_version(base, kraft_version);
    voters_.add_voters(base + 1, described);
    voters_changed();
}

// What they share. --------------------------------------------------------------------------------

Raft::Refusal Raft::check_voter_change() const {
    if (voters_.kraft_version() == 0) {
        return {ErrorCode::unsupported_version,
                "Cluster doesn't support adding or removing voters: kraft.version is 0"};
    }
    if (PLANTED(b19_multi_voter_add)) return {};
    const auto high_watermark = std::get<Leader>(role_).state.high_watermark();
    if (!high_watermark) {
        return {ErrorCode::request_timed_out,
                "The leader has not committed a record of its epoch yet"};
    }
    if (pending_change_) {
        return {ErrorCode::request_timed_out,
                "Request timed out waiting for the leader to handle a previous voter change"};
    }
    if (*voters_.latest_offset() >= *high_watermark) {
        return {ErrorCode::request_timed_out,
                fmt::format("The voters at offset {} are not committed, the high watermark is {}",
                            *voters_.latest_offset(), *high_watermark)};
    }
    return {};
}

Instant Raft::change_deadline(Duration wanted) const {
    const bool is_sensible = wanted > Duration(0) && wanted < config_.request_timeout;
    return deadline_after(now_.at, is_sensible ? wanted : config_.request_timeout);
}

void Raft::start_change(PendingChange change) {
    if (pending_change_) {
        CHECK(PLANTED(b19_multi_voter_add));
        complete_voter_change(ErrorCode::request_timed_out, "Overtaken by another change");
    }
    pending_change_ = std::move(change);
}

Offset Raft::append_voters(const VoterSet& next) {
    CHECK(next.is_one_step_from(voters()));
    const Offset offset = append_control({next.to_record()});
    voters_.add_voters(offset, next);
    voters_changed();
    return offset;
}

// It takes effect at once, committed or not.
void Raft::voters_changed() {
    auto* leader = std::get_if<Leader>(&role_);
    if (leader == nullptr) return;
    bool rose = leader->state.update_voters(voters(), now_.at);
    rose = leader->state.update_local(log_.flushed()) || rose;
    if (rose) leader_high_watermark_rose();
}

void Raft::poll_voter_change() {
    if (!pending_change_) return;
    if (now_.at < pending_change_->deadline) return wake_at(pending_change_->deadline);
    complete_voter_change(ErrorCode::request_timed_out,
                          "Request timed out before the change of voters was committed");
}

void Raft::committed_voters() {
    if (pending_change_ && pending_change_->appended_at &&
        *pending_change_->appended_at < high_watermark_) {
        complete_voter_change(ErrorCode::none, {});
    }
    const bool is_committed = voters_.latest_offset() && *voters_.latest_offset() < high_watermark_;
    if (is_committed && !voters().is_voter(self())) {
        PROBE("a quorum leader was removed from the voters and resigned");
        become_resigned();
    }
}

void Raft::complete_voter_change(ErrorCode error, std::string message) {
    const PendingChange change = *std::exchange(pending_change_, std::nullopt);
    if (change.is_add) {
        reply(change.request, refused<protocol::AddRaftVoterResponse>(error, std::move(message)));
    } else {
        reply(change.request,
              refused<protocol::RemoveRaftVoterResponse>(error, std::move(message)));
    }
}

}  // namespace gregor::raft
