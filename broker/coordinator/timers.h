// Timers: what is due when, by name. A name has one deadline; setting it anew moves it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace gregor::coordinator {

/// `Key` is ordered; of timers that are due at once the smaller key comes first. Times in ms of
/// the context's now_ms.
template <class Key>
class Timers {
public:
    void set(const Key& key, std::int64_t at_ms) {
        cancel(key);
        deadlines_[key] = at_ms;
        by_time_.emplace(at_ms, key);
    }
    void cancel(const Key& key) {
        const auto it = deadlines_.find(key);
        if (it == deadlines_.end()) return;
        by_time_.erase({it->second, key});
        deadlines_.erase(it);
    }
    [[nodiscard]] std::optional<std::int64_t> deadline(const Key& key) const {
        const auto it = deadlines_.find(key);
        return it == deadlines_.end() ? std::nullopt : std::optional(it->second);
    }
    [[nodiscard]] std::optional<std::int64_t> next_ms() const {
        if (by_time_.empty()) return std::nullopt;
        return by_time_.begin()->first;
    }
    /// Takes the first timer that is due.
    [[nodiscard]] std::optional<Key> take_due(std::int64_t now_ms) {
        if (by_time_.empty() || by_time_.begin()->first > now_ms) return std::nullopt;
        Key key = by_time_.begin()->second;
        by_time_.erase(by_time_.begin());
        deadlines_.erase(key);
        return key;
    }
    [[nodiscard]] std::size_t size() const { return deadlines_.size(); }

private:
    std::map<Key, std::int64_t> deadlines_;
    std::set<std::pair<std::int64_t, Key>> by_time_;
};

}  // namespace gregor::coordinator
