#include "broker/protocol/pieces.h"

namespace gregor::protocol {

void PieceBuffer::add(const RecordsField& records) {
    constexpr std::size_t kWorthAPiece = 512;  // bytes; fewer are copied
    if (!records.is_gap() && records.size() < kWorthAPiece) {
        return buffer_.append(records.bytes().span());
    }
    size_elsewhere_ += records.size();
    cuts_.push_back({buffer_.size(), records});
}

std::vector<Piece> PieceBuffer::freeze() && {
    const Bytes written = std::move(buffer_).freeze();
    std::vector<Piece> pieces;
    pieces.reserve(2 * cuts_.size() + 1);
    std::size_t begin = 0;
    std::size_t gaps = 0;
    for (const Cut& cut : cuts_) {
        if (cut.position > begin) pieces.emplace_back(written.slice(begin, cut.position - begin));
        begin = cut.position;
        if (cut.records.is_gap()) {
            pieces.emplace_back(RecordsGap{gaps++, cut.records.size()});
        } else {
            pieces.emplace_back(cut.records.bytes());
        }
    }
    if (written.size() > begin) pieces.emplace_back(written.suffix(begin));
    return pieces;
}

}  // namespace gregor::protocol
