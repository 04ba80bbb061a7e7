// __consumer_offsets as a real broker has written it: every record that is ours to write is written
// again to the same bytes, and what the records make is what that broker said of its groups.
#include <set>

#include "broker/coordinator/group_coordinator.h"
#include "broker/coordinator/versioned_bytes.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/control_record.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/golden_logdir.h"

using namespace gregor;
using namespace gregor::coordinator;
using golden::Json;

namespace {

constexpr int kPartitions = 4;
constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

struct Counts {
    std::size_t written_again = 0;
    std::size_t others = 0;
};

/// Up to 3.9 a member that is not classic says so in a tagged field; from 4.0 on that is its
/// default, and left out.
CoordinatorRecord as_of_4_0(CoordinatorRecord record) {
    constexpr std::string_view kNotClassic("\x01\x00\x01\x00", 4);
    const bool is_member =
        version_of(record.key) == 5 && record.value && record.value->text().ends_with(kNotClassic);
    if (!is_member) return record;
    std::string value(record.value->text());
    value.resize(value.size() - kNotClassic.size());
    value.push_back('\0');
    record.value = Bytes::copy_of(value);
    return record;
}

/// Bytes that Kafka wrote, and ours of the same record.
void require_same_bytes(const CoordinatorRecord& record, Counts& counts) {
    const auto decoded = decode_group_record(record);
    INFO((decoded ? "" : decoded.error()));
    REQUIRE(decoded.has_value());
    const bool is_ours = std::visit(
        [&](const auto& each) {
            if constexpr (requires { encode_group_record(each); }) {
                REQUIRE(encode_group_record(each) == as_of_4_0(record));
                return true;
            }
            return false;
        },
        *decoded);
    ++(is_ours ? counts.written_again : counts.others);
}

void replay_batch(const records::BatchView& batch, GroupCoordinator& machine, Counts& counts) {
    auto reader = batch.open(kMaxBytes);
    REQUIRE(reader.has_value());
    const protocol::ProducerId producer_id(batch.header.producer_id);
    while (const records::RecordView* view = reader->next().value()) {
        if (batch.header.is_control()) {
            const auto marker = records::read_end_transaction_marker(*view);
            REQUIRE(marker.has_value());
            machine.end_transaction(producer_id,
                                    marker->type == records::ControlRecordType::commit);
            continue;
        }
        CoordinatorRecord record{.key = Bytes::copy_of(*view->key), .value = std::nullopt};
        if (view->value) record.value = Bytes::copy_of(*view->value);
        require_same_bytes(record, counts);
        RecordOrigin origin{.offset = protocol::Offset(view->offset)};
        if (batch.header.is_transactional()) origin.producer_id = producer_id;
        REQUIRE(machine.apply(origin, record).has_value());
    }
}

/// "t-plain-0": {offset, leaderEpoch, metadata}
Json offsets_json(const GroupOffsets& offsets) {
    Json json = Json::object();
    for (const auto& [key, offset] : offsets) {
        json[fmt::format("{}-{}", key.first, key.second)] = {
            {"offset", offset.value.offset.value()},
            {"leaderEpoch", offset.value.leader_epoch.value()},
            {"metadata", offset.value.metadata}};
    }
    return json;
}

void require_consumer_group(const Json& theirs,
                            const std::vector<std::unique_ptr<GroupCoordinator>>& shards) {
    const ConsumerGroup* group = nullptr;
    for (const auto& shard : shards) {
        const auto* found = shard->image().find_consumer_group(theirs["group"]);
        if (found != nullptr) group = found;
    }
    REQUIRE(group != nullptr);
    REQUIRE(std::string(name(group->state())) == theirs["state"]);
    std::set<std::string> ids;
    for (const Json& member : theirs["members"]) ids.insert(member["memberId"]);
    std::set<std::string> ours;
    for (const auto& [member_id, member] : group->members()) ours.insert(member_id);
    REQUIRE(ours == ids);
}

void require_groups(const Json& described, std::vector<std::unique_ptr<GroupCoordinator>>& shards,
                    std::size_t& compared) {
    for (const Json& theirs : described) {
        const std::string id = theirs["group"];
        INFO(id);
        GroupOffsets offsets;
        const ClassicGroup* group = nullptr;
        for (const auto& shard : shards) {
            if (shard->image().offsets().contains(id)) offsets = shard->image().offsets_of(id);
            const auto it = shard->groups().find(id);
            if (it != shard->groups().end()) group = &it->second;
        }
        REQUIRE(offsets_json(offsets) == theirs["offsets"]);
        ++compared;
        if (theirs["type"] == "Consumer") require_consumer_group(theirs, shards);
        if (theirs["type"] != "Classic") continue;
        REQUIRE(group != nullptr);
        REQUIRE(std::string(name(group->state())) == theirs["state"]);
        REQUIRE(group->is_simple() == theirs["simple"].get<bool>());
        std::set<std::string> ids;
        for (const Json& member : theirs["members"]) ids.insert(member["memberId"]);
        std::set<std::string> ours;
        for (const auto& [member_id, member] : group->members()) ours.insert(member_id);
        REQUIRE(ours == ids);
    }
}

void compare(const std::string& name) {
    const golden::Files files = golden::files_of(name + ".tar.gz");
    if (files.empty()) {
        WARN("no golden data");
        return;
    }
    Random random(1);
    Counts counts;
    std::vector<std::unique_ptr<GroupCoordinator>> shards;
    for (int i = 0; i < kPartitions; ++i) {
        shards.push_back(std::make_unique<GroupCoordinator>(GroupConfig(), random));
        for (const Bytes& segment :
             golden::segments_of(files, fmt::format("__consumer_offsets-{}", i))) {
            records::BatchReader batches(segment);
            while (const auto batch = batches.next().value()) {
                replay_batch(*batch, *shards.back(), counts);
            }
        }
        shards.back()->loaded({.image = std::make_shared<const metadata::MetadataImage>()});
    }
    std::size_t compared = 0;
    golden::for_each_line(
        golden::golden_folder() / "logdir" / (name + ".json"),
        [&](const Json& json) { require_groups(json["groups"], shards, compared); });
    fmt::print("{}: {} records written again, {} of other types, {} groups compared\n", name,
               counts.written_again, counts.others, compared);
    REQUIRE(counts.written_again > 0);
    REQUIRE(compared > 0);
}

}  // namespace

TEST_CASE("the new coordinator's __consumer_offsets is read and written as Kafka does") {
    compare("consumer-offsets");
}

TEST_CASE("the old coordinator's __consumer_offsets is read and written as Kafka does") {
    compare("consumer-offsets-old-coordinator");
}
