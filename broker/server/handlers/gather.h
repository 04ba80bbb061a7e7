// Gather: the answer to a request about several things that are answered one by one, each perhaps
// later and from another fiber. When the last of them is there, `finish` gets all, in their order.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace gregor::server {

template <class Part>
class Gather {
public:
    using Finish = std::move_only_function<void(std::vector<Part>)>;

    /// `finish` is called once, at once if there is nothing to wait for.
    [[nodiscard]] static std::shared_ptr<Gather> make(std::size_t count, Finish finish) {
        auto gather = std::make_shared<Gather>(count, std::move(finish));
        if (count == 0) gather->finish_(std::move(gather->parts_));
        return gather;
    }
    Gather(std::size_t count, Finish finish)
        : parts_(count), missing_(count), finish_(std::move(finish)) {}

    void put(std::size_t index, Part part) {
        parts_.at(index) = std::move(part);
        if (--missing_ == 0) finish_(std::move(parts_));
    }

private:
    std::vector<Part> parts_;
    std::size_t missing_;
    Finish finish_;
};

}  // namespace gregor::server
