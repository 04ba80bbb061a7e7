#include "broker/server/config_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <vector>

#include "broker/log/log_config.h"

namespace gregor::server {
namespace {

constexpr ConfigKey kKeys[] = {
#define ACTED(key, key_type, default_text, ...)                \
    {.name = key,                                              \
     .type = ConfigType::key_type,                             \
     .default_value = default_text __VA_OPT__(, ) __VA_ARGS__, \
     .acted_on = true},
#define NOTED(key, key_type, default_text, ...) \
    {.name = key,                               \
     .type = ConfigType::key_type,              \
     .default_value = default_text __VA_OPT__(, ) __VA_ARGS__},
#include "broker/server/config_keys.def"
#undef ACTED
#undef NOTED
};
static_assert(std::ranges::is_sorted(kKeys, {}, &ConfigKey::name));

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

/// A suggestion further away than this is none.
constexpr std::size_t kFarthestSuggestion = 12;

/// Levenshtein's: insertions, deletions and replacements.
std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
        }
    }
    return row.back();
}

bool is_one_of(std::string_view value, std::string_view allowed) {
    while (!allowed.empty()) {
        const std::size_t end = std::min(allowed.find('|'), allowed.size());
        if (allowed.substr(0, end) == value) return true;
        allowed.remove_prefix(std::min(end + 1, allowed.size()));
    }
    return false;
}

std::optional<std::string> refuse_integer(const ConfigKey& key, std::string_view value) {
    const std::optional<std::int64_t> number = parse_integer(value);
    if (!number) return fmt::format("{} = '{}' is not a number", key.name, value);
    std::int64_t min = key.min;
    std::int64_t max = key.max;
    if (key.type == ConfigType::int32) {
        min = std::max<std::int64_t>(min, std::numeric_limits<std::int32_t>::min());
        max = std::min<std::int64_t>(max, std::numeric_limits<std::int32_t>::max());
    } else if (key.type == ConfigType::int16) {
        min = std::max<std::int64_t>(min, std::numeric_limits<std::int16_t>::min());
        max = std::min<std::int64_t>(max, std::numeric_limits<std::int16_t>::max());
    }
    if (*number < min) return fmt::format("{} = {} is below {}", key.name, *number, min);
    if (*number > max) return fmt::format("{} = {} is above {}", key.name, *number, max);
    return std::nullopt;
}

bool is_decimal(std::string_view text) {
    const std::size_t exponent = text.find_first_of("eE");
    const std::string_view mantissa = text.substr(0, exponent);
    std::size_t digits = 0;
    std::size_t points = 0;
    for (std::size_t i = 0; i < mantissa.size(); ++i) {
        const char c = mantissa[i];
        if (c >= '0' && c <= '9') {
            ++digits;
        } else if (c == '.') {
            ++points;
        } else if (i != 0 || (c != '-' && c != '+')) {
            return false;
        }
    }
    if (digits == 0 || points > 1) return false;
    return exponent == std::string_view::npos ||
           parse_integer(text.substr(exponent + 1)).has_value();
}

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

const ConfigKey* find_config_key(std::string_view name) {
    const auto* found = std::ranges::lower_bound(kKeys, name, {}, &ConfigKey::name);
    return found != std::end(kKeys) && found->name == name ? found : nullptr;
}

std::string_view topic_key_of(std::string_view broker_name) {
    if (broker_name.empty()) return {};
    for (const log::LogConfigKey& key : log::log_config_keys()) {
        if (key.broker_name == broker_name) return key.name;
    }
    return {};
}

bool is_prefixed_key(std::string_view name) { return name.starts_with("listener.name."); }

std::string_view nearest_config_key(std::string_view name) {
    std::string_view nearest;
    std::size_t distance = std::min(kFarthestSuggestion, name.size() / 2) + 1;
    const auto consider = [&](std::string_view candidate) {
        if (candidate.empty()) return;
        const std::size_t edits = edit_distance(name, candidate);
        if (edits < distance) {
            distance = edits;
            nearest = candidate;
        }
    };
    for (const ConfigKey& key : kKeys) consider(key.name);
    for (const log::LogConfigKey& key : log::log_config_keys()) consider(key.broker_name);
    return nearest;
}

std::optional<std::string> refuse_value(const ConfigKey& key, std::string_view value) {
    switch (key.type) {
        case ConfigType::boolean: {
            const std::string text = lower_case(trimmed(value));
            if (text == "true" || text == "false") break;
            return fmt::format("{} = '{}' is neither true nor false", key.name, value);
        }
        case ConfigType::int32:
        case ConfigType::int16:
        case ConfigType::int64: return refuse_integer(key, value);
        case ConfigType::decimal:
            if (!is_decimal(trimmed(value))) {
                return fmt::format("{} = '{}' is not a number", key.name, value);
            }
            break;
        case ConfigType::list:
        case ConfigType::string:
        case ConfigType::class_name:
        case ConfigType::password: break;
    }
    if (key.allowed.empty() || key.type == ConfigType::boolean) return std::nullopt;
    std::string_view rest = value;
    while (!rest.empty()) {
        const std::size_t end =
            key.type == ConfigType::list ? std::min(rest.find(','), rest.size()) : rest.size();
        const std::string_view element = trimmed(rest.substr(0, end));
        if (!is_one_of(element, key.allowed)) {
            return fmt::format("{} = '{}': '{}' is not one of {}", key.name, value, element,
                               key.allowed);
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n\f";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace gregor::server
