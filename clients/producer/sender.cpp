#include "clients/producer/sender.h"

#include <algorithm>

#include "broker/protocol/messages/transactions.h"

namespace gregor::producer {

using protocol::ErrorCode;

namespace {

AccumulatorOptions accumulator_options(const ProducerConfig& config,
                                       records::CodecContexts& contexts) {
    return {.codec = config.compression_type,
            .levels = config.compression_levels,
            .contexts = &contexts,
            .idempotent = config.enable_idempotence,
            .transactional = config.transactional_id.has_value(),
            .batch_size = static_cast<std::size_t>(config.batch_size),
            .max_request_size = static_cast<std::size_t>(config.max_request_size),
            .linger = config.linger,
            .delivery_timeout = config.delivery_timeout,
            .retry_backoff = config.retry_backoff,
            .retry_backoff_max = config.retry_backoff_max,
            .retries = config.retries,
            .max_in_flight = config.max_in_flight};
}

client::ClusterOptions cluster_options(const ProducerConfig& config) {
    return {.bootstrap_servers = config.bootstrap_servers,
            .client_id = config.client_id,
            .retry_backoff = config.retry_backoff,
            .request_timeout = config.request_timeout,
            .allow_auto_topic_creation = true};
}

std::int32_t to_ms(Duration duration) {
    const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return static_cast<std::int32_t>(std::min<std::int64_t>(ms, 0x7fffffff));
}

}  // namespace

Sender::Sender(Runtime& runtime, ProducerConfig config)
    : runtime_(runtime),
      config_(std::move(config)),
      cluster_(runtime, cluster_options(config_)),
      accumulator_(accumulator_options(config_, contexts_)),
      memory_(runtime.scheduler(), config_.buffer_memory),
      wake_(runtime.scheduler()),
      metadata_requests_(runtime.scheduler()),
      metadata_updates_(runtime.scheduler()),
      producer_id_requests_(runtime.scheduler()),
      stopped_(runtime.scheduler()) {
    if (!config_.transactional_id) return;
    transactions_ = std::make_unique<Transactions>(
        runtime_, cluster_, config_,
        Transactions::Owner{.has_batches = [this] { return !accumulator_.empty(); },
                            .changed = [this] { follow_transactions(); }});
}

void Sender::start() {
    runtime_.tasks().spawn("producer sender", [self = shared_from_this()] { self->run(); });
    runtime_.tasks().spawn("producer metadata",
                           [self = shared_from_this()] { self->run_metadata(); });
    if (transactions_ != nullptr) {
        runtime_.tasks().spawn("producer transactions",
                               [self = shared_from_this()] { self->transactions_->run(); });
        return;
    }
    if (!config_.enable_idempotence) return;
    runtime_.tasks().spawn("producer id",
                           [self = shared_from_this()] { self->run_producer_ids(); });
}

void Sender::stop(const client::Error& why, bool calls_back) {
    if (is_stopped()) return;
    stopped_.set();
    if (transactions_ != nullptr) transactions_->stop();
    for (const BatchRef& batch : accumulator_.fail_all()) {
        if (!calls_back) batch->report->callbacks.clear();
        fail_batch(batch, why);
    }
    wake();
    metadata_requests_.notify_all();
    metadata_updates_.notify_all();
    producer_id_requests_.notify_all();
}

void Sender::wake() {
    is_woken_ = true;
    wake_.notify_one();
}

void Sender::run() {
    while (!is_stopped()) {
        is_woken_ = false;
        const Instant time = now();
        fail_expired(time);
        if (!accumulator_.empty() && accumulator_.needs_producer_id()) {
            producer_id_requests_.notify_one();
        }
        if (accumulator_.misses_leaders()) request_metadata();
        for (;;) {
            std::vector<NodeRequest> requests = accumulator_.drain(time);
            if (requests.empty()) break;
            for (NodeRequest& request : requests) send_request(std::move(request));
        }
        if (!is_woken_) wake_.wait(accumulator_.next_event(time));
    }
}

// Requests. ---------------------------------------------------------------------------------------

/// Fibers that become ready together run in any order, so each takes the first request of the node
/// that nobody has taken, and answers are dealt with in the order of the requests.
void Sender::send_request(NodeRequest request) {
    const protocol::NodeId node = request.node;
    exchanges_[node].push_back(std::make_shared<Exchange>(Exchange{.request = std::move(request)}));
    runtime_.tasks().spawn("produce request", [self = shared_from_this(), node] {
        std::deque<std::shared_ptr<Exchange>>& exchanges = self->exchanges_[node];
        const auto next = std::ranges::find_if(
            exchanges, [](const auto& exchange) { return !exchange->is_taken; });
        CHECK(next != exchanges.end(), "more fibers than requests");
        const std::shared_ptr<Exchange> mine = *next;
        mine->is_taken = true;
        mine->response = self->exchange(mine->request);
        while (!exchanges.empty() && exchanges.front()->response) {
            const std::shared_ptr<Exchange> answered = std::move(exchanges.front());
            exchanges.pop_front();
            self->end_exchange(*answered);
        }
    });
}

void Sender::end_exchange(const Exchange& exchange) {
    const NodeRequest& request = exchange.request;
    const auto& response = *exchange.response;
    accumulator_.request_done(request.node);
    if (response) {
        if (response->throttle_time_ms > 0) {
            accumulator_.throttle(
                request.node,
                deadline_after(now(), std::chrono::milliseconds(response->throttle_time_ms)));
        }
        take_answers(request, *response);
    } else {
        // The leader may be one that the brokers do not list, as long as it is fenced.
        const bool is_unlisted = response.error().code == ErrorCode::broker_not_available;
        const PartitionAnswer nothing{
            .error_code = is_unlisted ? ErrorCode::network_exception : response.error().code,
            .error_message = response.error().message};
        for (const BatchRef& batch : request.batches) take_answer(batch, nothing);
    }
    accumulator_.check_invariants();
    if (transactions_ != nullptr) follow_transactions();
    wake();
}

Result<protocol::ProduceResponse, client::Error> Sender::exchange(const NodeRequest& request) {
    const protocol::ProduceRequest wire = to_wire(request);
    const Instant deadline = deadline_after(now(), config_.request_timeout);
    if (config_.acks != 0) {
        constexpr std::int16_t kLastOfVersion1 = 11;  // of transactions
        const bool joins = transactions_ == nullptr || transactions_->manager().is_version_2();
        return cluster_.call_node<protocol::ProduceResponse>(
            request.node, wire, deadline,
            joins ? protocol::ProduceRequest::kMessage.versions.max : kLastOfVersion1);
    }
    TRY(cluster_.send_node(request.node, wire, deadline));
    // It is sent, and nobody will say more.
    protocol::ProduceResponse response;
    for (const auto& topic : wire.topic_data) {
        auto& answers = response.responses.emplace_back();
        answers.name = topic.name;
        for (const auto& partition : topic.partition_data) {
            answers.partition_responses.push_back(
                {.index = partition.index, .base_offset = protocol::kNoOffset});
        }
    }
    return response;
}

protocol::ProduceRequest Sender::to_wire(const NodeRequest& request) const {
    protocol::ProduceRequest wire{.transactional_id = config_.transactional_id,
                                  .acks = config_.acks,
                                  .timeout_ms = to_ms(config_.request_timeout)};
    std::map<std::string_view, std::size_t> places;
    for (const BatchRef& batch : request.batches) {
        const std::string& topic = accumulator_.topic_of(batch->slot);
        const auto [place, is_new] = places.try_emplace(topic, wire.topic_data.size());
        if (is_new) wire.topic_data.push_back({.name = topic});
        wire.topic_data[place->second].partition_data.push_back(
            {.index = accumulator_.partition_of(batch->slot), .records = batch->encoded});
    }
    return wire;
}

// Memory. -----------------------------------------------------------------------------------------

bool Sender::take_memory(std::size_t bytes, Instant deadline) {
    const auto permits = static_cast<std::int64_t>(bytes);
    const bool is_free = waiting_for_memory_ == 0 && memory_.available() >= permits;
    if (is_free) return memory_.acquire(permits);
    struct Waiting {
        Sender& sender;
        explicit Waiting(Sender& sender_in) : sender(sender_in) { count(1); }
        ~Waiting() { count(-1); }
        void count(std::int64_t change) {
            sender.waiting_for_memory_ += change;
            sender.accumulator_.set_urgent(sender.waiting_for_memory_ > 0);
        }
    } waiting(*this);
    wake();
    return memory_.acquire(permits, deadline);
}

void Sender::give_memory_back(std::size_t bytes) {
    memory_.release(static_cast<std::int64_t>(bytes));
}

// Metadata and the producer id. -------------------------------------------------------------------

void Sender::request_metadata() {
    metadata_is_wanted_ = true;
    metadata_requests_.notify_one();
}

bool Sender::wait_for_metadata(Instant deadline) {
    request_metadata();
    return metadata_updates_.wait(deadline);
}

void Sender::run_metadata() {
    while (!is_stopped()) {
        if (!metadata_is_wanted_) {
            metadata_requests_.wait(deadline_after(now(), config_.metadata_max_age));
        }
        metadata_is_wanted_ = false;
        const std::vector<std::string> topics = metadata_.topic_names();
        if (is_stopped() || topics.empty()) continue;
        const auto answer =
            cluster_.metadata(topics, deadline_after(now(), config_.request_timeout));
        if (answer) {
            metadata_.apply(*answer, accumulator_);
        } else {
            metadata_is_wanted_ = true;
        }
        metadata_updates_.notify_all();
        wake();
        stopped_.wait(deadline_after(now(), config_.retry_backoff));
    }
}

void Sender::run_producer_ids() {
    while (!is_stopped()) {
        if (accumulator_.empty() || !accumulator_.needs_producer_id()) {
            producer_id_requests_.wait();
            continue;
        }
        const auto asked = ask_for_producer_id();
        wake();
        if (asked) continue;
        if (!protocol::is_retriable(asked.error().code)) {
            fatal_error_ = asked.error();
            stop(asked.error(), true);
            return;
        }
        stopped_.wait(deadline_after(now(), config_.retry_backoff));
    }
}

Result<void, client::Error> Sender::ask_for_producer_id() {
    const protocol::InitProducerIdRequest request{.transactional_id = std::nullopt,
                                                  .transaction_timeout_ms = 0x7fffffff};
    const auto answer = TRY(cluster_.call_any<protocol::InitProducerIdResponse>(
        request, deadline_after(now(), config_.request_timeout)));
    if (answer.error_code != ErrorCode::none) return fail(client::error_of(answer.error_code));
    accumulator_.set_producer_id(
        {.id = answer.producer_id.value(), .epoch = answer.producer_epoch.value()});
    return {};
}

}  // namespace gregor::producer
