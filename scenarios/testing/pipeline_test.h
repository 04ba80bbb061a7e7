// PipelineTest: a program of yours, which reads one topic and writes another, run in the simulator
// under faults for as many seeds as you like.
//
//     int main(int argc, char** argv) {
//         return gregor::testing::run({{.name = "billing",
//                                       .input = "orders",
//                                       .output = "invoices",
//                                       .program = [](gregor::testing::Instance& instance) {
//                                           bill(instance.runtime(),
//                                                instance.bootstrap_servers(),
//                                                [&] { return instance.is_stopping(); });
//                                       }}},
//                                     argc, argv);
//     }
//
//     billing_test run billing --seeds 200       exit code 0: exactly once, in every run
//     billing_test replay billing --seed 17      a run that failed, again, exactly
//
// Each run has a cluster of its own: brokers that die, lose power, stand still and are cut off, and
// so are the machines that your instances run on. Records with keys of their own are sent to the
// input meanwhile. Your program answers each with a record of the same key (or say how to tell,
// `input_of`), and what it promised is held against all that can be read from the output in the
// end.
//
// The program uses the clients of this project (clients/producer, clients/consumer) and takes time,
// randomness and everything else of the world from its Runtime: then a seed is a run, always.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "clients/consumer/consumer.h"
#include "sim/runtime/runtime.h"

namespace gregor::testing {

/// A process that runs your program. It ends when the program returns or its machine dies, and is
/// started again until the run is over.
class Instance {
public:
    Instance(Runtime& runtime, const bool& is_stopping, std::string bootstrap_servers,
             std::int64_t number, std::uint64_t start)
        : runtime_(runtime),
          is_stopping_(is_stopping),
          bootstrap_servers_(std::move(bootstrap_servers)),
          number_(number),
          start_(start) {}

    [[nodiscard]] Runtime& runtime() const { return runtime_; }
    /// "n1:9092,n2:9092"
    [[nodiscard]] const std::string& bootstrap_servers() const { return bootstrap_servers_; }
    /// From 0 on: the same in each process of this instance, for a transactional.id.
    [[nodiscard]] std::int64_t number() const { return number_; }
    /// How often this instance was started before.
    [[nodiscard]] std::uint64_t start() const { return start_; }
    /// It was asked to stop in an orderly way: the program should return soon.
    [[nodiscard]] bool is_stopping() const { return is_stopping_; }

private:
    Runtime& runtime_;
    const bool& is_stopping_;
    std::string bootstrap_servers_;
    std::int64_t number_;
    std::uint64_t start_;
};

enum class Promise : std::uint8_t {
    exactly_once,   // one record of the output for each of the input, under read_committed
    at_least_once,  // one or more
};

struct PipelineTest {
    std::string name;
    std::string input;
    std::string output;
    Promise promise = Promise::exactly_once;
    /// Of the program, at once.
    std::int64_t instances = 3;
    std::function<void(Instance&)> program;
    /// The key of the input record that this record of the output tells of.
    std::function<std::string(const consumer::ConsumerRecord&)> input_of = key_of;

    [[nodiscard]] static std::string key_of(const consumer::ConsumerRecord& record);
};

/// The command line of `gregor`, with these scenarios. Exit codes: 0 pass, 1 a promise was broken,
/// 2 vacuous, 3 two runs of a seed differed, 254 usage.
[[nodiscard]] int run(const std::vector<PipelineTest>& tests, int argc, char** argv);

}  // namespace gregor::testing
