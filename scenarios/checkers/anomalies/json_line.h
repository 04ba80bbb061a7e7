// JsonLine: one line of JSON (RFC 8259), an object whose members are wanted by known keys. A
// history has one for each operation, so nothing is allocated for a line without escapes, and
// members that nobody knows are checked and skipped.
//
// Pure; the line must outlive what is read from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/result.h"

namespace gregor::scenarios {

/// A value; lists and objects stay as their text.
struct JsonValue {
    enum class Kind : std::uint8_t {
        none,  // there is no such member
        null,
        truth,
        string,
        integer,  // that fits 64 bits
        decimal,  // any other number, as text
        list,
        object,
    };
    Kind kind = Kind::none;
    bool truth = false;
    std::int64_t integer = 0;
    std::string_view text;

    /// Neither missing nor null.
    [[nodiscard]] bool is_given() const { return kind != Kind::none && kind != Kind::null; }
};

/// The keys that are wanted, at most 127, each with its place in the list.
class JsonKeys {
public:
    explicit JsonKeys(const std::vector<std::string_view>& keys);

    [[nodiscard]] std::optional<std::size_t> find(std::string_view key) const {
        for (std::size_t at = hash(key);; at = (at + 1) % kPlaces) {
            const Place& place = places_[at];
            if (place.index < 0) return std::nullopt;
            if (place.key == key) return static_cast<std::size_t>(place.index);
        }
    }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kPlaces = 512;
    struct Place {
        std::string_view key;
        int index = -1;
    };

    [[nodiscard]] static std::size_t hash(std::string_view key) {
        if (key.empty()) return 0;
        const auto at = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
        const std::size_t mixed = at(0) * 31U + at(key.size() / 2) * 17U + at(key.size() - 1);
        return (mixed + key.size() * 67U) % kPlaces;
    }

    std::array<Place, kPlaces> places_{};
    std::size_t size_ = 0;
};

class JsonLine {
public:
    explicit JsonLine(const JsonKeys& keys) : keys_(keys), values_(keys.size()) {}

    /// Forgets the line before. The error says what is wrong with this one.
    [[nodiscard]] Result<void, std::string> parse(std::string_view line);

    /// By the key's place.
    [[nodiscard]] const JsonValue& operator[](std::size_t key) const { return values_[key]; }
    /// The items of a list that parse() has seen; lists in it as their text.
    [[nodiscard]] std::vector<JsonValue> items(const JsonValue& list);
    /// The same, into what is there.
    void items(const JsonValue& list, std::vector<JsonValue>& into);

private:
    static constexpr int kDeepest = 32;

    [[nodiscard]] bool value(JsonValue& into, int depth);
    [[nodiscard]] bool string(std::string_view& into);
    [[nodiscard]] bool escaped_string(std::string_view& into, const char* begin);
    [[nodiscard]] bool escape(std::string& into);
    [[nodiscard]] bool code_unit(std::uint32_t& into);
    [[nodiscard]] bool number(JsonValue& into);
    [[nodiscard]] bool word(std::string_view text);
    [[nodiscard]] bool nested(char close, bool is_object, int depth);
    [[nodiscard]] bool digits();
    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
    }
    [[nodiscard]] bool take(char wanted) {
        skip_space();
        if (at_ == end_ || *at_ != wanted) return false;
        ++at_;
        return true;
    }

    const JsonKeys& keys_;
    std::vector<JsonValue> values_;
    std::vector<std::size_t> seen_;
    std::deque<std::string> unescaped_;  // what views of this line refer to
    const char* at_ = nullptr;
    const char* end_ = nullptr;
};

}  // namespace gregor::scenarios
