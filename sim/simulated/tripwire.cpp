// Each definition below has the C library's own name and exception specification. The executable
// comes first in the dynamic linker's search, so shared libraries find these too; RTLD_NEXT finds
// what they hide: the C library, or AddressSanitizer's interceptor before it.
#include "sim/simulated/tripwire.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include "sim/base/check.h"

// clang links AddressSanitizer's runtime into the executable, where its interceptors and these
// would be one name with two definitions: there the trip-wire is left out. g++ links it as a shared
// library.
#if defined(__clang__)
#if __has_feature(address_sanitizer)
#define GREGOR_TRIPWIRE_ABSENT
#endif
#endif

namespace gregor {
namespace {

// A thread's own: the threads of a supervisor or a test beside the world's loop stay free.
thread_local bool armed = false;

#ifndef GREGOR_TRIPWIRE_ABSENT

/// "libstdc++.so.6 (_ZNSt6chrono3_V212steady_clock3nowEv)", "gregor+0x1234".
std::string describe(void* address) {
    Dl_info info{};
    if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "an unknown place";
    const std::string_view path = info.dli_fname;
    const std::string_view file = path.substr(path.rfind('/') + 1);
    if (info.dli_sname != nullptr) return fmt::format("{} ({})", file, info.dli_sname);
    const auto offset = static_cast<char*>(address) - static_cast<char*>(info.dli_fbase);
    return fmt::format("{}+{:#x}", file, offset);
}

void refuse_when_armed(const char* call, void* caller) {
    if (!armed) [[likely]]
        return;
    armed = false;  // whoever handles the failure may look at the clock
    check_failed(__FILE__, __LINE__, "no real clock, entropy or thread while a world runs",
                 fmt::format("{} was called from {}", call, describe(caller)));
}

/// The definition that ours hides.
template <class Function>
Function* hidden(Function* /*ours*/, const char* name) {
    void* found = dlsym(RTLD_NEXT, name);
    CHECK(found != nullptr, "there is no {} behind the trip-wire", name);
    return reinterpret_cast<Function*>(found);
}

#endif

}  // namespace

void arm_tripwire() { armed = true; }
void disarm_tripwire() { armed = false; }
bool tripwire_armed() { return armed; }

TripwireSuspended::TripwireSuspended() : was_armed_(armed) { armed = false; }
TripwireSuspended::~TripwireSuspended() { armed = was_armed_; }

}  // namespace gregor

#ifndef GREGOR_TRIPWIRE_ABSENT

// Refuses, or calls the hidden definition of NAME with the arguments that follow.
#define GREGOR_GUARD(name, ...)                                    \
    gregor::refuse_when_armed(#name, __builtin_return_address(0)); \
    static const auto forward = gregor::hidden(&::name, #name);    \
    return forward(__VA_ARGS__)

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
    GREGOR_GUARD(clock_gettime, clock, time);
}

int gettimeofday(timeval* __restrict time, void* __restrict zone) noexcept {
    GREGOR_GUARD(gettimeofday, time, zone);
}

time_t time(time_t* result) noexcept { GREGOR_GUARD(time, result); }

int nanosleep(const timespec* wanted, timespec* remaining) {
    GREGOR_GUARD(nanosleep, wanted, remaining);
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* wanted, timespec* remaining) {
    GREGOR_GUARD(clock_nanosleep, clock, flags, wanted, remaining);
}

ssize_t getrandom(void* buffer, size_t size, unsigned flags) {
    GREGOR_GUARD(getrandom, buffer, size, flags);
}

int getentropy(void* buffer, size_t size) { GREGOR_GUARD(getentropy, buffer, size); }

int rand() noexcept { GREGOR_GUARD(rand); }

long random() noexcept { GREGOR_GUARD(random); }

int pthread_create(pthread_t* __restrict thread, const pthread_attr_t* __restrict attributes,
                   void* (*body)(void*), void* __restrict argument) noexcept {
    GREGOR_GUARD(pthread_create, thread, attributes, body, argument);
}

}  // extern "C"

#endif
