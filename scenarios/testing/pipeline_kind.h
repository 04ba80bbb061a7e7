// PipelineKind: a PipelineTest as an application of a simulated cluster (scenarios/applications).
//
//     feeder ──> input ──> instances of the program ──> output
//                  └──────────────┬───────────────────────┘
//                           both are read in the end: PipelineVerdict
#pragma once

#include "scenarios/applications/application.h"
#include "scenarios/testing/pipeline_test.h"

namespace gregor::testing {

inline constexpr std::int64_t kMostInstances = 16;

class PipelineKind final : public scenarios::applications::ApplicationKind {
public:
    /// `test` outlives it.
    explicit PipelineKind(const PipelineTest& test) : test_(test) {}

    [[nodiscard]] std::span<const scenarios::NumberRange> numbers() const override;
    void draw_numbers(simulated::Plan& plan) const override;
    void draw_settings(simulated::Plan& plan) const override;
    void draw_faults(simulated::Plan& plan) const override;
    [[nodiscard]] std::unique_ptr<scenarios::applications::Application> make(
        const scenarios::applications::ApplicationContext& context) const override;
    [[nodiscard]] scenarios::HistorySettings settings(const simulated::Plan& plan) const override;
    /// Nobody records what the program writes.
    [[nodiscard]] bool has_history_of(const std::string& topic) const override {
        return topic == test_.input;
    }

private:
    const PipelineTest& test_;
};

}  // namespace gregor::testing
