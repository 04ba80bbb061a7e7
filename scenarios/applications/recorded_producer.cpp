#include "scenarios/applications/recorded_producer.h"

#include <algorithm>

namespace gregor::scenarios::applications {

using producer::Delivery;
using producer::DeliveryResult;

namespace {

constexpr char kFiller = '.';

/// A send that is on its way: noted with its answer, or as unknown when it is let go of.
class PendingSend {
public:
    PendingSend(History& history, std::string producer, std::uint64_t number, std::string value,
                const Sending& sending, std::shared_ptr<std::uint64_t> unanswered)
        : history_(&history),
          producer_(std::move(producer)),
          number_(number),
          value_(std::move(value)),
          sending_(sending),
          unanswered_(std::move(unanswered)),
          began_(history.now()) {
        ++*unanswered_;
    }
    PendingSend(PendingSend&& other) noexcept = default;
    PendingSend& operator=(PendingSend&&) = delete;
    ~PendingSend() {
        if (unanswered_ == nullptr) return;
        --*unanswered_;
        history_->add_unanswered(event(Outcome::unknown), began_);
    }

    void answered(const DeliveryResult& result) {
        // What failed here may have been written: an answer may have been lost before.
        SendEvent sent = event(result ? Outcome::ok : Outcome::unknown);
        if (result && result->offset != protocol::kNoOffset) sent.offset = result->offset.value();
        end(std::move(sent));
    }
    void refused() { end(event(Outcome::fail)); }

private:
    [[nodiscard]] SendEvent event(Outcome outcome) const {
        SendEvent event{.partition = {sending_.to.topic, sending_.to.partition.value()},
                        .producer = producer_,
                        .number = number_,
                        .value = value_,
                        .key = sending_.key,
                        .result = outcome,
                        .transaction = sending_.transaction,
                        .input_offset = sending_.input_offset};
        if (sending_.input) {
            event.input = {sending_.input->topic, sending_.input->partition.value()};
        }
        return event;
    }
    void end(SendEvent event) {
        --*unanswered_;
        unanswered_.reset();
        history_->add(std::move(event), began_);
    }

    History* history_;
    std::string producer_;
    std::uint64_t number_;
    std::string value_;
    Sending sending_;
    std::shared_ptr<std::uint64_t> unanswered_;  // nullptr: it is noted
    HistoryTime began_;
};

}  // namespace

std::string fill_text(std::string_view text, std::size_t bytes) {
    std::string value(text);
    value.resize(std::max(bytes, value.size()), kFiller);
    return value;
}

std::string_view text_of(ByteSpan value) {
    const std::string_view all(reinterpret_cast<const char*>(value.data()), value.size());
    const std::size_t end = all.find_last_not_of(kFiller);
    return end == std::string_view::npos ? all : all.substr(0, end + 1);
}

RecordedProducer::RecordedProducer(History& history, Runtime& runtime, std::string name,
                                   producer::ProducerConfig config)
    : history_(history), name_(std::move(name)), producer_(runtime, std::move(config)) {}

Result<Delivery, client::Error> RecordedProducer::send(const Sending& sending) {
    const std::uint64_t number = next_number_++;
    std::string text = fmt::format("{} {}", name_, number);
    const std::string value = fill_text(text, sending.bytes);
    auto pending = std::make_shared<PendingSend>(history_, name_, number, std::move(text), sending,
                                                 unanswered_);
    producer::ProducerRecord record{
        .topic = sending.to.topic, .partition = sending.to.partition, .value = as_bytes(value)};
    if (sending.key) record.key = as_bytes(*sending.key);
    auto delivery = producer_.send(
        record, [pending](const DeliveryResult& result) { pending->answered(result); });
    if (!delivery) pending->refused();
    return delivery;
}

}  // namespace gregor::scenarios::applications
