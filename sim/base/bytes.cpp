#include "sim/base/bytes.h"

#include <algorithm>
#include <limits>
#include <new>

namespace gregor {
namespace detail {

BytesBlock* BytesBlock::allocate(std::size_t capacity) {
    CHECK(capacity <= std::numeric_limits<std::uint32_t>::max(), "{} bytes in one block", capacity);
    void* memory = ::operator new(sizeof(BytesBlock) + capacity);
    auto* block = new (memory) BytesBlock{};
    block->refs.store(1, std::memory_order_relaxed);
    block->capacity = static_cast<std::uint32_t>(capacity);
    return block;
}

void BytesBlock::release(BytesBlock* block) {
    if (block == nullptr) return;
    // Who holds the only reference needs no atomic write: nobody else can make another.
    if (block->refs.load(std::memory_order_acquire) != 1 &&
        block->refs.fetch_sub(1, std::memory_order_acq_rel) != 1) {
        return;
    }
    block->~BytesBlock();
    ::operator delete(block);
}

}  // namespace detail

Bytes Bytes::copy_of(ByteSpan bytes) {
    if (bytes.empty()) return {};
    ByteBuffer buffer(bytes.size());
    buffer.append(bytes);
    return std::move(buffer).freeze();
}

Digest Bytes::digest() const {
    if (size_ == 0) return digest_of({});
    const auto begin = static_cast<std::uint32_t>(data_ - block_->payload());
    const auto end = static_cast<std::uint32_t>(begin + size_);
    if (block_->digest_begin != begin || block_->digest_end != end) {
        block_->digest = digest_of(span());
        block_->digest_begin = begin;
        block_->digest_end = end;
    }
    return block_->digest;
}

void ByteBuffer::reserve(std::size_t wanted) {
    if (wanted <= capacity()) return;
    detail::BytesBlock* bigger = detail::BytesBlock::allocate(wanted);
    if (size_ > 0) std::memcpy(bigger->payload(), block_->payload(), size_);
    detail::BytesBlock::release(block_);
    block_ = bigger;
}

void ByteBuffer::resize(std::size_t size) {
    if (size > size_) {
        const std::size_t added = size - size_;
        std::memset(extend(added), 0, added);
    }
    size_ = size;
}

void ByteBuffer::grow(std::size_t needed) {
    reserve(std::max({size_ + needed, capacity() * 2, std::size_t{64}}));
}

Bytes ByteBuffer::freeze() && {
    Bytes bytes;
    if (size_ == 0) return bytes;
    bytes.data_ = block_->payload();
    bytes.size_ = std::exchange(size_, 0);
    bytes.block_ = std::exchange(block_, nullptr);
    return bytes;
}

std::string to_hex(ByteSpan bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

}  // namespace gregor
