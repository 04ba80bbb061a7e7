// PipelineVerdict: the records of a pipeline's input, and those of its output that tell of them.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "scenarios/testing/pipeline_test.h"

namespace gregor::testing {

class PipelineVerdict {
public:
    explicit PipelineVerdict(Promise promise) : promise_(promise) {}

    /// A record of the input, by its key, and where it stands: "orders-0@17". Before any output.
    void input(const std::string& key, std::string place);
    void output(const std::string& input_key, std::string place);

    /// Of those of the input, how many have no effect.
    [[nodiscard]] std::uint64_t missing() const { return missing_; }
    /// The first of them, with its place; empty: there is none.
    [[nodiscard]] std::string first_missing() const;
    /// What the output has too much of: "effect-twice: …", "effect-unfounded: …".
    [[nodiscard]] const std::optional<std::string>& surplus() const { return surplus_; }
    [[nodiscard]] std::uint64_t effects() const { return effects_; }

private:
    struct Input {
        std::string place;
        std::string effect;  // where its first effect stands; empty: none
    };

    Promise promise_;
    std::map<std::string, Input> inputs_;
    std::optional<std::string> surplus_;
    std::uint64_t missing_ = 0;
    std::uint64_t effects_ = 0;
};

}  // namespace gregor::testing
