#include "scenarios/checkers/anomalies/json_line.h"

#include <fmt/format.h>

#include <charconv>

#include "sim/base/check.h"

namespace gregor::scenarios {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& into, std::uint32_t point) {
    const auto tail = [&](int shift) {
        into.push_back(static_cast<char>(0x80U | (point >> shift & 0x3FU)));
    };
    if (point < 0x80) {
        into.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
        into.push_back(static_cast<char>(0xC0U | point >> 6));
        tail(0);
    } else if (point < 0x10000) {
        into.push_back(static_cast<char>(0xE0U | point >> 12));
        tail(6);
        tail(0);
    } else {
        into.push_back(static_cast<char>(0xF0U | point >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

}  // namespace

JsonKeys::JsonKeys(const std::vector<std::string_view>& keys) : size_(keys.size()) {
    CHECK(keys.size() < 128);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        std::size_t at = hash(keys[i]);
        while (places_[at].index >= 0) at = (at + 1) % kPlaces;
        places_[at] = {keys[i], static_cast<int>(i)};
    }
}

Result<void, std::string> JsonLine::parse(std::string_view line) {
    for (const std::size_t key : seen_) values_[key] = {};
    seen_.clear();
    unescaped_.clear();
    at_ = line.data();
    end_ = line.data() + line.size();
    const auto not_an_object = [] { return fail(std::string("it is no JSON object")); };
    if (!take('{')) return not_an_object();
    for (bool is_first = true; !take('}'); is_first = false) {
        if (!is_first && !take(',')) return not_an_object();
        skip_space();
        std::string_view name;
        JsonValue ignored;
        if (!string(name) || !take(':')) return not_an_object();
        const auto key = keys_.find(name);
        if (key && values_[*key].kind != JsonValue::Kind::none) {
            return fail(fmt::format("\"{}\" stands twice", name));
        }
        if (!value(key ? values_[*key] : ignored, 0)) return not_an_object();
        if (key) seen_.push_back(*key);
    }
    skip_space();
    if (at_ != end_) return not_an_object();
    return {};
}

std::vector<JsonValue> JsonLine::items(const JsonValue& list) {
    std::vector<JsonValue> found;
    items(list, found);
    return found;
}

void JsonLine::items(const JsonValue& list, std::vector<JsonValue>& into) {
    into.clear();
    at_ = list.text.data() + 1;
    end_ = list.text.data() + list.text.size();
    for (bool is_first = true; !take(']'); is_first = false) {
        if (!is_first) CHECK(take(','));
        CHECK(value(into.emplace_back(), 1), "the list was parsed before");
    }
}

bool JsonLine::value(JsonValue& into, int depth) {
    skip_space();
    if (at_ == end_ || depth > kDeepest) return false;
    switch (*at_) {
        case '"': into.kind = JsonValue::Kind::string; return string(into.text);
        case 't':
        case 'f':
            into.kind = JsonValue::Kind::truth;
            into.truth = *at_ == 't';
            return word(into.truth ? "true" : "false");
        case 'n': into.kind = JsonValue::Kind::null; return word("null");
        case '[':
        case '{': {
            const char* begin = at_;
            const bool is_object = *at_ == '{';
            into.kind = is_object ? JsonValue::Kind::object : JsonValue::Kind::list;
            ++at_;
            if (!nested(is_object ? '}' : ']', is_object, depth + 1)) return false;
            into.text = {begin, static_cast<std::size_t>(at_ - begin)};
            return true;
        }
        default: return number(into);
    }
}

bool JsonLine::nested(char close, bool is_object, int depth) {
    for (bool is_first = true; !take(close); is_first = false) {
        if (!is_first && !take(',')) return false;
        skip_space();
        std::string_view name;
        if (is_object && (!string(name) || !take(':'))) return false;
        JsonValue ignored;
        if (!value(ignored, depth)) return false;
    }
    return true;
}

bool JsonLine::word(std::string_view text) {
    const auto left = static_cast<std::size_t>(end_ - at_);
    if (left < text.size() || std::string_view(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
}

bool JsonLine::string(std::string_view& into) {
    if (at_ == end_ || *at_ != '"') return false;
    const char* begin = ++at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\') {
        if (static_cast<unsigned char>(*at_) < 0x20) return false;
        ++at_;
    }
    if (at_ == end_) return false;
    if (*at_ == '\\') return escaped_string(into, begin);
    into = {begin, static_cast<std::size_t>(at_ - begin)};
    ++at_;
    return true;
}

bool JsonLine::escaped_string(std::string_view& into, const char* begin) {
    std::string& text = unescaped_.emplace_back(begin, at_);
    while (at_ != end_ && *at_ != '"') {
        if (static_cast<unsigned char>(*at_) < 0x20) return false;
        if (*at_ != '\\') {
            text.push_back(*at_++);
        } else if (++at_; !escape(text)) {
            return false;
        }
    }
    if (at_ == end_) return false;
    ++at_;
    into = text;
    return true;
}

bool JsonLine::escape(std::string& into) {
    if (at_ == end_) return false;
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const char name = *at_++;
    if (const auto found = kNames.find(name); found != std::string_view::npos) {
        into.push_back(kMeant[found]);
        return true;
    }
    std::uint32_t point = 0;
    if (name != 'u' || !code_unit(point)) return false;
    if (point >= 0xDC00 && point < 0xE000) return false;
    if (point >= 0xD800 && point < 0xDC00) {
        std::uint32_t low = 0;
        if (!word("\\u") || !code_unit(low) || low < 0xDC00 || low >= 0xE000) return false;
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(into, point);
    return true;
}

bool JsonLine::code_unit(std::uint32_t& into) {
    if (end_ - at_ < 4) return false;
    const auto [stop, error] = std::from_chars(at_, at_ + 4, into, 16);
    if (error != std::errc{} || stop != at_ + 4) return false;
    at_ = stop;
    return true;
}

bool JsonLine::digits() {
    if (at_ == end_ || !is_digit(*at_)) return false;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
}

bool JsonLine::number(JsonValue& into) {
    const char* begin = at_;
    if (*at_ == '-') ++at_;
    const char* first = at_;
    if (!digits()) return false;
    if (*first == '0' && at_ - first > 1) return false;
    bool is_whole = true;
    if (at_ != end_ && *at_ == '.') {
        is_whole = false;
        ++at_;
        if (!digits()) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
        is_whole = false;
        ++at_;
        if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
        if (!digits()) return false;
    }
    into.text = {begin, static_cast<std::size_t>(at_ - begin)};
    into.kind = JsonValue::Kind::decimal;
    if (is_whole && std::from_chars(begin, at_, into.integer).ec == std::errc{}) {
        into.kind = JsonValue::Kind::integer;
    }
    return true;
}

}  // namespace gregor::scenarios
