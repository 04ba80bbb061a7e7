#include "scenarios/applications/transaction_impostor.h"

#include <iterator>

#include "broker/protocol/messages/transactions.h"
#include "clients/client/coordinator_link.h"

namespace gregor::scenarios::applications {
namespace {

using client::CoordinatorLink;
using protocol::ErrorCode;
using protocol::ProducerEpoch;
using protocol::ProducerId;

constexpr Duration kTimeout = 3s;
/// No producer comes so far.
constexpr std::int64_t kIds = 1'000'000;
constexpr std::int64_t kEpochs = 10'000;
/// Behind the present one by more than one: that of the last bump is known, so that its answer may
/// be given again.
constexpr std::int64_t kLongPast = 2;

struct Lie {
    std::string transactional_id;
    std::int64_t id;
    std::int64_t epoch;

    [[nodiscard]] ProducerId producer_id() const { return ProducerId(id); }
    [[nodiscard]] ProducerEpoch producer_epoch() const {
        return ProducerEpoch(static_cast<std::int16_t>(epoch));
    }
};

/// An epoch that no client has; where there may be none, one of long ago.
std::int64_t foreign(std::int64_t epoch) {
    return epoch < kEpochs ? epoch + kEpochs : epoch - kEpochs;
}

class TransactionImpostor {
public:
    TransactionImpostor(const ApplicationContext& context, const PipelineSettings& settings,
                        Runtime& runtime)
        : context_(context),
          settings_(settings),
          runtime_(runtime),
          cluster_(runtime, {.bootstrap_servers = context.workload.brokers,
                             .client_id = "impostor",
                             .request_timeout = kTimeout}) {}

    /// One request. False: there was nothing to ask, or no answer that says anything.
    bool ask() {
        const auto& known = context_.history.transactional_producers();
        if (known.empty()) return false;
        Random& random = runtime_.random();
        const auto& [name, producer] =
            *std::next(known.begin(), static_cast<std::ptrdiff_t>(random.below(known.size())));
        switch (random.below(4)) {
            case 0: return end({name, producer.id + kIds, producer.epoch});
            case 1: return take_over({name, producer.id + kIds, producer.epoch});
            case 2: return end({name, producer.id, foreign(producer.epoch)});
            default: {
                const bool has_past = producer.epoch >= kLongPast;
                return take_over({name, producer.id,
                                  has_past ? producer.epoch - kLongPast : foreign(producer.epoch)});
            }
        }
    }

private:
    /// Where ids expire, one that is not known is anybody's.
    bool take_over(const Lie& lie) {
        if (context_.workload.plan.broker.contains("transactional.id.expiration.ms")) return false;
        const protocol::InitProducerIdRequest request{
            .transactional_id = lie.transactional_id,
            .transaction_timeout_ms = static_cast<std::int32_t>(
                std::chrono::floor<std::chrono::milliseconds>(settings_.transaction_timeout)
                    .count()),
            .producer_id = lie.producer_id(),
            .producer_epoch = lie.producer_epoch()};
        return call<protocol::InitProducerIdResponse>("take over", lie, request);
    }

    bool end(const Lie& lie) {
        const protocol::EndTxnRequest request{.transactional_id = lie.transactional_id,
                                              .producer_id = lie.producer_id(),
                                              .producer_epoch = lie.producer_epoch(),
                                              .committed = runtime_.random().below(2) == 0};
        return call<protocol::EndTxnResponse>("end a transaction", lie, request);
    }

    /// Where it is told that another transaction has to end first, it asks once more.
    template <class Response, class Request>
    bool call(std::string_view what, const Lie& lie, const Request& request) {
        CoordinatorLink coordinator(cluster_, lie.transactional_id, "impostor", kTimeout,
                                    CoordinatorLink::KeyType::transaction);
        for (int tries = 0; tries < 10; ++tries) {
            const auto answer = coordinator.template call<Response>(
                CoordinatorLink::Channel::transactions, request,
                deadline_after(runtime_.clock().now(), kTimeout));
            if (!answer) return false;
            if (answer->error_code == ErrorCode::none) {
                context_.workload.judge.violated("T5", "producer {} with epoch {} was let {} of {}",
                                                 lie.id, lie.epoch, what, lie.transactional_id);
            }
            if (answer->error_code != ErrorCode::concurrent_transactions) {
                context_.workload.judge.compared();
                return true;
            }
            runtime_.clock().sleep_for(100ms);
        }
        return false;
    }

    const ApplicationContext& context_;
    const PipelineSettings& settings_;
    Runtime& runtime_;
    client::Cluster cluster_;
};

}  // namespace

void run_transaction_impostor(const ApplicationContext& context, const PipelineSettings& settings,
                              Process& process, std::uint64_t& refused) {
    if (settings.mode != WorkMode::in_transaction) return;
    TransactionImpostor impostor(context, settings, process.runtime);
    while (!process.is_stopping && context.workload.phase != clients::Phase::finishing) {
        process.runtime.clock().sleep_for(
            process.runtime.random().between(Duration(300ms), Duration(2s)));
        if (impostor.ask()) ++refused;
    }
}

}  // namespace gregor::scenarios::applications
