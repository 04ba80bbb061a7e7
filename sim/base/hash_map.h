// HashMap: a hash map that cannot be iterated, since the order of its elements is an accident and
// an accident that reaches a decision makes a seed lie. Use std::map where an order is needed.
#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>  // the one place that may name it
#include <utility>

namespace gregor {

template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<>>
class HashMap {
public:
    /// The value of `key`, or nullptr.
    template <class K>
    [[nodiscard]] Value* find(const K& key) {
        const auto it = map_.find(key);
        return it == map_.end() ? nullptr : &it->second;
    }
    template <class K>
    [[nodiscard]] const Value* find(const K& key) const {
        const auto it = map_.find(key);
        return it == map_.end() ? nullptr : &it->second;
    }
    template <class K>
    [[nodiscard]] bool contains(const K& key) const {
        return find(key) != nullptr;
    }
    [[nodiscard]] Value& operator[](const Key& key) { return map_[key]; }
    /// True if `key` was new; an existing value stays.
    template <class... Args>
    bool try_emplace(const Key& key, Args&&... args) {
        return map_.try_emplace(key, std::forward<Args>(args)...).second;
    }
    /// True if `key` was there.
    bool erase(const Key& key) { return map_.erase(key) > 0; }
    void clear() { map_.clear(); }
    void reserve(std::size_t size) { map_.reserve(size); }
    [[nodiscard]] std::size_t size() const { return map_.size(); }
    [[nodiscard]] bool empty() const { return map_.empty(); }

private:
    std::unordered_map<Key, Value, Hash, Equal> map_;
};

}  // namespace gregor
