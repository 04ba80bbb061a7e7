#include "broker/protocol/any_message.h"

#include <algorithm>
#include <array>

#include "broker/protocol/generate.h"
#include "broker/protocol/header.h"
#include "broker/protocol/messages/acls.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/configs.h"
#include "broker/protocol/messages/consumer_groups.h"
#include "broker/protocol/messages/control_records.h"
#include "broker/protocol/messages/controller.h"
#include "broker/protocol/messages/delegation_tokens.h"
#include "broker/protocol/messages/embedded.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/group_admin.h"
#include "broker/protocol/messages/group_membership.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/group_records.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/log_dirs.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/metadata_records.h"
#include "broker/protocol/messages/metadata_records_other.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/producer_snapshot.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/messages/quotas.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/sasl.h"
#include "broker/protocol/messages/scram.h"
#include "broker/protocol/messages/share_groups.h"
#include "broker/protocol/messages/share_records.h"
#include "broker/protocol/messages/share_state.h"
#include "broker/protocol/messages/telemetry.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/messages/transaction_admin.h"
#include "broker/protocol/messages/transaction_records.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/protocol/messages/voters.h"

namespace gregor::protocol {
namespace {

template <Message T>
constexpr MessageType type_of() {
    return {T::kMessage, &T::fields, []() -> void* { return new T; },
            [](void* object) { delete static_cast<T*>(object); }};
}

constexpr auto kTypes = std::to_array<MessageType>({
    type_of<RequestHeader>(),
    type_of<ResponseHeader>(),
    type_of<ProduceRequest>(),
    type_of<ProduceResponse>(),
    type_of<FetchRequest>(),
    type_of<FetchResponse>(),
    type_of<ListOffsetsRequest>(),
    type_of<ListOffsetsResponse>(),
    type_of<OffsetForLeaderEpochRequest>(),
    type_of<OffsetForLeaderEpochResponse>(),
    type_of<DeleteRecordsRequest>(),
    type_of<DeleteRecordsResponse>(),
    type_of<MetadataRequest>(),
    type_of<MetadataResponse>(),
    type_of<DescribeClusterRequest>(),
    type_of<DescribeClusterResponse>(),
    type_of<DescribeTopicPartitionsRequest>(),
    type_of<DescribeTopicPartitionsResponse>(),
    type_of<ApiVersionsRequest>(),
    type_of<ApiVersionsResponse>(),
    type_of<UpdateFeaturesRequest>(),
    type_of<UpdateFeaturesResponse>(),
    type_of<CreateTopicsRequest>(),
    type_of<CreateTopicsResponse>(),
    type_of<DeleteTopicsRequest>(),
    type_of<DeleteTopicsResponse>(),
    type_of<CreatePartitionsRequest>(),
    type_of<CreatePartitionsResponse>(),
    type_of<DescribeConfigsRequest>(),
    type_of<DescribeConfigsResponse>(),
    type_of<AlterConfigsRequest>(),
    type_of<AlterConfigsResponse>(),
    type_of<IncrementalAlterConfigsRequest>(),
    type_of<IncrementalAlterConfigsResponse>(),
    type_of<FindCoordinatorRequest>(),
    type_of<FindCoordinatorResponse>(),
    type_of<JoinGroupRequest>(),
    type_of<JoinGroupResponse>(),
    type_of<SyncGroupRequest>(),
    type_of<SyncGroupResponse>(),
    type_of<HeartbeatRequest>(),
    type_of<HeartbeatResponse>(),
    type_of<LeaveGroupRequest>(),
    type_of<LeaveGroupResponse>(),
    type_of<DescribeGroupsRequest>(),
    type_of<DescribeGroupsResponse>(),
    type_of<ListGroupsRequest>(),
    type_of<ListGroupsResponse>(),
    type_of<DeleteGroupsRequest>(),
    type_of<DeleteGroupsResponse>(),
    type_of<OffsetDeleteRequest>(),
    type_of<OffsetDeleteResponse>(),
    type_of<OffsetCommitRequest>(),
    type_of<OffsetCommitResponse>(),
    type_of<OffsetFetchRequest>(),
    type_of<OffsetFetchResponse>(),
    type_of<ConsumerGroupHeartbeatRequest>(),
    type_of<ConsumerGroupHeartbeatResponse>(),
    type_of<ConsumerGroupDescribeRequest>(),
    type_of<ConsumerGroupDescribeResponse>(),
    type_of<InitProducerIdRequest>(),
    type_of<InitProducerIdResponse>(),
    type_of<AddPartitionsToTxnRequest>(),
    type_of<AddPartitionsToTxnResponse>(),
    type_of<AddOffsetsToTxnRequest>(),
    type_of<AddOffsetsToTxnResponse>(),
    type_of<EndTxnRequest>(),
    type_of<EndTxnResponse>(),
    type_of<TxnOffsetCommitRequest>(),
    type_of<TxnOffsetCommitResponse>(),
    type_of<WriteTxnMarkersRequest>(),
    type_of<WriteTxnMarkersResponse>(),
    type_of<DescribeProducersRequest>(),
    type_of<DescribeProducersResponse>(),
    type_of<DescribeTransactionsRequest>(),
    type_of<DescribeTransactionsResponse>(),
    type_of<ListTransactionsRequest>(),
    type_of<ListTransactionsResponse>(),
    type_of<SaslHandshakeRequest>(),
    type_of<SaslHandshakeResponse>(),
    type_of<SaslAuthenticateRequest>(),
    type_of<SaslAuthenticateResponse>(),
    type_of<DescribeAclsRequest>(),
    type_of<DescribeAclsResponse>(),
    type_of<CreateAclsRequest>(),
    type_of<CreateAclsResponse>(),
    type_of<DeleteAclsRequest>(),
    type_of<DeleteAclsResponse>(),
    type_of<DescribeUserScramCredentialsRequest>(),
    type_of<DescribeUserScramCredentialsResponse>(),
    type_of<AlterUserScramCredentialsRequest>(),
    type_of<AlterUserScramCredentialsResponse>(),
    type_of<CreateDelegationTokenRequest>(),
    type_of<CreateDelegationTokenResponse>(),
    type_of<RenewDelegationTokenRequest>(),
    type_of<RenewDelegationTokenResponse>(),
    type_of<ExpireDelegationTokenRequest>(),
    type_of<ExpireDelegationTokenResponse>(),
    type_of<DescribeDelegationTokenRequest>(),
    type_of<DescribeDelegationTokenResponse>(),
    type_of<DescribeClientQuotasRequest>(),
    type_of<DescribeClientQuotasResponse>(),
    type_of<AlterClientQuotasRequest>(),
    type_of<AlterClientQuotasResponse>(),
    type_of<AlterReplicaLogDirsRequest>(),
    type_of<AlterReplicaLogDirsResponse>(),
    type_of<DescribeLogDirsRequest>(),
    type_of<DescribeLogDirsResponse>(),
    type_of<AssignReplicasToDirsRequest>(),
    type_of<AssignReplicasToDirsResponse>(),
    type_of<ElectLeadersRequest>(),
    type_of<ElectLeadersResponse>(),
    type_of<AlterPartitionReassignmentsRequest>(),
    type_of<AlterPartitionReassignmentsResponse>(),
    type_of<ListPartitionReassignmentsRequest>(),
    type_of<ListPartitionReassignmentsResponse>(),
    type_of<VoteRequest>(),
    type_of<VoteResponse>(),
    type_of<BeginQuorumEpochRequest>(),
    type_of<BeginQuorumEpochResponse>(),
    type_of<EndQuorumEpochRequest>(),
    type_of<EndQuorumEpochResponse>(),
    type_of<FetchSnapshotRequest>(),
    type_of<FetchSnapshotResponse>(),
    type_of<DescribeQuorumRequest>(),
    type_of<DescribeQuorumResponse>(),
    type_of<AddRaftVoterRequest>(),
    type_of<AddRaftVoterResponse>(),
    type_of<RemoveRaftVoterRequest>(),
    type_of<RemoveRaftVoterResponse>(),
    type_of<UpdateRaftVoterRequest>(),
    type_of<UpdateRaftVoterResponse>(),
    type_of<AlterPartitionRequest>(),
    type_of<AlterPartitionResponse>(),
    type_of<EnvelopeRequest>(),
    type_of<EnvelopeResponse>(),
    type_of<BrokerRegistrationRequest>(),
    type_of<BrokerRegistrationResponse>(),
    type_of<BrokerHeartbeatRequest>(),
    type_of<BrokerHeartbeatResponse>(),
    type_of<UnregisterBrokerRequest>(),
    type_of<UnregisterBrokerResponse>(),
    type_of<AllocateProducerIdsRequest>(),
    type_of<AllocateProducerIdsResponse>(),
    type_of<ControllerRegistrationRequest>(),
    type_of<ControllerRegistrationResponse>(),
    type_of<GetTelemetrySubscriptionsRequest>(),
    type_of<GetTelemetrySubscriptionsResponse>(),
    type_of<PushTelemetryRequest>(),
    type_of<PushTelemetryResponse>(),
    type_of<ListClientMetricsResourcesRequest>(),
    type_of<ListClientMetricsResourcesResponse>(),
    type_of<ShareGroupHeartbeatRequest>(),
    type_of<ShareGroupHeartbeatResponse>(),
    type_of<ShareGroupDescribeRequest>(),
    type_of<ShareGroupDescribeResponse>(),
    type_of<ShareFetchRequest>(),
    type_of<ShareFetchResponse>(),
    type_of<ShareAcknowledgeRequest>(),
    type_of<ShareAcknowledgeResponse>(),
    type_of<InitializeShareGroupStateRequest>(),
    type_of<InitializeShareGroupStateResponse>(),
    type_of<ReadShareGroupStateRequest>(),
    type_of<ReadShareGroupStateResponse>(),
    type_of<WriteShareGroupStateRequest>(),
    type_of<WriteShareGroupStateResponse>(),
    type_of<DeleteShareGroupStateRequest>(),
    type_of<DeleteShareGroupStateResponse>(),
    type_of<ReadShareGroupStateSummaryRequest>(),
    type_of<ReadShareGroupStateSummaryResponse>(),
    type_of<RegisterBrokerRecord>(),
    type_of<UnregisterBrokerRecord>(),
    type_of<FenceBrokerRecord>(),
    type_of<UnfenceBrokerRecord>(),
    type_of<BrokerRegistrationChangeRecord>(),
    type_of<RegisterControllerRecord>(),
    type_of<TopicRecord>(),
    type_of<PartitionRecord>(),
    type_of<PartitionChangeRecord>(),
    type_of<RemoveTopicRecord>(),
    type_of<ConfigRecord>(),
    type_of<FeatureLevelRecord>(),
    type_of<ProducerIdsRecord>(),
    type_of<ClientQuotaRecord>(),
    type_of<AccessControlEntryRecord>(),
    type_of<RemoveAccessControlEntryRecord>(),
    type_of<UserScramCredentialRecord>(),
    type_of<RemoveUserScramCredentialRecord>(),
    type_of<DelegationTokenRecord>(),
    type_of<RemoveDelegationTokenRecord>(),
    type_of<BeginTransactionRecord>(),
    type_of<EndTransactionRecord>(),
    type_of<AbortTransactionRecord>(),
    type_of<NoOpRecord>(),
    type_of<ZkMigrationStateRecord>(),
    type_of<LeaderChangeMessage>(),
    type_of<SnapshotHeaderRecord>(),
    type_of<SnapshotFooterRecord>(),
    type_of<KRaftVersionRecord>(),
    type_of<VotersRecord>(),
    type_of<QuorumStateData>(),
    type_of<OffsetCommitKey>(),
    type_of<OffsetCommitValue>(),
    type_of<GroupMetadataKey>(),
    type_of<GroupMetadataValue>(),
    type_of<ConsumerGroupMetadataKey>(),
    type_of<ConsumerGroupMetadataValue>(),
    type_of<ConsumerGroupPartitionMetadataKey>(),
    type_of<ConsumerGroupPartitionMetadataValue>(),
    type_of<ConsumerGroupMemberMetadataKey>(),
    type_of<ConsumerGroupMemberMetadataValue>(),
    type_of<ConsumerGroupTargetAssignmentMetadataKey>(),
    type_of<ConsumerGroupTargetAssignmentMetadataValue>(),
    type_of<ConsumerGroupTargetAssignmentMemberKey>(),
    type_of<ConsumerGroupTargetAssignmentMemberValue>(),
    type_of<ConsumerGroupCurrentMemberAssignmentKey>(),
    type_of<ConsumerGroupCurrentMemberAssignmentValue>(),
    type_of<ShareGroupMetadataKey>(),
    type_of<ShareGroupMetadataValue>(),
    type_of<ShareGroupPartitionMetadataKey>(),
    type_of<ShareGroupPartitionMetadataValue>(),
    type_of<ShareGroupMemberMetadataKey>(),
    type_of<ShareGroupMemberMetadataValue>(),
    type_of<ShareGroupTargetAssignmentMetadataKey>(),
    type_of<ShareGroupTargetAssignmentMetadataValue>(),
    type_of<ShareGroupTargetAssignmentMemberKey>(),
    type_of<ShareGroupTargetAssignmentMemberValue>(),
    type_of<ShareGroupCurrentMemberAssignmentKey>(),
    type_of<ShareGroupCurrentMemberAssignmentValue>(),
    type_of<ShareGroupStatePartitionMetadataKey>(),
    type_of<ShareGroupStatePartitionMetadataValue>(),
    type_of<ShareSnapshotKey>(),
    type_of<ShareSnapshotValue>(),
    type_of<ShareUpdateKey>(),
    type_of<ShareUpdateValue>(),
    type_of<ConsumerGroupRegularExpressionKey>(),
    type_of<ConsumerGroupRegularExpressionValue>(),
    type_of<TransactionLogKey>(),
    type_of<TransactionLogValue>(),
    type_of<ProducerSnapshot>(),
    type_of<ConsumerProtocolSubscription>(),
    type_of<ConsumerProtocolAssignment>(),
    type_of<DefaultPrincipalData>(),
});

}  // namespace

std::span<const MessageType> message_types() { return kTypes; }

const MessageType* find_message_type(std::string_view name) {
    const auto at =
        std::ranges::find(kTypes, name, [](const MessageType& type) { return type.info.name; });
    return at == kTypes.end() ? nullptr : &*at;
}

const MessageType* find_message_type(MessageKind kind, std::int16_t id) {
    const auto at = std::ranges::find_if(kTypes, [&](const MessageType& type) {
        return type.info.kind == kind && type.info.id == id;
    });
    return at == kTypes.end() ? nullptr : &*at;
}

detail::Layout AnyMessage::layout(std::int16_t version) const {
    CHECK(type_->info.versions.contains(version), "{} has no version {}", type_->info.name,
          version);
    return {version, type_->info.is_flexible(version)};
}

Result<AnyMessage, DecodeError> AnyMessage::decode(const MessageType& type, Reader& reader,
                                                   std::int16_t version) {
    if (!type.info.versions.contains(version)) return fail(DecodeError::unsupported_version);
    AnyMessage message(type);
    detail::decode(reader, type.fields(), message.object_.get(), message.layout(version));
    if (!reader.ok()) return fail(reader.error());
    return message;
}

AnyMessage AnyMessage::random(const MessageType& type, std::int16_t version, Random& random,
                              std::size_t size) {
    AnyMessage message(type);
    detail::randomize(type.fields(), message.object_.get(), message.layout(version), random, size);
    return message;
}

Bytes AnyMessage::encode(std::int16_t version) const {
    ByteBuffer out;
    detail::encode(out, type_->fields(), object_.get(), layout(version));
    return std::move(out).freeze();
}

std::size_t AnyMessage::encoded_size(std::int16_t version) const {
    return detail::encoded_size(type_->fields(), object_.get(), layout(version));
}

std::vector<Piece> AnyMessage::encode_pieces(std::int16_t version) const {
    PieceBuffer pieces;
    detail::encode(pieces, type_->fields(), object_.get(), layout(version));
    return std::move(pieces).freeze();
}

std::string AnyMessage::to_json_text(std::int16_t version) const {
    return detail::to_json_text(type_->fields(), object_.get(), layout(version));
}

bool operator==(const AnyMessage& a, const AnyMessage& b) {
    CHECK(a.type_ == b.type_);
    return detail::equal(a.type_->fields(), a.object_.get(), b.object_.get());
}

}  // namespace gregor::protocol
