// CopyOnWrite: a value that copies share until one of them writes. It is what makes publishing an
// image cheap: a copy of the image is a handful of counted pointers, and the next change copies
// only the sub-map and the topic that it touches. For one thread, as everything on a node's loop.
#pragma once

#include <memory>
#include <utility>

namespace gregor::metadata {

template <class T>
class CopyOnWrite {
public:
    CopyOnWrite() : value_(std::make_shared<T>()) {}
    explicit CopyOnWrite(T value) : value_(std::make_shared<T>(std::move(value))) {}

    [[nodiscard]] const T& operator*() const { return *value_; }
    [[nodiscard]] const T* operator->() const { return value_.get(); }

    /// The value to be changed, nobody else's from here on.
    [[nodiscard]] T& mutate() {
        if (value_.use_count() > 1) value_ = std::make_shared<T>(*value_);
        return *value_;
    }

    /// Both are copies of one value that neither has changed: equal, without a look.
    [[nodiscard]] bool shares(const CopyOnWrite& other) const { return value_ == other.value_; }

    friend bool operator==(const CopyOnWrite& a, const CopyOnWrite& b) {
        return a.shares(b) || *a == *b;
    }

private:
    std::shared_ptr<T> value_;
};

}  // namespace gregor::metadata
