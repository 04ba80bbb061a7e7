#include "scenarios/platter.h"

#include "broker/protocol/records/batch_reader.h"

namespace gregor::scenarios {
namespace {

/// Loses everything that was not synced.
class LoseAll final : public simulated::CrashPolicy {
public:
    std::vector<bool> sectors_kept(std::string_view, std::size_t, std::size_t,
                                   std::size_t sectors) override {
        return std::vector<bool>(sectors, false);
    }
    std::size_t changes_kept(std::string_view, std::size_t) override { return 0; }
};

/// "data/t0-1/00000000000000000042.log": the directory's name and the base offset.
struct SegmentPath {
    std::string directory;
    std::int64_t base_offset = 0;
};

std::optional<SegmentPath> parse_path(std::string_view path) {
    constexpr std::string_view kSuffix = ".log";
    constexpr std::size_t kDigits = 20;
    if (!path.ends_with(kSuffix)) return std::nullopt;
    path.remove_suffix(kSuffix.size());
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || path.size() - slash - 1 != kDigits) return std::nullopt;
    std::int64_t base = 0;
    for (const char digit : path.substr(slash + 1)) base = base * 10 + (digit - '0');
    const std::string_view directory = path.substr(0, slash);
    const std::size_t above = directory.rfind('/');
    const std::string_view name =
        above == std::string_view::npos ? directory : directory.substr(above + 1);
    // A directory on its way in or out carries a suffix behind the partition's number.
    for (const std::string_view suffix : {"-delete", "-stray", "-future"}) {
        if (name.ends_with(suffix)) return std::nullopt;
    }
    return SegmentPath{std::string(name), base};
}

void read_segment(const Bytes& content, const std::string& path, PartitionOnDisk& partition,
                  std::int32_t& epoch) {
    records::BatchReader reader(content);
    for (;;) {
        const std::size_t position = reader.position();
        const auto batch = reader.next();
        if (!batch || !*batch) {
            if (position < content.size()) {
                partition.damage = fmt::format("a broken batch in {} at {}", path, position);
            }
            return;
        }
        const records::BatchHeader& header = (*batch)->header;
        if (!(*batch)->has_valid_crc() || header.base_offset != partition.end) {
            partition.damage = fmt::format("a bad batch in {} at {}", path, position);
            return;
        }
        if (header.partition_leader_epoch < epoch) {
            partition.epoch_fall =
                fmt::format("offset {} has epoch {} after epoch {}", header.base_offset,
                            header.partition_leader_epoch, epoch);
        }
        epoch = header.partition_leader_epoch;
        partition.end = header.last_offset() + 1;
        partition.batches.push_back({.base_offset = header.base_offset,
                                     .leader_epoch = header.partition_leader_epoch,
                                     .attributes = header.attributes,
                                     .crc = header.crc,
                                     .size = (*batch)->bytes.size()});
    }
}

}  // namespace

std::map<std::string, PartitionOnDisk> read_partitions(const simulated::DiskStore& store) {
    std::map<std::string, PartitionOnDisk> partitions;
    std::map<std::string, std::int32_t> epochs;
    for (const auto& [path, file] : store.files()) {  // by path: segments in order
        const auto segment = parse_path(path);
        if (!segment) continue;
        const auto [it, is_first] = partitions.try_emplace(segment->directory);
        PartitionOnDisk& partition = it->second;
        if (is_first) {
            partition.log_start = segment->base_offset;
            partition.end = segment->base_offset;
            epochs[segment->directory] = -1;
        }
        if (!partition.damage.empty()) continue;
        if (segment->base_offset != partition.end) {
            partition.damage = fmt::format("{} does not begin at {}", path, partition.end);
            continue;
        }
        read_segment(file->read(0, file->size()), path, partition, epochs[segment->directory]);
    }
    return partitions;
}

std::map<std::string, PartitionOnDisk> read_durable_partitions(const simulated::DiskStore& store) {
    const auto copy = store.clone();
    LoseAll policy;
    copy->crash(policy);
    return read_partitions(*copy);
}

}  // namespace gregor::scenarios
