// Bytes: immutable, counted slices. What one node wrote, another may hold, so nobody writes into
// it.
//
//     +-- Block ------------------------------+
//     | refs | digest cache | payload ....... |
//     +--------------------------^----^-------+
//                            data_    data_ + size_
//
// Copies and slices share the block. ByteBuffer is the one way to write: it owns its block alone
// until freeze() turns it into Bytes. The count is atomic, as a worker thread of the real machine
// may drop the last reference; the digest cache belongs to the loop's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sim/base/check.h"
#include "sim/base/digest.h"

namespace gregor {

using ByteSpan = std::span<const std::uint8_t>;

[[nodiscard]] inline ByteSpan as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

namespace detail {

struct BytesBlock {
    std::atomic<std::uint32_t> refs;
    std::uint32_t capacity;
    // The digest of payload[digest_begin, digest_end); empty while begin == end.
    std::uint32_t digest_begin;
    std::uint32_t digest_end;
    Digest digest;

    [[nodiscard]] std::uint8_t* payload() { return reinterpret_cast<std::uint8_t*>(this + 1); }

    static BytesBlock* allocate(std::size_t capacity);
    static void release(BytesBlock* block);
};

}  // namespace detail

class Bytes {
public:
    Bytes() = default;
    [[nodiscard]] static Bytes copy_of(ByteSpan bytes);
    [[nodiscard]] static Bytes copy_of(std::string_view text) { return copy_of(as_bytes(text)); }

    Bytes(const Bytes& other) : block_(other.block_), data_(other.data_), size_(other.size_) {
        if (block_ != nullptr) block_->refs.fetch_add(1, std::memory_order_relaxed);
    }
    Bytes(Bytes&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)),
          data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)) {}
    Bytes& operator=(Bytes other) noexcept {
        swap(other);
        return *this;
    }
    ~Bytes() { detail::BytesBlock::release(block_); }

    [[nodiscard]] const std::uint8_t* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::uint8_t operator[](std::size_t i) const {
        CHECK(i < size_, "index {} of {}", i, size_);
        return data_[i];
    }
    [[nodiscard]] const std::uint8_t* begin() const { return data_; }
    [[nodiscard]] const std::uint8_t* end() const { return data_ + size_; }
    [[nodiscard]] ByteSpan span() const { return {data_, size_}; }
    operator ByteSpan() const { return span(); }  // NOLINT: a view of its own bytes
    [[nodiscard]] std::string_view text() const {
        return {reinterpret_cast<const char*>(data_), size_};
    }

    /// The `size` bytes from `offset` on, sharing this block; both within bounds.
    [[nodiscard]] Bytes slice(std::size_t offset, std::size_t size) const {
        CHECK(offset <= size_);
        CHECK(size <= size_ - offset);
        Bytes part(*this);
        part.data_ += offset;
        part.size_ = size;
        return part;
    }
    [[nodiscard]] Bytes suffix(std::size_t offset) const { return slice(offset, size_ - offset); }

    /// A slice for a view that is known to lie inside these bytes (a decoder's).
    [[nodiscard]] Bytes slice_of(ByteSpan view) const {
        if (view.empty()) return {};
        return slice(static_cast<std::size_t>(view.data() - data_), view.size());
    }

    /// digest_of(span()), computed once for each block and then remembered.
    [[nodiscard]] Digest digest() const;

    friend bool operator==(const Bytes& a, const Bytes& b) {
        return a.size_ == b.size_ && (a.size_ == 0 || std::memcmp(a.data_, b.data_, a.size_) == 0);
    }

private:
    friend class ByteBuffer;

    void swap(Bytes& other) noexcept {
        std::swap(block_, other.block_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
    }

    detail::BytesBlock* block_ = nullptr;
    const std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Bytes while they are being written: growable, owned by one, frozen without a copy.
class ByteBuffer {
public:
    ByteBuffer() = default;
    explicit ByteBuffer(std::size_t capacity) { reserve(capacity); }
    ByteBuffer(ByteBuffer&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    ByteBuffer& operator=(ByteBuffer&& other) noexcept {
        std::swap(block_, other.block_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~ByteBuffer() { detail::BytesBlock::release(block_); }

    [[nodiscard]] std::uint8_t* data() { return block_ == nullptr ? nullptr : block_->payload(); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t capacity() const { return block_ == nullptr ? 0 : block_->capacity; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::span<std::uint8_t> span() { return {data(), size_}; }

    void reserve(std::size_t capacity);
    /// Grows or shrinks to `size`; new bytes are zero.
    void resize(std::size_t size);
    /// Grows by `size` bytes that the caller writes at once; returns where.
    [[nodiscard]] std::uint8_t* extend(std::size_t size) {
        const std::size_t old_size = size_;
        if (size > capacity() - size_) grow(size);
        size_ += size;
        return block_->payload() + old_size;
    }
    void append(ByteSpan bytes) {
        if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    }
    void append(std::string_view text) { append(as_bytes(text)); }
    void push_back(std::uint8_t byte) { *extend(1) = byte; }
    void clear() { size_ = 0; }

    /// The written bytes; the buffer is empty afterwards.
    [[nodiscard]] Bytes freeze() &&;

private:
    void grow(std::size_t needed);

    detail::BytesBlock* block_ = nullptr;
    std::size_t size_ = 0;
};

/// "00ff1a": lower-case hex, for messages and tests.
[[nodiscard]] std::string to_hex(ByteSpan bytes);

}  // namespace gregor
