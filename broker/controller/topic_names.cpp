#include "broker/controller/topic_names.h"

#include <fmt/format.h>

#include <algorithm>

namespace gregor::controller {
namespace {

bool is_legal(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

std::optional<std::string> find_fault(std::string_view name) {
    if (name.empty()) return "the empty string is not allowed";
    if (name == ".") return "'.' is not allowed";
    if (name == "..") return "'..' is not allowed";
    if (name.size() > kMaxTopicNameLength) {
        return fmt::format("the length of '{}' is longer than the max allowed length {}", name,
                           kMaxTopicNameLength);
    }
    if (std::ranges::all_of(name, is_legal)) return std::nullopt;
    return fmt::format(
        "'{}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        name);
}

}  // namespace

std::optional<std::string> find_topic_name_fault(std::string_view name) {
    const auto fault = find_fault(name);
    if (!fault) return std::nullopt;
    return "Topic name is invalid: " + *fault;
}

bool has_collision_chars(std::string_view name) {
    return name.find_first_of("._") != std::string_view::npos;
}

std::string unify_collision_chars(std::string_view name) {
    std::string unified(name);
    std::ranges::replace(unified, '.', '_');
    return unified;
}

bool is_internal_topic(std::string_view name) {
    return name == "__consumer_offsets" || name == "__transaction_state" ||
           name == "__share_group_state";
}

}  // namespace gregor::controller
