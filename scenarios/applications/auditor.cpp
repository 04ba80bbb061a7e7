#include "scenarios/applications/auditor.h"

#include <fmt/format.h>

#include <charconv>

namespace gregor::scenarios::applications {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string HalfTransfer::to_key() const {
    return fmt::format("{}|{}|{}", transfer, account, amount);
}

std::optional<HalfTransfer> HalfTransfer::parse(std::string_view key) {
    const std::size_t first = key.find('|');
    if (first == std::string_view::npos) return std::nullopt;
    const std::size_t second = key.find('|', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto account = number(key.substr(first + 1, second - first - 1));
    const auto amount = number(key.substr(second + 1));
    if (!account || !amount) return std::nullopt;
    return HalfTransfer{
        .transfer = std::string(key.substr(0, first)), .account = *account, .amount = *amount};
}

std::string Auditor::see(const HalfTransfer& half) {
    if (done_.contains(half.transfer)) {
        return fmt::format("a third record of transfer {}: {}", half.transfer, half.to_key());
    }
    balances_[half.account] += half.amount;
    const auto [other, is_first] = open_.try_emplace(half.transfer, half);
    if (is_first) return "";
    const std::int64_t sum = other->second.amount + half.amount;
    done_.insert(half.transfer);
    open_.erase(other);
    if (sum == 0) return "";
    return fmt::format("transfer {} takes and gives {} in all", half.transfer, sum);
}

std::int64_t Auditor::total() const {
    std::int64_t total = 0;
    for (const auto& [account, balance] : balances_) total += balance;
    return total;
}

}  // namespace gregor::scenarios::applications
