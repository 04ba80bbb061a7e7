// Counter: how often something has happened since the node started. One addition, no lock: all
// fibers of a node share one thread.
#pragma once

#include <cstdint>

namespace gregor::metrics {

class Counter {
public:
    void add(std::uint64_t count = 1) { value_ += count; }
    [[nodiscard]] std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0;
};

}  // namespace gregor::metrics
