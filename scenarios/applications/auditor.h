// Auditor: what a reader of the bank's records makes of them. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace gregor::scenarios::applications {

/// One half of a transfer, as its record's key has it: "teller.1 17|7|-30".
struct HalfTransfer {
    std::string transfer;
    std::int64_t account = 0;
    std::int64_t amount = 0;

    [[nodiscard]] std::string to_key() const;
    [[nodiscard]] static std::optional<HalfTransfer> parse(std::string_view key);
};

class Auditor {
public:
    /// What is wrong with it; empty: nothing.
    [[nodiscard]] std::string see(const HalfTransfer& half);
    /// Every transfer that it knows of it has seen both halves of.
    [[nodiscard]] bool is_consistent() const { return open_.empty(); }
    /// Of all balances together, in a consistent state; 0 if no money came or went.
    [[nodiscard]] std::int64_t total() const;
    [[nodiscard]] const std::map<std::string, HalfTransfer>& open() const { return open_; }

private:
    std::map<std::int64_t, std::int64_t> balances_;
    std::map<std::string, HalfTransfer> open_;
    std::set<std::string> done_;
};

}  // namespace gregor::scenarios::applications
