#include "broker/rpc/api_events.h"

#include <map>
#include <string>

namespace gregor::rpc {
namespace {

/// "ListOffsets" to "list_offsets".
std::string snake_case(std::string_view name) {
    std::string result;
    for (const char c : name) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        if (is_upper && !result.empty()) result += '_';
        result += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return result;
}

class EventTable {
public:
    explicit EventTable(std::string_view suffix) : unknown_("unknown_api" + std::string(suffix)) {
        for (const protocol::ApiInfo& api : protocol::apis()) {
            names_[api.key] = snake_case(api.name) + std::string(suffix);
        }
        for (const auto& [key, text] : names_) {
            events_.emplace(key, EventName(std::string_view(text)));
        }
    }

    [[nodiscard]] EventName at(protocol::ApiKey key) const {
        const auto found = events_.find(key);
        return found == events_.end() ? EventName(std::string_view(unknown_)) : found->second;
    }

private:
    std::map<protocol::ApiKey, std::string> names_;
    std::map<protocol::ApiKey, EventName> events_;
    std::string unknown_;
};

}  // namespace

EventName received_event(protocol::ApiKey key) {
    static const EventTable table("_received");
    return table.at(key);
}

EventName answered_event(protocol::ApiKey key) {
    static const EventTable table("_answered");
    return table.at(key);
}

}  // namespace gregor::rpc
