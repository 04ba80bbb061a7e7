// Whatever producers ask, fenced ones and late requests among them, and whatever fails meanwhile:
// the coordinator's state is what its log says, each transaction is decided once (T6), epochs never
// fall and are given to one producer (P8), and who was told of a commit has one (T3).
#include <rapidcheck.h>

#include <set>

#include "tests/support/catch.h"
#include "tests/support/transaction_shard.h"

using namespace gregor;
using namespace gregor::coordinator;
using gregor::testing::TransactionShard;
using protocol::ErrorCode;
using protocol::PartitionId;

namespace {

constexpr std::int16_t kEpochs = 32767;

struct Client {
    std::string transactional_id;
    std::int16_t version = 0;
    ProducerIdAndEpoch producer;
};

/// Producers of two transactional ids, most of them fenced, and one coordinator.
class World {
public:
    World() : shard_(kEpochPerTransaction) {}

    void step() {
        switch (*rc::gen::inRange(0, 12)) {
            case 0: return init();
            case 1: return go_on();
            case 2:
            case 3:
            case 4: return add();
            case 5:
            case 6: return end();
            case 7:
            case 8: return write_markers();
            case 9: return shard_.wait(*rc::gen::element(100, 10'000, 70'000));
            case 10: return shard_.set_writes_fail(*rc::gen::inRange(0, 4) == 0);
            default:
                if (*rc::gen::inRange(0, 3) == 0) shard_.restart();
                if (*rc::gen::inRange(0, 5) == 0) age();
        }
    }

    void check_log() const {
        std::map<std::string, TransactionMetadata> states;
        for (const CoordinatorRecord& record : shard_.log()) {
            const auto read = decode_transaction(record);
            RC_ASSERT(read.has_value() && read->has_value());
            const auto& [id, metadata] = **read;
            if (!metadata) {
                states.erase(id);
                continue;
            }
            const auto before = states.find(id);
            if (before != states.end()) check_step(before->second, *metadata);
            states.insert_or_assign(id, *metadata);
        }
        RC_ASSERT(states == shard_.machine().transactions());
    }

private:
    static void check_step(const TransactionMetadata& before, const TransactionMetadata& after) {
        RC_ASSERT(may_follow(before.state, after.state));
        if (before.producer.id == after.producer.id) {
            RC_ASSERT(before.producer.epoch <= after.producer.epoch);
        }
        if (after.is_decided() && after.has_epoch_per_transaction()) {
            RC_ASSERT(before.producer.epoch < after.producer.epoch);
        }
    }

    [[nodiscard]] static std::string some_id() { return *rc::gen::inRange(0, 2) == 0 ? "t" : "u"; }

    [[nodiscard]] Client* some_client() {
        if (clients_.empty()) return nullptr;
        return &clients_[static_cast<std::size_t>(
            *rc::gen::inRange<int>(0, static_cast<int>(clients_.size())))];
    }

    void init() {
        Client client{.transactional_id = some_id(),
                      .version = *rc::gen::element<std::int16_t>(0, kEpochPerTransaction)};
        const ProducerAnswer answer =
            shard_.ask_producer(InitProducer{.transactional_id = client.transactional_id,
                                             .timeout_ms = 60'000,
                                             .expected = std::nullopt,
                                             .fresh_id = std::nullopt});
        if (answer.error != ErrorCode::none) return;
        client.producer = answer.producer;
        RC_ASSERT(given_.insert({answer.producer.id, answer.producer.epoch}).second);
        clients_.push_back(client);
    }

    void go_on() {
        Client* client = some_client();
        if (client == nullptr) return;
        const ProducerAnswer answer =
            shard_.ask_producer(InitProducer{.transactional_id = client->transactional_id,
                                             .timeout_ms = 60'000,
                                             .expected = client->producer,
                                             .fresh_id = std::nullopt});
        if (answer.error != ErrorCode::none) return;
        take(*client, answer.producer, true);
    }

