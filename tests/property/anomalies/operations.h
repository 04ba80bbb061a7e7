// Small histories for properties: operations as data, drawn from a tape of numbers so that
// RapidCheck can shrink them, and as the text that the checker reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gregor::scenarios {

inline constexpr int kTopicPartitions = 2;

struct Operation {
    enum class Kind : std::uint8_t {
        send,
        poll,
        seek,
        end,
        init,
        begin,
        commit,
        abort,
        assign,
        revoke,
        lost,
        close,
        offset_commit,
        send_offsets,
        offset_fetch,
    };
    Kind kind = Kind::send;
    std::int64_t began = 0;  // seconds
    std::int64_t ended = 0;  // grows from operation to operation
    int partition = 0;
    int client = 0;  // the producer or the consumer
    std::int64_t number = 0;
    std::string value;
    char result = 'o';         // ok, fail, unknown
    std::int64_t offset = -1;  // -1: not told
    int transaction = 0;       // of `producer`; 0: none
    int producer = 0;
    std::vector<std::pair<std::int64_t, std::string>> records;
    std::int64_t log_start = 0;
    std::int64_t log_end = 0;
    bool of_group = false;
};

struct Configuration {
    bool acks_all = true;  // and idempotent
    bool unclean = false;
    bool commits_before = false;
};

/// Consumer 0 reads what is committed, consumer 1 reads everything, 2 drains.
inline constexpr int kUncommittedConsumer = 1;
inline constexpr int kDrain = 2;

/// Numbers from a tape; zeros behind its end.
class Tape {
public:
    explicit Tape(const std::vector<std::uint16_t>& numbers) : numbers_(numbers) {}

    std::int64_t below(std::int64_t bound) {
        return at_ < numbers_.size() ? numbers_[at_++] % bound : 0;
    }
    bool chance(int percent) { return below(100) >= 100 - percent; }
    [[nodiscard]] bool is_over() const { return at_ >= numbers_.size(); }

private:
    const std::vector<std::uint16_t>& numbers_;
    std::size_t at_ = 0;
};

[[nodiscard]] std::vector<Operation> draw_operations(Tape tape);
[[nodiscard]] std::string text_of(const Configuration& configuration,
                                  const std::vector<Operation>& operations);

}  // namespace gregor::scenarios
