// Messages in pieces: so that records go out from where they are, a log's bytes or a file, and only
// what stands around them is written anew.
#pragma once

#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include "broker/protocol/field_values.h"
#include "sim/base/bytes.h"

namespace gregor::protocol {

/// What a piece of an encoded message is: bytes, or the place of the n-th gap (counted from 0).
struct RecordsGap {
    std::size_t index;
    std::size_t size;

    friend bool operator==(const RecordsGap&, const RecordsGap&) = default;
};
using Piece = std::variant<Bytes, RecordsGap>;

/// A message that is written around its records: a buffer of all the rest, and the places where
/// large records and gaps belong.
class PieceBuffer {
public:
    explicit PieceBuffer(ByteBuffer head = {}) : buffer_(std::move(head)) {}

    [[nodiscard]] ByteBuffer& buffer() { return buffer_; }
    /// Bytes of the pieces that are not in the buffer, gaps included.
    [[nodiscard]] std::size_t size_elsewhere() const { return size_elsewhere_; }

    void add(const RecordsField& records);

    /// All pieces in order.
    [[nodiscard]] std::vector<Piece> freeze() &&;

private:
    struct Cut {
        std::size_t position;
        RecordsField records;
    };

    ByteBuffer buffer_;
    std::vector<Cut> cuts_;
    std::size_t size_elsewhere_ = 0;
};

}  // namespace gregor::protocol
