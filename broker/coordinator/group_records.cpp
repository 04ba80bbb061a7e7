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
    return OtherGroupRecord{.type = *type};
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

}  // namespace gregor::coordinator
