#include "scenarios/testing/pipeline_verdict.h"

#include <fmt/format.h>

namespace gregor::testing {

void PipelineVerdict::input(const std::string& key, std::string place) {
    if (inputs_.try_emplace(key, Input{.place = std::move(place)}).second) ++missing_;
}

void PipelineVerdict::output(const std::string& input_key, std::string place) {
    ++effects_;
    const auto found = inputs_.find(input_key);
    if (found == inputs_.end()) {
        if (!surplus_) {
            surplus_ = fmt::format("effect-unfounded: {} tells of \"{}\", which no input has",
                                   place, input_key);
        }
        return;
    }
    Input& input = found->second;
    if (input.effect.empty()) {
        input.effect = std::move(place);
        --missing_;
    } else if (promise_ == Promise::exactly_once && !surplus_) {
        surplus_ = fmt::format("effect-twice: \"{}\" at {} has effects at {} and {}", input_key,
                               input.place, input.effect, place);
    }
}

std::string PipelineVerdict::first_missing() const {
    for (const auto& [key, input] : inputs_) {
        if (input.effect.empty()) return fmt::format("\"{}\" at {}", key, input.place);
    }
    return "";
}

}  // namespace gregor::testing