    /// The producer's answer: new to everybody, or what a lost answer of its own has told.
    void take(Client& client, ProducerIdAndEpoch producer, bool may_forget) {
        const bool is_new = given_.insert({producer.id, producer.epoch}).second;
        const auto owner = owners_.find({producer.id, producer.epoch});
        if (!is_new) {
            RC_ASSERT(owner != owners_.end());
            RC_ASSERT(owner->second == client.producer);
        }
        owners_.insert_or_assign({producer.id, producer.epoch}, client.producer);
        // An answer may be lost: the client still has what it had.
        if (may_forget && *rc::gen::inRange(0, 3) == 0) return;
        client.producer = producer;
    }

    void add() {
        const Client* client = some_client();
        if (client == nullptr) return;
        shard_.add({.transactional_id = client->transactional_id,
                    .producer = client->producer,
                    .partitions = {{"a", PartitionId(*rc::gen::inRange(0, 3))}},
                    .client_version = client->version,
                    .verify_only = *rc::gen::inRange(0, 4) == 0});
    }

    void end() {
        Client* client = some_client();
        if (client == nullptr) return;
        const bool commit = *rc::gen::arbitrary<bool>();
        const ProducerAnswer answer =
            shard_.ask_producer(EndTransaction{.transactional_id = client->transactional_id,
                                               .producer = client->producer,
                                               .commit = commit,
                                               .client_version = client->version,
                                               .fresh_id = std::nullopt});
        if (answer.error != ErrorCode::none) return;
        check_told(*client, commit);
        if (client->version >= kEpochPerTransaction) take(*client, answer.producer, true);
    }

    /// The decision that counts for this producer's latest transaction is what it was told.
    void check_told(const Client& client, bool commit) const {
        std::optional<TransactionState> decided;
        for (const CoordinatorRecord& record : shard_.log()) {
            const auto read = decode_transaction(record);
            const auto& [id, metadata] = **read;
            if (id != client.transactional_id || !metadata || !metadata->is_decided()) continue;
            if (metadata->producer.id != client.producer.id) continue;
            const std::int16_t bump = client.version >= kEpochPerTransaction ? 1 : 0;
            if (metadata->producer.epoch != client.producer.epoch + bump) continue;
            decided = metadata->state;
        }
        RC_ASSERT(decided.has_value());
        RC_ASSERT((*decided == TransactionState::prepare_commit) == commit);
    }

    void write_markers() {
        for (TransactionMarker& marker : shard_.take_markers(*rc::gen::inRange(0, 3) == 0)) {
            markers_.push_back(std::move(marker));
        }
        if (markers_.empty()) return;
        const auto at =
            static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(markers_.size())));
        TransactionMarker marker = markers_[at];
        check_marker(marker);
        if (marker.partitions.size() > 1 && *rc::gen::arbitrary<bool>()) {
            marker.partitions.erase(marker.partitions.begin());
        }
        static_cast<void>(shard_.ask(MarkersWritten{std::move(marker)}));
    }

    /// One decision of a producer id and epoch; an older client's epoch has many.
    void check_marker(const TransactionMarker& marker) {
        const TransactionMetadata* known = shard_.machine().find(marker.transactional_id);
        if (known != nullptr && !known->has_epoch_per_transaction()) return;
        if (known == nullptr || known->producer != marker.producer || !known->is_decided()) return;
        RC_ASSERT((known->state == TransactionState::prepare_commit) == marker.commit);
    }

    /// Many producers later.
    void age() {
        const std::string id = some_id();
        const TransactionMetadata* known = shard_.machine().find(id);
        if (known == nullptr || known->state != TransactionState::empty) return;
        TransactionMetadata aged = *known;
        aged.producer.epoch = std::max(
            aged.producer.epoch,
            protocol::ProducerEpoch(static_cast<std::int16_t>(kEpochs - *rc::gen::inRange(1, 5))));
        shard_.write(encode_transaction(id, aged, 1));
    }

    using Pair = std::pair<protocol::ProducerId, protocol::ProducerEpoch>;

    TransactionShard shard_;
    std::vector<Client> clients_;
    std::vector<TransactionMarker> markers_;
    std::set<Pair> given_;
    std::map<Pair, ProducerIdAndEpoch> owners_;  // who had what when it was given this
};

}  // namespace

TEST_CASE("a coordinator decides every transaction once, and its log says all") {
    REQUIRE(rc::check([] {
        World world;
        const int steps = *rc::gen::inRange(1, 150);
        for (int i = 0; i < steps; ++i) world.step();
        world.check_log();
    }));
}
