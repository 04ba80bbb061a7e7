#include "broker/log/checkpoint_file.h"

#include <algorithm>
#include <charconv>

#include "sim/base/planted.h"

namespace gregor::log {

namespace {

/// The lines of a text, one after the other, without their ends ("\n" or "\r\n").
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}

    [[nodiscard]] std::optional<std::string_view> next() {
        if (rest_.empty()) return std::nullopt;
        const std::size_t end = rest_.find('\n');
        std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

private:
    std::string_view rest_;
};

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Cuts the last word off `line`.
std::string_view take_last_word(std::string_view& line) {
    const std::size_t space = line.rfind(' ');
    if (space == std::string_view::npos) return std::exchange(line, {});
    const std::string_view word = line.substr(space + 1);
    line = line.substr(0, space);
    return word;
}

/// The version line 0 and the count; nothing if they are not there.
std::optional<std::int32_t> parse_preamble(Lines& lines) {
    const auto version = lines.next();
    if (!version || parse_number<std::int32_t>(*version) != 0) return std::nullopt;
    const auto count_line = lines.next();
    if (!count_line) return std::nullopt;
    const auto count = parse_number<std::int32_t>(*count_line);
    if (!count || *count < 0) return std::nullopt;
    return count;
}

bool only_blank_lines_left(Lines& lines) {
    while (const auto line = lines.next()) {
        if (!line->empty()) return false;
    }
    return true;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string join_path(std::string_view folder, std::string_view name) {
    if (folder.empty()) return std::string(name);
    return fmt::format("{}/{}", folder, name);
}

Result<void, IoError> write_file_atomically(Disk& disk, std::string_view folder,
                                            std::string_view name, const Bytes& content) {
    const std::string path = join_path(folder, name);
    const std::string temporary = path + std::string(kTemporarySuffix);
    {
        const FileRef file = TRY(disk.open(temporary, OpenMode::create));
        TRY(file->truncate(0));
        TRY(file->write(0, content));
        if (!PLANTED(b45_rename_before_fsync)) TRY(file->sync());
    }
    TRY(disk.rename(temporary, path));
    return disk.sync_dir(folder);
}

Result<void, IoError> create_folder_durably(Disk& disk, const std::string& path) {
    if (path.empty() || path == "/") return {};
    const std::size_t slash = path.rfind('/');
    const std::string parent =
        slash == std::string::npos ? "" : path.substr(0, std::max<std::size_t>(slash, 1));
    const bool existed = TRY(disk.exists(path));
    if (!existed) {
        TRY(create_folder_durably(disk, parent));
        TRY(disk.create_directories(path));
    }
    // Also when it is there: who made it may have failed before this. Who may not read the folder
    // above did not make it.
    const auto synced = disk.sync_dir(parent);
    if (!synced && existed && synced.error() == IoError::permission_denied) return {};
    return synced;
}

Result<std::optional<Bytes>, IoError> read_file_if_there(Disk& disk, std::string_view path) {
    auto content = read_file(disk, path);
    if (content) return std::optional<Bytes>(*std::move(content));
    if (content.error() == IoError::not_found) return std::optional<Bytes>();
    return fail(content.error());
}

std::string format_offset_checkpoint(const OffsetCheckpoint& offsets) {
    std::string text = fmt::format("0\n{}\n", offsets.size());
    for (const auto& [partition, offset] : offsets) {
        text += fmt::format("{} {} {}\n", partition.topic, partition.partition, offset);
    }
    return text;
}

std::optional<OffsetCheckpoint> parse_offset_checkpoint(std::string_view text) {
    Lines lines(text);
    const auto count = parse_preamble(lines);
    if (!count) return std::nullopt;
    OffsetCheckpoint offsets;
    for (std::int32_t i = 0; i < *count; ++i) {
        const auto line = lines.next();
        if (!line) return std::nullopt;
        std::string_view rest = *line;
        const auto offset = parse_number<std::int64_t>(take_last_word(rest));
        const auto partition = parse_number<std::int32_t>(take_last_word(rest));
        if (!offset || !partition || rest.empty()) return std::nullopt;
        offsets.insert_or_assign(TopicPartition{std::string(rest), *partition}, Offset(*offset));
    }
    if (!only_blank_lines_left(lines)) return std::nullopt;
    return offsets;
}

std::string format_epoch_checkpoint(const std::vector<EpochEntry>& entries) {
    std::string text = fmt::format("0\n{}\n", entries.size());
    for (const EpochEntry& entry : entries) {
        text += fmt::format("{} {}\n", entry.epoch, entry.start_offset);
    }
    return text;
}

std::optional<std::vector<EpochEntry>> parse_epoch_checkpoint(std::string_view text) {
    Lines lines(text);
    const auto count = parse_preamble(lines);
    if (!count) return std::nullopt;
    std::vector<EpochEntry> entries;
    for (std::int32_t i = 0; i < *count; ++i) {
        const auto line = lines.next();
        if (!line) return std::nullopt;
        std::string_view rest = *line;
        const auto offset = parse_number<std::int64_t>(take_last_word(rest));
        const auto epoch = parse_number<std::int32_t>(rest);
        if (!offset || !epoch || *offset < 0 || *epoch < 0) return std::nullopt;
        entries.push_back({LeaderEpoch(*epoch), Offset(*offset)});
    }
    if (!only_blank_lines_left(lines)) return std::nullopt;
    return entries;
}

std::string format_partition_metadata(const protocol::TopicId& topic_id) {
    return fmt::format("version: 0\ntopic_id: {}", topic_id);
}

std::optional<protocol::TopicId> parse_partition_metadata(std::string_view text) {
    Lines lines(text);
    const auto version = lines.next();
    if (!version || *version != "version: 0") return std::nullopt;
    const auto line = lines.next();
    constexpr std::string_view kKey = "topic_id: ";
    if (!line || !line->starts_with(kKey)) return std::nullopt;
    const auto topic_id = protocol::parse_uuid(line->substr(kKey.size()));
    if (!topic_id || topic_id->is_zero()) return std::nullopt;
    return topic_id;
}

std::string format_meta_properties(const MetaProperties& properties) {
    std::string text = "#\n";
    if (properties.node_id) text += fmt::format("node.id={}\n", *properties.node_id);
    if (properties.directory_id) {
        text += fmt::format("directory.id={}\n", *properties.directory_id);
    }
    text += fmt::format("version=1\ncluster.id={}\n", properties.cluster_id);
    return text;
}

std::optional<MetaProperties> parse_meta_properties(std::string_view text) {
    Lines lines(text);
    MetaProperties properties;
    std::optional<int> version;
    while (const auto line = lines.next()) {
        const std::string_view entry = trimmed(*line);
        if (entry.empty() || entry.starts_with('#') || entry.starts_with('!')) continue;
        const std::size_t equals = entry.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const std::string_view key = trimmed(entry.substr(0, equals));
        const std::string_view value = trimmed(entry.substr(equals + 1));
        if (key == "version") {
            version = parse_number<int>(value);
        } else if (key == "cluster.id") {
            properties.cluster_id = value;
        } else if (key == "node.id" || key == "broker.id") {
            const auto id = parse_number<std::int32_t>(value);
            if (!id) return std::nullopt;
            properties.node_id = protocol::NodeId(*id);
        } else if (key == "directory.id") {
            properties.directory_id = protocol::parse_uuid(value);
            if (!properties.directory_id) return std::nullopt;
        }
    }
    if (!version || *version < 0 || *version > 1) return std::nullopt;
    return properties;
}

std::string format_clean_shutdown(std::int64_t broker_epoch) {
    return fmt::format("{{\"version\":0,\"brokerEpoch\":{}}}", broker_epoch);
}

std::optional<std::int64_t> parse_clean_shutdown(std::string_view text) {
    // Before KIP-966 the file was empty: a clean shutdown all the same.
    if (text.empty()) return -1;
    constexpr std::string_view kKey = "\"brokerEpoch\":";
    const std::size_t key = text.find(kKey);
    if (key == std::string_view::npos) return std::nullopt;
    std::string_view rest = text.substr(key + kKey.size());
    rest = trimmed(rest.substr(0, rest.find_first_of(",}")));
    return parse_number<std::int64_t>(rest);
}

}  // namespace gregor::log
