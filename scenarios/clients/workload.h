// What the clients of a run share: the histories they write, how far the run is, and what each of
// them is doing, by name, for the case that one is stuck.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/records/codec_contexts.h"
#include "scenarios/checkers/partition_history.h"
#include "scenarios/clients/flips.h"
#include "scenarios/clients/outage.h"
#include "scenarios/judge.h"
#include "sim/runtime/runtime.h"
#include "sim/simulated/plan.h"

namespace gregor::protocol {
struct MetadataResponse;
}

namespace gregor::scenarios::clients {

/// A partition that the clients use.
struct PartitionUnderTest {
    std::string topic;
    std::int32_t index = 0;
    std::unique_ptr<PartitionHistory> history;
    /// How often DeleteRecords was sent for it, perhaps without an answer, or retention took some.
    std::uint32_t deletions_asked = 0;
    /// If one is being timed.
    std::optional<Outage> outage;
};

enum class Phase : std::uint8_t {
    faults,     // produce and consume while faults happen
    finishing,  // healed: each producer sends a last round, each consumer reads to the end
};

struct Counts {
    std::uint64_t acknowledged_sends = 0;  // records
    std::uint64_t produce_requests = 0;
    std::uint64_t fetch_requests = 0;
    std::uint64_t incremental_fetches = 0;
    std::uint64_t lost_fetch_sessions = 0;
    std::uint64_t records_read = 0;
    std::uint64_t unknown_sends = 0;
    std::uint64_t failed_sends = 0;
    std::uint64_t retried_batches = 0;
    std::uint64_t follower_fetches = 0;
    std::uint64_t moved_partitions = 0;  // somebody was told that its leader is another
    std::uint64_t pipelined_sends = 0;   // with another of the same partition in flight
    std::uint64_t reset_producers = 0;
    std::uint64_t damaged_requests = 0;  // refused with CORRUPT_MESSAGE after a bit had flipped
    std::uint64_t damaged_answers = 0;   // of a fetch, noticed by a checksum
};

/// A topic made or deleted during the run; what was answered must hold at the end (M1, M7).
struct ExtraTopic {
    std::string name;
    std::int32_t partitions = 1;
    bool creation_acknowledged = false;
    bool deletion_asked = false;
    bool deletion_acknowledged = false;
    protocol::TopicId id;
};

struct Workload {
    Workload(const simulated::Plan& run_plan, Judge& run_judge,
             const simulated::NetworkFabric& network)
        : plan(run_plan), judge(run_judge), flips(network) {}

    [[nodiscard]] std::int64_t setting(const std::string& key) const {
        return plan.workload.at(key);
    }

    /// Zero when the plan does not say.
    [[nodiscard]] std::int64_t optional_setting(const std::string& key) const {
        const auto it = plan.workload.find(key);
        return it == plan.workload.end() ? 0 : it->second;
    }
    void note(const std::string& client, std::string_view what) {
        const std::string& purpose = purposes[client];
        doing[client] = purpose.empty() ? std::string(what) : fmt::format("{} ({})", what, purpose);
    }

    const simulated::Plan& plan;
    Judge& judge;
    FlipLedger flips;
    /// The machine that each client runs on, by the client's name.
    std::map<std::string, std::string> machines;
    /// Where clients reach each broker, by its id less one.
    std::vector<Endpoint> brokers;
    /// Of each topic. With one, an answer to acks=1 is a promise; with more it is none.
    std::int16_t replication_factor = 1;
    std::vector<PartitionUnderTest> partitions;
    std::map<std::string, protocol::TopicId> topic_ids;
    std::vector<ExtraTopic> extra_topics;
    Phase phase = Phase::faults;
    bool topics_made = false;
    int producers_left = 0;
    int consumers_left = 0;
    bool admin_done = false;
    bool drained = false;
    /// Told that a broker, by its place, is being asked for metadata; gives who is to be told of
    /// the answer. May be empty.
    using MetadataAnswered = std::function<void(const protocol::MetadataResponse&)>;
    std::function<MetadataAnswered(std::size_t)> metadata_asked;
    /// Told that a broker, by its place, is asked to append; gives who is to be told of the last
    /// offset that it acknowledges. May be empty.
    using SendAcknowledged = std::function<void(std::int16_t acks, std::int64_t last_offset)>;
    std::function<SendAcknowledged(const PartitionUnderTest&, std::size_t)> send_asked;
    /// Told of each low watermark that DeleteRecords was answered with; may be empty.
    std::function<void(const PartitionUnderTest&, std::int64_t)> low_watermark_answered;
    Counts counts;
    /// Of the clients, which all work on one thread.
    records::CodecContexts codec_contexts;
    std::uint64_t acknowledged_floor = 0;
    /// What each client does now, by its name, and what for.
    std::map<std::string, std::string> doing;
    std::map<std::string, std::string> purposes;
};

/// The size of a value that no batch may hold (P6): by a little, as its bytes all take time.
[[nodiscard]] std::size_t oversized_value_bytes(const simulated::Plan& plan);
/// The record that carries a value: the id, then bytes that follow from it, so that any damage
/// shows.
void fill_value(ValueId value, std::size_t size, std::vector<std::uint8_t>& out);
/// The id, if the bytes are what fill_value made.
[[nodiscard]] std::optional<ValueId> read_value(ByteSpan bytes);

// The clients; each returns when its work is done.
void run_admin(Workload& workload, Runtime& runtime);
void run_producer(Workload& workload, Runtime& runtime, std::uint32_t producer);
void run_consumer(Workload& workload, Runtime& runtime, std::uint32_t consumer);
/// Deletes a topic and makes it again, over and over: plans with `recreations = 1`.
void run_recreator(Workload& workload, Runtime& runtime);
/// After everything else: reads every partition from its start and holds the end state against what
/// was answered.
void run_drain(Workload& workload, Runtime& runtime);

}  // namespace gregor::scenarios::clients
