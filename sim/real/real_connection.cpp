#include "sim/real/real_connection.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "sim/base/check.h"
#include "sim/real/io_error_of.h"

namespace gregor::real {
namespace {

constexpr std::size_t kMaxVectors = IOV_MAX;
constexpr std::size_t kMaxSendfile = 512 * 1024;
constexpr std::uint32_t kBurst = 512 * 1024;
constexpr std::uint32_t kCallCost = 2048;  // of a call that moved no bytes, in bytes

/// A dead peer is a reset, however the kernel noticed.
IoError stream_error_of(int error) {
    return error == ETIMEDOUT ? IoError::connection_reset : network_error_of(error);
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

Result<void, IoError> Readiness::wait(Scheduler& scheduler, Instant deadline, const bool& closed) {
    while (!ready_) {
        if (closed) return fail(IoError::closed);
        CHECK(waiter_ == nullptr, "two fibers wait for one direction of a socket");
        waiter_ = &scheduler.current();
        const WakeReason reason = scheduler.park(deadline);
        waiter_ = nullptr;
        if (reason == WakeReason::cancelled) throw Cancelled{};
        if (closed) return fail(IoError::closed);
        if (!ready_ && reason == WakeReason::timed_out) return fail(IoError::timed_out);
    }
    return {};
}

/// Where a write stands among its pieces.
class RealConnection::Cursor {
public:
    explicit Cursor(std::span<const Piece> pieces) : pieces_(pieces) { skip_empty(); }

    [[nodiscard]] bool done() const { return pieces_.empty(); }
    /// The slice that is next, or nullptr when bytes are.
    [[nodiscard]] const FileSlice* slice() const { return std::get_if<FileSlice>(&pieces_[0]); }
    void pass_slice() {
        pieces_ = pieces_.subspan(1);
        skip_empty();
    }
    /// Gathers the bytes up to the next slice. True if a slice with something in it follows.
    bool gather(std::vector<iovec>& vectors) const {
        vectors.clear();
        std::size_t skip = sent_;
        for (const Piece& piece : pieces_) {
            const Bytes* bytes = std::get_if<Bytes>(&piece);
            if (bytes == nullptr && std::get<FileSlice>(piece).size > 0) return true;
            if (bytes == nullptr || bytes->empty()) continue;
            if (vectors.size() == kMaxVectors) return false;
            vectors.push_back(
                {const_cast<std::uint8_t*>(bytes->data()) + skip, bytes->size() - skip});
            skip = 0;
        }
        return false;
    }
    void pass_bytes(std::size_t count) {
        while (count > 0) {
            const std::size_t left = std::get<Bytes>(pieces_[0]).size() - sent_;
            if (count < left) {
                sent_ += count;
                return;
            }
            count -= left;
            sent_ = 0;
            pieces_ = pieces_.subspan(1);
            skip_empty();
        }
    }

private:
    void skip_empty() {
        while (!pieces_.empty() && size_of(pieces_[0]) == 0) pieces_ = pieces_.subspan(1);
    }
    static std::size_t size_of(const Piece& piece) {
        const Bytes* bytes = std::get_if<Bytes>(&piece);
        return bytes == nullptr ? std::get<FileSlice>(piece).size : bytes->size();
    }

    std::span<const Piece> pieces_;
    std::size_t sent_ = 0;  // of the first piece
};

RealConnection::RealConnection(SocketShop& shop, Descriptor socket, const SocketAddress& peer)
    : shop_(shop),
      socket_(std::move(socket)),
      peer_(peer),
      local_(SocketAddress::local_of(socket_.get())) {
    shop_.poller.watch(socket_.get(), *this);
}

RealConnection::~RealConnection() {
    CHECK(!readable_.awaited(), "a connection to {} dies while a fiber reads", to_string(peer()));
    CHECK(!writable_.awaited(), "a connection to {} dies while a fiber writes", to_string(peer()));
    close();
}

void RealConnection::on_ready(std::uint32_t events) {
    constexpr std::uint32_t kDead = EPOLLHUP | EPOLLERR;
    if ((events & (EPOLLRDHUP | kDead)) != 0) peer_closed_ = true;
    if ((events & (EPOLLIN | EPOLLRDHUP | kDead)) != 0) readable_.set(shop_.scheduler);
    if ((events & (EPOLLOUT | kDead)) != 0) writable_.set(shop_.scheduler);
}

Result<void, IoError> RealConnection::read(ByteBuffer& into, std::size_t min, std::size_t max,
                                           Instant deadline) {
    CHECK(min <= max, "read({}, {})", min, max);
    take_turns(kCallCost);
    std::size_t taken = 0;
    while (!closed_) {
        if (!readable_.ready() && min > 0 && taken < min) {
            burst_ = 0;
            TRY(readable_.wait(shop_.scheduler, deadline, closed_));
        }
        if (!readable_.ready() || taken == max) return {};
        const std::ptrdiff_t count = receive(into, max - taken);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && !would_block(errno)) return fail(stream_error_of(errno));
        if (count < 0) {
            readable_.clear();
            if (taken >= min) return {};
            continue;
        }
        if (count == 0) {
            if (taken >= min) return {};
            return fail(IoError::end_of_stream);
        }
        taken += static_cast<std::size_t>(count);
        if (taken >= min) {
            burst_ += static_cast<std::uint32_t>(std::min<std::size_t>(count, kBurst));
            return {};
        }
        take_turns(static_cast<std::size_t>(count));
    }
    return fail(IoError::closed);
}

/// One call to the kernel: first into the room that `into` has, what is more into the scratch
/// memory.
std::ptrdiff_t RealConnection::receive(ByteBuffer& into, std::size_t max) {
    const std::size_t size = into.size();
    const std::size_t room = std::min(into.capacity() - size, max);
    const std::size_t extra = std::min(max - room, shop_.scratch.size());
    std::array<iovec, 2> vectors{};
    std::size_t used = 0;
    if (room > 0) vectors[used++] = {into.extend(room), room};
    if (extra > 0) vectors[used++] = {shop_.scratch.data(), extra};
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = used;
    const std::ptrdiff_t count = ::recvmsg(socket_.get(), &message, 0);
    const int error = errno;
    const std::size_t got = count < 0 ? 0 : static_cast<std::size_t>(count);
    if (room > got) into.resize(size + got);
    if (got > room) into.append(ByteSpan(shop_.scratch.data(), got - room));
    // The kernel had no more, and whatever comes is announced: saves the call that would say
    // EAGAIN.
    if (count > 0 && got < room + extra && !peer_closed_) readable_.clear();
    errno = error;
    return count;
}

Result<void, IoError> RealConnection::write(std::span<const Piece> pieces, Instant deadline) {
    take_turns(kCallCost);
    Cursor cursor(pieces);
    while (!cursor.done()) {
        if (closed_) return fail(IoError::closed);
        if (const FileSlice* slice = cursor.slice()) {
            TRY(send_slice(*slice, deadline));
            cursor.pass_slice();
        } else {
            TRY(send_bytes(cursor, deadline));
        }
    }
    if (closed_) return fail(IoError::closed);
    return {};
}

Result<void, IoError> RealConnection::send_bytes(Cursor& cursor, Instant deadline) {
    msghdr message{};
    const bool slice_follows = cursor.gather(shop_.vectors);
    message.msg_iov = shop_.vectors.data();
    message.msg_iovlen = shop_.vectors.size();
    const int flags = MSG_NOSIGNAL | (slice_follows ? MSG_MORE : 0);
    const std::ptrdiff_t count = ::sendmsg(socket_.get(), &message, flags);
    if (count >= 0) {
        cursor.pass_bytes(static_cast<std::size_t>(count));
        take_turns(static_cast<std::size_t>(count));
        return {};
    }
    if (errno == EINTR) return {};
    if (!would_block(errno)) return fail(stream_error_of(errno));
    writable_.clear();
    burst_ = 0;
    return writable_.wait(shop_.scheduler, deadline, closed_);
}

Result<void, IoError> RealConnection::send_slice(const FileSlice& slice, Instant deadline) {
    auto* file = dynamic_cast<RealFile*>(slice.file.get());
    return file == nullptr ? send_copied(slice, deadline) : send_file(*file, slice, deadline);
}

Result<void, IoError> RealConnection::send_file(RealFile& file, const FileSlice& slice,
                                                Instant deadline) {
    auto position = static_cast<off_t>(slice.position);
    std::size_t left = slice.size;
    std::size_t warm = 0;  // bytes from `position` on that are in memory
    while (left > 0) {
        if (closed_) return fail(IoError::closed);
        if (warm == 0) {
            warm = std::min(left, kMaxSendfile);
            if (const auto warmed = file.warm(static_cast<std::uint64_t>(position), warm);
                !warmed) {
                return fail(slice_failed(warmed.error()));
            }
            if (closed_) return fail(IoError::closed);
        }
        const std::ptrdiff_t count = ::sendfile(socket_.get(), file.fd(), &position, warm);
        if (count > 0) {
            left -= static_cast<std::size_t>(count);
            warm -= static_cast<std::size_t>(count);
            take_turns(static_cast<std::size_t>(count));
            continue;
        }
        if (count == 0) return fail(slice_failed(IoError::end_of_stream));
        if (errno == EINTR) continue;
        if (!would_block(errno)) return fail(slice_failed(stream_error_of(errno)));
        writable_.clear();
        burst_ = 0;
        TRY(writable_.wait(shop_.scheduler, deadline, closed_));
    }
    return {};
}

/// For a file that is not of this machine's making, such as a test's wrapper.
Result<void, IoError> RealConnection::send_copied(const FileSlice& slice, Instant deadline) {
    std::uint32_t done = 0;
    while (done < slice.size) {
        const std::size_t wanted = std::min<std::size_t>(slice.size - done, kMaxSendfile);
        const auto part = slice.file->read(slice.position + done, wanted);
        if (!part) return fail(slice_failed(part.error()));
        if (part->empty()) return fail(slice_failed(IoError::end_of_stream));
        const Piece piece(*part);
        Cursor cursor(std::span(&piece, 1));
        while (!cursor.done()) {
            if (closed_) return fail(IoError::closed);
            TRY(send_bytes(cursor, deadline));
        }
        done += static_cast<std::uint32_t>(part->size());
    }
    return {};
}

/// The peer was promised bytes that will not come: the stream is of no use any more.
IoError RealConnection::slice_failed(IoError error) {
    close();
    return error;
}

/// Lets the other fibers run now and then, also when this peer never makes us wait.
void RealConnection::take_turns(std::size_t bytes) {
    burst_ += static_cast<std::uint32_t>(std::min<std::size_t>(bytes, kBurst));
    if (burst_ < kBurst) {
        shop_.scheduler.throw_if_cancelled();
        return;
    }
    burst_ = 0;
    shop_.scheduler.yield();
}

void RealConnection::close() {
    if (closed_) return;
    closed_ = true;
    shop_.poller.forget(socket_.get(), *this);
    readable_.wake(shop_.scheduler);
    writable_.wake(shop_.scheduler);
    shop_.linger(std::move(socket_));
}

}  // namespace gregor::real
