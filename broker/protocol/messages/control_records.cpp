#include "broker/protocol/messages/control_records.h"

namespace gregor::protocol {

const Fields& LeaderChangeMessage::Voter::fields() {
    using M = LeaderChangeMessage::Voter;
    static const Fields fields = describe<M>({
        field("voter_id", &M::voter_id),
        field("voter_directory_id", &M::voter_directory_id).since(1),
    });
    return fields;
}

const Fields& LeaderChangeMessage::fields() {
    using M = LeaderChangeMessage;
    static const Fields fields = describe<M>({
        field("version", &M::version),
        field("leader_id", &M::leader_id),
        field("voters", &M::voters),
        field("granting_voters", &M::granting_voters),
    });
    return fields;
}

const Fields& SnapshotHeaderRecord::fields() {
    using M = SnapshotHeaderRecord;
    static const Fields fields = describe<M>({
        field("version", &M::version),
        field("last_contained_log_timestamp", &M::last_contained_log_timestamp),
    });
    return fields;
}

const Fields& SnapshotFooterRecord::fields() {
    using M = SnapshotFooterRecord;
    static const Fields fields = describe<M>({
        field("version", &M::version),
    });
    return fields;
}

const Fields& KRaftVersionRecord::fields() {
    using M = KRaftVersionRecord;
    static const Fields fields = describe<M>({
        field("version", &M::version),
        field("k_raft_version", &M::k_raft_version),
    });
    return fields;
}

const Fields& VotersRecord::Endpoint::fields() {
    using M = VotersRecord::Endpoint;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("host", &M::host),
        field("port", &M::port),
    });
    return fields;
}

const Fields& VotersRecord::KRaftVersionFeature::fields() {
    using M = VotersRecord::KRaftVersionFeature;
    static const Fields fields = describe<M>({
        field("min_supported_version", &M::min_supported_version),
        field("max_supported_version", &M::max_supported_version),
    });
    return fields;
}

const Fields& VotersRecord::Voter::fields() {
    using M = VotersRecord::Voter;
    static const Fields fields = describe<M>({
        field("voter_id", &M::voter_id),
        field("voter_directory_id", &M::voter_directory_id),
        field("endpoints", &M::endpoints),
        field("k_raft_version_feature", &M::k_raft_version_feature),
    });
    return fields;
}

const Fields& VotersRecord::fields() {
    using M = VotersRecord;
    static const Fields fields = describe<M>({
        field("version", &M::version),
        field("voters", &M::voters),
    });
    return fields;
}

const Fields& QuorumStateData::CurrentVoter::fields() {
    using M = QuorumStateData::CurrentVoter;
    static const Fields fields = describe<M>({
        field("voter_id", &M::voter_id).until(0),
    });
    return fields;
}

const Fields& QuorumStateData::fields() {
    using M = QuorumStateData;
    static const Fields fields = describe<M>({
        field("cluster_id", &M::cluster_id).until(0),
        field("leader_id", &M::leader_id),
        field("leader_epoch", &M::leader_epoch),
        field("voted_id", &M::voted_id),
        field("voted_directory_id", &M::voted_directory_id).since(1),
        field("applied_offset", &M::applied_offset).until(0),
        field("current_voters", &M::current_voters).until(0).nullable(),
    });
    return fields;
}

}  // namespace gregor::protocol
