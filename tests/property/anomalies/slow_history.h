// SlowHistory: what a small history tells of its values, offsets and transactions. Each question
// looks through all operations anew: the answers need no tables that could be wrong in the way the
// checker's are.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/anomalies/operations.h"

namespace gregor::scenarios {

class SlowHistory {
public:
    using Kind = Operation::Kind;
    using Transaction = std::pair<int, int>;  // producer, number
    enum class Fate : std::uint8_t { unknown, committed, aborted };

    /// Somebody was told that the offset holds the value: its producer, or who polled it.
    struct Evidence {
        int partition = 0;
        std::int64_t offset = 0;
        std::string value;
        bool is_read = false;
    };

    SlowHistory(const Configuration& configuration, const std::vector<Operation>& operations)
        : configuration_(configuration), all_(operations) {}

    [[nodiscard]] const Configuration& configuration() const { return configuration_; }
    [[nodiscard]] const std::vector<Operation>& operations() const { return all_; }

    // Values.
    [[nodiscard]] std::vector<std::string> values() const;
    [[nodiscard]] const Operation* send_of(const std::string& value) const;
    void each_read(const std::function<void(const Operation& poll, std::int64_t offset,
                                            const std::string& value)>& take) const;
    [[nodiscard]] bool is_read(const std::string& value, bool by_committed = false) const;
    [[nodiscard]] Fate fate_of(const std::string& value) const;
    [[nodiscard]] bool may_be_lost(const std::string& value) const;

    // Offsets.
    [[nodiscard]] std::vector<Evidence> evidence() const;
    /// The last that was read there, or else acknowledged.
    [[nodiscard]] std::string at(int partition, std::int64_t offset) const;
    /// Where the value was first seen, if it is what stands there.
    [[nodiscard]] std::optional<std::int64_t> place_of(const std::string& value) const;
    /// Committed, and acknowledged or read: who reads its partition has to be given it.
    [[nodiscard]] bool is_due(const std::string& value) const;
    /// The records of [from, to) that a reader has to be given.
    [[nodiscard]] std::vector<std::string> due(int partition, std::int64_t from,
                                               std::int64_t to) const;

    // Transactions.
    [[nodiscard]] std::vector<Transaction> transactions() const;
    [[nodiscard]] const Operation* first_commit(Transaction transaction) const;
    [[nodiscard]] bool ended_as(Transaction transaction, Kind kind, char result) const;
    [[nodiscard]] Fate fate_of(Transaction transaction) const;

private:
    Configuration configuration_;
    const std::vector<Operation>& all_;
};

/// That the operation is a part of, or ends.
[[nodiscard]] inline SlowHistory::Transaction transaction_of(const Operation& operation) {
    return {operation.producer, operation.transaction};
}

}  // namespace gregor::scenarios
