// Two values that fields of messages have beside the plain ones: records, which may be elsewhere,
// and the tagged fields that we do not know.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "sim/base/bytes.h"
#include "sim/base/check.h"

namespace gregor::protocol {

/// The value of a `records` field: null, bytes at hand, or a gap: so many bytes that the sender
/// fills in from elsewhere, such as a file slice behind a Fetch response (see PieceBuffer).
class RecordsField {
public:
    RecordsField() = default;
    RecordsField(Bytes bytes)  // NOLINT: bytes are a value of the field
        : state_(State::bytes), size_(bytes.size()), bytes_(std::move(bytes)) {}
    [[nodiscard]] static RecordsField gap(std::size_t size) {
        RecordsField field;
        field.state_ = State::gap;
        field.size_ = size;
        return field;
    }

    [[nodiscard]] bool is_null() const { return state_ == State::null; }
    [[nodiscard]] bool is_gap() const { return state_ == State::gap; }
    /// Bytes of the records; 0 for null.
    [[nodiscard]] std::size_t size() const { return size_; }
    /// The records; empty for null. Not of a gap.
    [[nodiscard]] const Bytes& bytes() const {
        CHECK(!is_gap(), "the bytes of a gap are elsewhere");
        return bytes_;
    }

    friend bool operator==(const RecordsField&, const RecordsField&) = default;

private:
    enum class State : std::uint8_t { null, bytes, gap };

    State state_ = State::null;
    std::size_t size_ = 0;
    Bytes bytes_;
};

struct UnknownTag {
    std::uint32_t tag;
    Bytes data;

    friend bool operator==(const UnknownTag&, const UnknownTag&) = default;
};

/// Tagged fields that this code does not know: kept in the order read, written back in tag order.
/// One pointer when empty, as it nearly always is.
class UnknownTags {
public:
    UnknownTags() = default;
    UnknownTags(const UnknownTags& other);
    UnknownTags(UnknownTags&&) noexcept = default;
    UnknownTags& operator=(UnknownTags other) noexcept {
        tags_.swap(other.tags_);
        return *this;
    }
    ~UnknownTags() = default;

    [[nodiscard]] bool empty() const { return tags_ == nullptr; }
    [[nodiscard]] std::span<const UnknownTag> tags() const {
        return empty() ? std::span<const UnknownTag>{} : std::span<const UnknownTag>(*tags_);
    }
    void add(UnknownTag tag);

    friend bool operator==(const UnknownTags& a, const UnknownTags& b);

private:
    std::unique_ptr<std::vector<UnknownTag>> tags_;
};

}  // namespace gregor::protocol
