#include "broker/replication/throttled_replicas.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace gregor::replication {
namespace {

std::optional<std::int32_t> parse_number(std::string_view text) {
    std::int32_t number = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc{} || end != last) return std::nullopt;
    return number;
}

}  // namespace

bool is_throttled_replica(std::string_view list, std::int32_t partition, protocol::NodeId broker) {
    if (list == "*") return true;
    for (std::size_t from = 0; from < list.size();) {
        const std::size_t comma = std::min(list.find(',', from), list.size());
        const std::string_view part = list.substr(from, comma - from);
        const std::size_t colon = std::min(part.find(':'), part.size());
        if (parse_number(part.substr(0, colon)) == partition && colon < part.size() &&
            parse_number(part.substr(colon + 1)) == broker.value()) {
            return true;
        }
        from = comma + 1;
    }
    return false;
}

}  // namespace gregor::replication
