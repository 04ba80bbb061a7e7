#include "broker/drivers/quorum_state_file.h"

#include <fmt/format.h>

#include <charconv>

#include "broker/log/checkpoint_file.h"

namespace gregor::drivers {
namespace {

/// The number behind `"name":`.
std::optional<std::int32_t> number_of(std::string_view text, std::string_view name) {
    const std::string key = fmt::format("\"{}\":", name);
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    const char* from = text.data() + at + key.size();
    const char* const last = text.data() + text.size();
    while (from != last && *from == ' ') ++from;
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(from, last, number);
    if (error != std::errc{} || end == last) return std::nullopt;
    return number;
}

/// The text in quotes behind `"name":`.
std::optional<std::string_view> text_of(std::string_view text, std::string_view name) {
    const std::string key = fmt::format("\"{}\":\"", name);
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + key.size());
    return text.substr(0, text.find('"'));
}

}  // namespace

std::string format_quorum_state(const protocol::QuorumStateData& state, std::int16_t version) {
    std::string text = protocol::to_json_text(state, version);
    text.pop_back();  // the closing brace
    return fmt::format(R"({},"data_version":{}}})", text, version);
}

std::optional<protocol::QuorumStateData> parse_quorum_state(std::string_view text) {
    const auto leader = number_of(text, "leaderId");
    const auto epoch = number_of(text, "leaderEpoch");
    const auto voted = number_of(text, "votedId");
    if (!leader || !epoch || !voted || *epoch < 0) return std::nullopt;
    protocol::QuorumStateData state{.leader_id = protocol::NodeId(*leader),
                                    .leader_epoch = protocol::LeaderEpoch(*epoch),
                                    .voted_id = protocol::NodeId(*voted)};
    if (const auto directory = text_of(text, "votedDirectoryId")) {
        const auto id = protocol::parse_uuid(*directory);
        if (!id) return std::nullopt;
        state.voted_directory_id = *id;
    }
    return state;
}

Result<std::optional<protocol::QuorumStateData>, log::StorageError> read_quorum_state(
    Disk& disk, const std::string& folder) {
    const std::string path = log::join_path(folder, kQuorumStateName);
    const std::optional<Bytes> text = TRY(log::read_file_if_there(disk, path));
    if (!text) return std::nullopt;
    const auto state = parse_quorum_state(text->text());
    if (!state) return fail(log::StorageError(path + " is damaged"));
    return state;
}

Result<void, IoError> write_quorum_state(Disk& disk, const std::string& folder,
                                         const protocol::QuorumStateData& state,
                                         std::int16_t version) {
    return log::write_file_atomically(disk, folder, kQuorumStateName,
                                      Bytes::copy_of(format_quorum_state(state, version)));
}

}  // namespace gregor::drivers
