// kafka-dump-log.sh: what a partition's files hold, in its format.
//
// By the name's end: .log, .checkpoint (a snapshot of the metadata), .index, .timeindex, .txnindex,
// .snapshot (of producers). A .log without --deep-iteration is a line a batch; with it, or with
// --print-data-log or a decoder, a line a record, too. Nothing is written.
#include <memory>

#include "broker/protocol/any_message.h"
#include "broker/protocol/messages/producer_snapshot.h"
#include "broker/protocol/metadata_frame.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/control_record.h"
#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

constexpr std::size_t kMaxUncompressedBatch = 1024UL * 1024 * 1024;
constexpr std::size_t kOffsetEntry = 8;
constexpr std::size_t kTimeEntry = 12;
constexpr std::size_t kTransactionEntry = 34;
constexpr std::int16_t kSnapshotVersion = 1;

struct Options {
    std::vector<std::string> files;
    bool print_data = false;
    bool deep = false;
    bool metadata = false;

    [[nodiscard]] bool wants_records() const { return print_data || deep || metadata; }
};

/// Big-endian integers one after the other.
template <class Integer>
Integer take(ByteSpan& bytes) {
    const auto value = protocol::detail::load_big_endian<Integer>(bytes.data());
    bytes = bytes.subspan(sizeof(Integer));
    return value;
}

std::string text_of(ByteSpan bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view codec_name(const records::BatchHeader& header) {
    const auto codec = header.codec();
    return codec ? records::name_of(*codec) : "unknown";
}

std::string_view time_name(const records::BatchHeader& header) {
    return header.timestamp_type() == records::TimestampType::log_append_time ? "LogAppendTime"
                                                                              : "CreateTime";
}

void print_batch(const records::BatchView& batch, std::size_t position) {
    const records::BatchHeader& header = batch.header;
    const std::int32_t last_sequence = header.last_sequence();
    fmt::print(
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} "
        "producerEpoch: {} partitionLeaderEpoch: {} isTransactional: {} isControl: {} "
        "deleteHorizonMs: {} position: {} {}: {} size: {} magic: {} compresscodec: {} crc: {} "
        "isvalid: {}\n",
        header.base_offset, header.last_offset(), header.record_count, header.base_sequence,
        last_sequence, header.producer_id, header.producer_epoch, header.partition_leader_epoch,
        header.is_transactional(), header.is_control(),
        header.delete_horizon_ms() ? fmt::format("OptionalLong[{}]", *header.delete_horizon_ms())
                                   : "OptionalLong.empty",
        position, time_name(header), header.max_timestamp, header.size_in_bytes(), header.magic,
        codec_name(header), header.crc, batch.has_valid_crc());
}

/// "{"type":"TopicRecord","version":0,"data":{…}}", or what is wrong with it.
std::string metadata_record(ByteSpan value) {
    const auto frame = protocol::decode_metadata_frame(Bytes::copy_of(value));
    if (!frame) return "Error: not a metadata record";
    const auto* type =
        protocol::find_message_type(protocol::MessageKind::metadata_record, frame->id);
    if (type == nullptr) return fmt::format("Error: unknown metadata record id {}", frame->id);
    protocol::Reader reader(frame->body);
    const auto message = protocol::AnyMessage::decode(*type, reader, frame->version);
    if (!message) return fmt::format("Error: a {} that cannot be read", type->info.name);
    std::string name(type->info.name);
    return fmt::format(R"({{"type":"{}","version":{},"data":{}}})", name, frame->version,
                       message->to_json_text(frame->version));
}

std::string_view control_name(const records::RecordView& record) {
    const auto type = records::control_record_type(record);
    if (!type || !*type) return "UNKNOWN";
    switch (**type) {
        case records::ControlRecordType::abort: return "ABORT";
        case records::ControlRecordType::commit: return "COMMIT";
        case records::ControlRecordType::leader_change: return "LEADER_CHANGE";
        case records::ControlRecordType::snapshot_header: return "SNAPSHOT_HEADER";
        case records::ControlRecordType::snapshot_footer: return "SNAPSHOT_FOOTER";
        case records::ControlRecordType::kraft_version: return "KRAFT_VERSION";
        case records::ControlRecordType::kraft_voters: return "KRAFT_VOTERS";
    }
    return "UNKNOWN";
}

void print_record(const records::RecordView& record, const records::BatchHeader& batch,
                  const Options& options) {
    std::vector<std::string> header_keys;
    record.headers.for_each([&header_keys](const records::RecordHeader& header) {
        header_keys.emplace_back(header.key);
    });
    fmt::print("| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]",
               record.offset, time_name(batch), record.timestamp,
               record.key ? static_cast<std::int64_t>(record.key->size()) : -1,
               record.value ? static_cast<std::int64_t>(record.value->size()) : -1, record.sequence,
               fmt::join(header_keys, ","));
    if (batch.is_control()) {
        fmt::print(" controlType: {}", control_name(record));
    } else if (options.metadata) {
        if (record.value) fmt::print(" payload: {}", metadata_record(*record.value));
    } else if (options.print_data) {
        if (record.key) fmt::print(" key: {}", text_of(*record.key));
        if (record.value) fmt::print(" payload: {}", text_of(*record.value));
    }
    fmt::print("\n");
}

bool print_records(const records::BatchView& batch, const Options& options) {
    auto reader = batch.open(kMaxUncompressedBatch);
    while (reader) {
        const auto record = reader->next();
        if (!record) return false;
        if (*record == nullptr) return true;
        print_record(**record, batch.header, options);
    }
    return false;
}

