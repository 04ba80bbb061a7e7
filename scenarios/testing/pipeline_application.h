// PipelineApplication: what runs on the client machines of a PipelineTest's cluster: an instance of
// the program on each, and on the last one who makes the topics and feeds the input.
#pragma once

#include "scenarios/applications/application.h"
#include "scenarios/testing/pipeline_test.h"

namespace gregor::testing {

class PipelineApplication final : public scenarios::applications::Application {
public:
    PipelineApplication(const PipelineTest& test,
                        const scenarios::applications::ApplicationContext& context)
        : test_(test), context_(context), starts_(static_cast<std::size_t>(test.instances)) {}

    [[nodiscard]] std::vector<Program> programs(std::size_t machine) override;
    [[nodiscard]] scenarios::Stuck unfinished() override;
    [[nodiscard]] Duration patience() const override { return kPatience; }
    /// T8: waits for the effects that are missing, and says which there are too many.
    void look_at_the_end(Runtime& runtime) override;
    [[nodiscard]] std::map<std::string, std::uint64_t> counts() const override;
    [[nodiscard]] std::vector<scenarios::applications::Floor> floors() const override;

private:
    using Process = scenarios::applications::Process;

    /// How long the output may stand still while effects are missing: sessions and transactions of
    /// instances that died have to end, and with Kafka's settings a member waits for five minutes
    /// for an answer of a coordinator that lost power (max.poll.interval.ms, and no keepalive).
    static constexpr Duration kPatience = 400s;

    void run_instance(Process& process, std::size_t number);
    void feed(Process& process);
    void make_topic(Process& process, const std::string& topic);

    const PipelineTest& test_;
    const scenarios::applications::ApplicationContext& context_;
    std::vector<std::uint64_t> starts_;  // of each instance
    bool is_fed_ = false;
    std::uint64_t effects_ = 0;
};

}  // namespace gregor::testing
