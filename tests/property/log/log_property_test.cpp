// Whatever is done to a log, in whichever order: it is a list of batches with marks on it
// (log_model.h), and all that is derived from the list is what the list says (L1-L11).
#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include <stdexcept>

#include "tests/property/log/log_under_test.h"
#include "tests/support/property.h"

namespace gregor::log::testing {
namespace {

struct Action {
    const char* name;
    void (LogUnderTest::*run)(Draw);
    std::size_t weight;
};

constexpr Action kActions[] = {
    {"append_as_leader", &LogUnderTest::append_as_leader, 24},
    {"append_as_follower", &LogUnderTest::append_as_follower, 8},
    {"append_marker", &LogUnderTest::append_marker, 10},
    {"append_refused", &LogUnderTest::append_refused, 3},
    {"retry", &LogUnderTest::retry, 4},
    {"begin_epoch", &LogUnderTest::begin_epoch, 4},
    {"read", &LogUnderTest::read, 6},
    {"look_up", &LogUnderTest::look_up, 6},
    {"roll", &LogUnderTest::roll, 3},
    {"flush", &LogUnderTest::flush, 4},
    {"truncate", &LogUnderTest::truncate, 4},
    {"start_anew", &LogUnderTest::start_anew, 1},
    {"set_high_watermark", &LogUnderTest::set_high_watermark, 6},
    {"advance_start", &LogUnderTest::advance_start, 3},
    {"delete_old_segments", &LogUnderTest::delete_old_segments, 3},
    {"checkpoint", &LogUnderTest::checkpoint, 3},
    {"close_and_reopen", &LogUnderTest::close_and_reopen, 2},
    {"kill_and_reopen", &LogUnderTest::kill_and_reopen, 3},
    {"lose_power_and_reopen", &LogUnderTest::lose_power_and_reopen, 4},
};

/// RapidCheck's part of the state is empty: every step can follow every other, and what a stop
/// leaves only the log can say, so that the model lives beside it.
struct AnyState {};

class Step final : public rc::state::Command<AnyState, LogUnderTest> {
public:
    Step(const Action& action, Draw draw) : action_(action), draw_(draw) {}
    void run(const AnyState&, LogUnderTest& log) const override { (log.*action_.run)(draw_); }
    void show(std::ostream& out) const override {
        out << action_.name << " {" << draw_.pick << ", " << draw_.amount << ", " << draw_.place
            << "}";
    }

private:
    const Action& action_;
    Draw draw_;
};

using StepRef = std::shared_ptr<const rc::state::Command<AnyState, LogUnderTest>>;

rc::Gen<StepRef> any_step() {
    std::size_t sum = 0;
    for (const Action& action : kActions) sum += action.weight;
    const auto number = [] { return rc::gen::inRange<std::uint32_t>(0, 10'000); };
    return rc::gen::apply(
        [](std::size_t ticket, std::uint32_t pick, std::uint32_t amount, std::uint32_t place) {
            const Action* action = kActions;
            while (ticket >= action->weight) ticket -= (action++)->weight;
            return StepRef(std::make_shared<Step>(*action, Draw{pick, amount, place}));
        },
        rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, sum))),
        rc::gen::resize(rc::kNominalSize, number()), rc::gen::resize(rc::kNominalSize, number()),
        rc::gen::resize(rc::kNominalSize, number()));
}

LogConfigRef any_config() {
    LogConfig config = *small_config();
    config.max_message_bytes = 700;
    config.file_delete_delay_ms = 0;
    config.retention_ms = -1;
    config.retention_bytes = *rc::gen::element<std::int64_t>(-1, 800, 2500);
    config.flush_messages = *rc::gen::element(std::int64_t{kNoLimit}, std::int64_t{kNoLimit},
                                              std::int64_t{1}, std::int64_t{3});
    return std::make_shared<LogConfig>(config);
}

/// A CHECK that fails is a counterexample like any other.
class ChecksThrow {
public:
    ChecksThrow() {
        set_check_handler([](const CheckFailure& failure) {
            throw std::runtime_error(fmt::format("CHECK failed at {}:{}: {} {}", failure.file,
                                                 failure.line, failure.condition, failure.message));
        });
    }
    ~ChecksThrow() { set_check_handler(nullptr); }
};

TEST_CASE("a log is a list of batches with marks on it, whatever is done in which order") {
    const ChecksThrow checks_throw;
    REQUIRE(holds_for(1500, [] {
        const auto seed = *rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>());
        LogUnderTest log(seed, any_config());
        const auto steps = *rc::gen::scale(
            2.5, rc::state::gen::commands(AnyState{}, [](const AnyState&) { return any_step(); }));
        rc::state::runAll(steps, AnyState{}, log);
    }));
}

}  // namespace
}  // namespace gregor::log::testing
