// RecordedProducer: a Producer whose sends are in the history, each with its answer, or as
// `unknown` when nobody was answered.
//
// A record's value is "NAME NUMBER", which no other record of the run has, and then filler.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "clients/producer/producer.h"
#include "scenarios/applications/history.h"

namespace gregor::scenarios::applications {

/// Where a record is sent to, and of what it is the effect, if it is one.
struct Sending {
    client::TopicPartition to;
    std::size_t bytes = 0;  // of the value, at least
    std::optional<std::string> key = {};
    std::optional<TransactionNumber> transaction = {};
    std::optional<client::TopicPartition> input = {};
    std::int64_t input_offset = 0;
};

class RecordedProducer {
public:
    RecordedProducer(History& history, Runtime& runtime, std::string name,
                     producer::ProducerConfig config);

    /// The next record. The error: it certainly was not sent, and the history says so.
    [[nodiscard]] Result<producer::Delivery, client::Error> send(const Sending& sending);
    /// Of those that were sent.
    [[nodiscard]] std::uint64_t unanswered() const { return *unanswered_; }

    [[nodiscard]] producer::Producer& operator*() { return producer_; }
    [[nodiscard]] producer::Producer* operator->() { return &producer_; }
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    History& history_;
    std::string name_;
    std::uint64_t next_number_ = 0;
    std::shared_ptr<std::uint64_t> unanswered_ = std::make_shared<std::uint64_t>(0);
    producer::Producer producer_;
};

/// The value's bytes: the text, and as much filler as makes it so long.
[[nodiscard]] std::string fill_text(std::string_view text, std::size_t bytes);
/// The text of such a value; all of it if its filler is not what it was.
[[nodiscard]] std::string_view text_of(ByteSpan value);

}  // namespace gregor::scenarios::applications
