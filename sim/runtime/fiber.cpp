#include "sim/runtime/fiber.h"

#include <sys/mman.h>
#include <unistd.h>
#include <boost/context/fiber.hpp>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <vector>

#include "sim/base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define GREGOR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define GREGOR_ASAN 1
#endif
#endif

namespace gregor {
namespace {

constexpr std::size_t kPageSize = 4096;
// What a switch may still push below the frame that leave_fiber() notes.
#if defined(GREGOR_ASAN)
constexpr std::size_t kSwitchFrames = 8192;
#else
constexpr std::size_t kSwitchFrames = 1024;
#endif

struct Mapping {
    std::byte* base = nullptr;  // the guard page, below the stack
    std::size_t size = 0;       // with the guard page
};

Mapping map_stack(std::size_t size) {
    const std::size_t rounded = (size + kPageSize - 1) / kPageSize * kPageSize + kPageSize;
    void* memory = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    CHECK(memory != MAP_FAILED, "no address space for a stack of {} bytes", rounded);
    CHECK(::mprotect(memory, kPageSize, PROT_NONE) == 0, "no guard page");
    return {static_cast<std::byte*>(memory), rounded};
}

/// Hands Boost.Context the mapping, which FiberStack owns.
struct BorrowedStack {
    boost::context::stack_context stack;

    boost::context::stack_context allocate() { return stack; }
    void deallocate(boost::context::stack_context&) noexcept {}
};

}  // namespace

struct FiberStack::Context {
    Mapping mapping;
    boost::context::fiber fiber;  // where the body stands while suspended
    boost::context::fiber loop;   // where the loop stands while the body runs
    std::move_only_function<void()> body;
    bool ended = true;
    bool quit = false;
    std::byte* suspended_at = nullptr;  // roughly the stack pointer, while suspended
    std::size_t deepest = 0;            // before trim()
#if defined(GREGOR_ASAN)
    void* fiber_fake_stack = nullptr;
    void* loop_fake_stack = nullptr;
    const void* loop_bottom = nullptr;
    std::size_t loop_size = 0;
#endif

    [[nodiscard]] std::byte* bottom() const { return mapping.base + kPageSize; }
    [[nodiscard]] std::size_t usable() const { return mapping.size - kPageSize; }

    void enter_fiber() {
#if defined(GREGOR_ASAN)
        __sanitizer_start_switch_fiber(&loop_fake_stack, bottom(), usable());
#endif
        fiber = std::move(fiber).resume();
#if defined(GREGOR_ASAN)
        __sanitizer_finish_switch_fiber(loop_fake_stack, nullptr, nullptr);
#endif
    }

    void arrived_in_fiber() {
#if defined(GREGOR_ASAN)
        __sanitizer_finish_switch_fiber(fiber_fake_stack, &loop_bottom, &loop_size);
#endif
    }

    void leave_fiber() {
        suspended_at = static_cast<std::byte*>(__builtin_frame_address(0));
#if defined(GREGOR_ASAN)
        __sanitizer_start_switch_fiber(&fiber_fake_stack, loop_bottom, loop_size);
#endif
        loop = std::move(loop).resume();
        arrived_in_fiber();
    }

    /// What runs on the stack: body after body until asked to quit.
    boost::context::fiber run(boost::context::fiber&& from) {
        loop = std::move(from);
        arrived_in_fiber();
        while (!quit) {
            body();
            body = nullptr;
            ended = true;
            leave_fiber();
        }
#if defined(GREGOR_ASAN)
        __sanitizer_start_switch_fiber(nullptr, loop_bottom, loop_size);
#endif
        return std::move(loop);
    }
};

FiberStack::FiberStack(std::size_t size) : context_(std::make_unique<Context>()) {
    Context& context = *context_;
    context.mapping = map_stack(size);
    BorrowedStack borrowed;
    borrowed.stack.sp = context.mapping.base + context.mapping.size;
    borrowed.stack.size = context.usable();
    context.fiber = boost::context::fiber(
        std::allocator_arg, borrowed,
        [&context](boost::context::fiber&& from) { return context.run(std::move(from)); });
}

FiberStack::~FiberStack() {
    CHECK(context_->ended, "a suspended fiber is never destroyed");
    context_->quit = true;
    context_->enter_fiber();
#if defined(GREGOR_ASAN)
    // The outermost frames never return, so what lies around their variables is still poisoned for
    // whoever is given these addresses next.
    __asan_unpoison_memory_region(context_->mapping.base, context_->mapping.size);
#endif
    ::munmap(context_->mapping.base, context_->mapping.size);
}

void FiberStack::start(std::move_only_function<void()> body) {
    CHECK(context_->ended, "the stack still runs a body");
    context_->body = std::move(body);
    context_->ended = false;
}

bool FiberStack::resume() {
    CHECK(!context_->ended);
    context_->enter_fiber();
    return context_->ended;
}

void FiberStack::suspend() { context_->leave_fiber(); }

std::size_t FiberStack::touched_bytes() const {
    const std::size_t pages = context_->usable() / kPageSize;
    std::vector<unsigned char> resident(pages);
    CHECK(::mincore(context_->bottom(), context_->usable(), resident.data()) == 0);
    std::size_t untouched = 0;
    while (untouched < pages && (resident[untouched] & 1) == 0) ++untouched;
    return std::max(context_->deepest, (pages - untouched) * kPageSize);
}

void FiberStack::trim() {
    Context& context = *context_;
    if (context.suspended_at == nullptr) return;  // never ran
    context.deepest = touched_bytes();
    const auto above = static_cast<std::size_t>(context.suspended_at - context.bottom());
    if (above < kSwitchFrames + kPageSize) return;
    const std::size_t unused = (above - kSwitchFrames) / kPageSize * kPageSize;
    CHECK(::madvise(context.bottom(), unused, MADV_DONTNEED) == 0, "madvise: errno {}", errno);
}

}  // namespace gregor