/// The offset that a segment's file is named after.
std::int64_t base_offset_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    std::int64_t offset = 0;
    for (const char c : path.substr(slash == std::string::npos ? 0 : slash + 1)) {
        if (c < '0' || c > '9') break;
        offset = offset * 10 + (c - '0');
    }
    return offset;
}

/// Whole batches from the start; what follows the last one is told.
bool dump_log(const std::string& path, const Bytes& bytes, const Options& options) {
    const bool is_snapshot = path.ends_with(".checkpoint");
    fmt::print("{}: {}\n", is_snapshot ? "Snapshot end offset" : "Log starting offset",
               base_offset_of(path));
    records::BatchReader batches(bytes);
    for (;;) {
        const std::size_t position = batches.position();
        const auto batch = batches.next();
        if (!batch) {
            complain("{}: no batch at position {}", path, position);
            return false;
        }
        if (!*batch) break;
        print_batch(**batch, position);
        if (!options.wants_records()) continue;
        if (!(*batch)->has_valid_crc() || !print_records(**batch, options)) {
            complain("{}: the records of the batch at position {} cannot be read", path, position);
            return false;
        }
    }
    const std::size_t rest = bytes.size() - batches.position();
    if (rest > 0) fmt::print("Found {} invalid bytes at the end of {}\n", rest, path);
    return true;
}

void dump_offset_index(const std::string& path, ByteSpan bytes) {
    while (bytes.size() >= kOffsetEntry) {
        const auto relative = take<std::int32_t>(bytes);
        const auto position = take<std::int32_t>(bytes);
        if (relative == 0 && position == 0) return;  // space made ahead
        fmt::print("offset: {} position: {}\n", base_offset_of(path) + relative, position);
    }
}

void dump_time_index(const std::string& path, ByteSpan bytes) {
    while (bytes.size() >= kTimeEntry) {
        const auto timestamp = take<std::int64_t>(bytes);
        const auto relative = take<std::int32_t>(bytes);
        if (timestamp == 0 && relative == 0) return;
        fmt::print("timestamp: {} offset: {}\n", timestamp, base_offset_of(path) + relative);
    }
}

void dump_transaction_index(ByteSpan bytes) {
    while (bytes.size() >= kTransactionEntry) {
        const auto version = take<std::int16_t>(bytes);
        const auto producer_id = take<std::int64_t>(bytes);
        const auto first_offset = take<std::int64_t>(bytes);
        const auto last_offset = take<std::int64_t>(bytes);
        const auto last_stable_offset = take<std::int64_t>(bytes);
        fmt::print(
            "version: {} producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}\n",
            version, producer_id, first_offset, last_offset, last_stable_offset);
    }
}

bool dump_producers(const std::string& path, const Bytes& bytes) {
    const bool is_ours =
        bytes.size() >= sizeof(kSnapshotVersion) &&
        protocol::detail::load_big_endian<std::int16_t>(bytes.data()) == kSnapshotVersion;
    if (is_ours) {
        const auto snapshot = protocol::decode<protocol::ProducerSnapshot>(
            bytes.suffix(sizeof(kSnapshotVersion)), kSnapshotVersion);
        if (snapshot) {
            for (const auto& entry : snapshot->producer_entries) {
                fmt::print(
                    "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: "
                    "{} lastTimestamp: {} firstSequence: {} lastSequence: {} lastOffset: {} "
                    "offsetDelta: {} timestamp: {}\n",
                    entry.producer_id, entry.epoch, entry.coordinator_epoch,
                    entry.current_txn_first_offset.value() < 0
                        ? "None"
                        : fmt::format("Some({})", entry.current_txn_first_offset),
                    entry.timestamp, entry.last_sequence - entry.offset_delta, entry.last_sequence,
                    entry.last_offset, entry.offset_delta, entry.timestamp);
            }
            return true;
        }
    }
    complain("{}: not a producer snapshot", path);
    return false;
}

bool dump_file(const std::string& path, const Bytes& bytes, const Options& options) {
    fmt::print("Dumping {}\n", path);
    if (path.ends_with(".log") || path.ends_with(".checkpoint")) {
        return dump_log(path, bytes, options);
    }
    if (path.ends_with(".snapshot")) return dump_producers(path, bytes);
    if (path.ends_with(".timeindex")) {
        dump_time_index(path, bytes);
    } else if (path.ends_with(".txnindex")) {
        dump_transaction_index(bytes);
    } else if (path.ends_with(".index")) {
        dump_offset_index(path, bytes);
    } else {
        complain("Ignoring unknown file {}", path);
    }
    return true;
}

int run(Runtime& runtime, const Options& options) {
    for (const std::string& path : options.files) {
        const auto bytes = read_file(runtime.disk(), path);
        if (!bytes) {
            complain("{}: {}", path, name(bytes.error()));
            return kFailed;
        }
        if (!dump_file(path, *bytes, options)) return kFailed;
    }
    return kDone;
}

}  // namespace

LocalAction add_log_dump(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.add_option("--files", options->files, "file,file")->required()->delimiter(',');
    command.add_flag("--print-data-log", options->print_data, "keys and values, too");
    command.add_flag("--deep-iteration", options->deep, "a line for each record");
    command.add_flag("--cluster-metadata-decoder", options->metadata,
                     "values are records of __cluster_metadata");
    return [options](Runtime& runtime) { return run(runtime, *options); };
}

}  // namespace gregor::cli
