// Random transfers that wait for their quota: it holds over time, and nobody waits for nothing.
#include <rapidcheck.h>

#include "broker/replication/replication_quota.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::replication;

namespace {

constexpr Instant kStart = Instant(1000s);

struct Setting {
    std::int64_t rate = *rc::gen::inRange<std::int64_t>(1, 1'000'000);
    QuotaWindow window{.samples = *rc::gen::inRange(1, 12),
                       .sample = std::chrono::milliseconds(*rc::gen::inRange(100, 3000))};

    [[nodiscard]] ReplicationQuota quota() const {
        ReplicationQuota made(window);
        made.set_rate(rate);
        return made;
    }
    [[nodiscard]] Duration span() const { return window.samples * window.sample; }
    [[nodiscard]] double bytes_in(Duration time) const {
        return static_cast<double>(rate) * std::chrono::duration<double>(time).count();
    }
};

}  // namespace

TEST_CASE("transfers that wait for the quota keep to it") {
    REQUIRE(rc::check([] {
        const Setting setting;
        ReplicationQuota quota = setting.quota();
        const auto largest = *rc::gen::inRange<std::uint64_t>(1, 2'000'000);
        Instant now = kStart;
        double total = 0;
        for (int i = *rc::gen::inRange(1, 100); i > 0; --i) {
            now += std::chrono::milliseconds(*rc::gen::inRange(0, 500));
            now = quota.fits_at(now);
            const auto bytes = *rc::gen::inRange<std::uint64_t>(1, largest + 1);
            quota.record(now, bytes);
            total += static_cast<double>(bytes);
        }
        // Each window may be one burst and one transfer ahead.
        const double windows = 1.0 + static_cast<double>((now - kStart) / setting.span());
        const double most = setting.bytes_in(now - kStart + setting.span()) +
                            windows * static_cast<double>(largest);
        RC_ASSERT(total <= most);
    }));
}

TEST_CASE("the time at which transfers fit is the first, and waiting does not move it") {
    REQUIRE(rc::check([] {
        const Setting setting;
        ReplicationQuota quota = setting.quota();
        Instant now = kStart;
        for (int i = *rc::gen::inRange(1, 30); i > 0; --i) {
            now += std::chrono::milliseconds(*rc::gen::inRange(0, 1500));
            quota.record(now, *rc::gen::inRange<std::uint64_t>(0, 500'000));
        }
        const Instant fits = quota.fits_at(now);
        RC_ASSERT(!quota.is_exceeded(fits));
        if (fits == now) return;
        const Duration wait = fits - now;
        const Instant earlier = now + wait * *rc::gen::inRange(0, 1000) / 1000;
        RC_ASSERT(quota.fits_at(earlier) == fits);
    }));
}
