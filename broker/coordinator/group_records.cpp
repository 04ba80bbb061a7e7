#include "broker/coordinator/group_records.h"

#include <set>

#include "broker/coordinator/versioned_bytes.h"

namespace gregor::coordinator {
namespace {

constexpr std::int16_t kOffsetCommitType = 1;
constexpr std::int16_t kGroupMetadataType = 2;
constexpr std::int16_t kValueVersion = 3;
constexpr std::int16_t kValueVersionWithExpiry = 1;

template <class Record, class Key, class Value>
Result<GroupRecord, std::string> decode_as(const CoordinatorRecord& record) {
    Record decoded{.key = TRY(decode_versioned<Key>(record.key)), .value = std::nullopt};
    if (record.value) decoded.value = TRY(decode_versioned<Value>(*record.value));
    return decoded;
}

/// What a group can be made of.
Result<void, std::string> check_sound(const protocol::GroupMetadataValue& value) {
    std::set<std::string> ids;
    std::set<std::string> instances;
    for (const auto& member : value.members) {
        const bool is_twice =
            !ids.insert(member.member_id).second ||
            (member.group_instance_id && !instances.insert(*member.group_instance_id).second);
        if (is_twice) return fail(fmt::format("member {} is there twice", member.member_id));
    }
    if (value.members.empty() || value.protocol) return {};
    return fail(std::string("members without a protocol"));
}

template <class Record>
constexpr std::int16_t type_of() {
    return Record::Key::kMessage.versions.max;
}

/// A classic member in a consumer group speaks some protocol.
Result<void, std::string> check_sound(const GroupRecord& record) {
    const auto* member = std::get_if<ConsumerGroupMemberMetadataRecord>(&record);
    if (member == nullptr || !member->value) return {};
    const auto& classic = member->value->classic_member_metadata;
    if (!classic || !classic->supported_protocols.empty()) return {};
    return fail(std::string("a classic member without a protocol"));
}

/// By the types of `Record` and the others.
template <class Record, class... Others>
Result<GroupRecord, std::string> decode_one_of(const CoordinatorRecord& record, std::int16_t type) {
    if (type == type_of<Record>()) {
        return decode_as<Record, typename Record::Key, typename Record::Value>(record);
    }
    if constexpr (sizeof...(Others) > 0) {
        return decode_one_of<Others...>(record, type);
    } else {
        return OtherGroupRecord{.type = type};
    }
}

Result<GroupRecord, std::string> decode_of_consumer_group(const CoordinatorRecord& record,
                                                          std::int16_t type) {
    return decode_one_of<
        ConsumerGroupMetadataRecord, ConsumerGroupPartitionMetadataRecord,
        ConsumerGroupMemberMetadataRecord, ConsumerGroupTargetAssignmentMetadataRecord,
        ConsumerGroupTargetAssignmentMemberRecord, ConsumerGroupCurrentMemberAssignmentRecord,
        ConsumerGroupRegularExpressionRecord>(record, type);
}

template <class Record>
CoordinatorRecord encode(const Record& record) {
    CoordinatorRecord encoded{.key = encode_versioned(record.key, type_of<Record>()),
                              .value = std::nullopt};
    if (record.value) encoded.value = encode_versioned(*record.value, 0);
    return encoded;
}

}  // namespace

Result<GroupRecord, std::string> decode_group_record(const CoordinatorRecord& record) {
    const auto type = version_of(record.key);
    if (!type) return fail(std::string("a key without a type"));
    if (*type >= 0 && *type <= kOffsetCommitType) {
        return decode_as<OffsetCommitRecord, protocol::OffsetCommitKey,
                         protocol::OffsetCommitValue>(record);
    }
    if (*type == kGroupMetadataType) {
        GroupRecord decoded = TRY((decode_as<GroupMetadataRecord, protocol::GroupMetadataKey,
                                             protocol::GroupMetadataValue>(record)));
        const auto& value = std::get<GroupMetadataRecord>(decoded).value;
        if (value) TRY(check_sound(*value));
        return decoded;
    }
    GroupRecord decoded = TRY(decode_of_consumer_group(record, *type));
    TRY(check_sound(decoded));
    return decoded;
}

CoordinatorRecord encode_group_record(const OffsetCommitRecord& record) {
    CoordinatorRecord encoded{.key = encode_versioned(record.key, kOffsetCommitType),
                              .value = std::nullopt};
    if (!record.value) return encoded;
    const bool expires = record.value->expire_timestamp != -1;
    encoded.value =
        encode_versioned(*record.value, expires ? kValueVersionWithExpiry : kValueVersion);
    return encoded;
}

CoordinatorRecord encode_group_record(const GroupMetadataRecord& record) {
    CoordinatorRecord encoded{.key = encode_versioned(record.key, kGroupMetadataType),
                              .value = std::nullopt};
    if (record.value) encoded.value = encode_versioned(*record.value, kValueVersion);
    return encoded;
}

CoordinatorRecord encode_group_record(const ConsumerGroupMetadataRecord& record) {
    return encode(record);
}
CoordinatorRecord encode_group_record(const ConsumerGroupPartitionMetadataRecord& record) {
    return encode(record);
}
CoordinatorRecord encode_group_record(const ConsumerGroupMemberMetadataRecord& record) {
    return encode(record);
}
CoordinatorRecord encode_group_record(const ConsumerGroupTargetAssignmentMetadataRecord& record) {
    return encode(record);
}
CoordinatorRecord encode_group_record(const ConsumerGroupTargetAssignmentMemberRecord& record) {
    return encode(record);
}
CoordinatorRecord encode_group_record(const ConsumerGroupCurrentMemberAssignmentRecord& record) {
    return encode(record);
}
CoordinatorRecord encode_group_record(const ConsumerGroupRegularExpressionRecord& record) {
    return encode(record);
}

}  // namespace gregor::coordinator
