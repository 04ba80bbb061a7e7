#include "broker/drivers/transaction_coordinators.h"

#include <utility>
#include <variant>

#include "sim/base/probe.h"

namespace gregor::drivers {

using coordinator::NeedsProducerId;
using coordinator::TransactionRequest;
using coordinator::TransactionResponse;
using protocol::ErrorCode;
using protocol::PartitionId;
using protocol::ProducerId;

namespace {

std::string transactional_id_of(const TransactionRequest& request) {
    return std::visit(
        [](const auto& each) -> std::string {
            if constexpr (requires { each.transactional_id; }) {
                return each.transactional_id;
            } else {
                return {};
            }
        },
        request);
}

void set_fresh_id(TransactionRequest& request, ProducerId id) {
    std::visit(
        [id](auto& each) {
            if constexpr (requires { each.fresh_id; }) each.fresh_id = id;
        },
        request);
}

}  // namespace

TransactionCoordinators::TransactionCoordinators(Runtime& runtime,
                                                 replication::ReplicaManager& replicas,
                                                 ProducerIdManager& producer_ids,
                                                 const coordinator::TransactionConfig& config,
                                                 CoordinatorDriverOptions options)
    : runtime_(runtime),
      producer_ids_(producer_ids),
      driver_(runtime, replicas, std::move(options).with_topic(kTransactionStateTopic),
              [config] { return std::make_unique<coordinator::TransactionCoordinator>(config); }),
      tasks_(runtime.tasks(), "fresh producer ids") {}

void TransactionCoordinators::publish(const metadata::ImageRef& image) {
    image_ = image;
    driver_.publish(image);
}

void TransactionCoordinators::shut_down() {
    driver_.shut_down();
    tasks_.cancel();
    tasks_.join();
}

void TransactionCoordinators::submit(TransactionRequest request, AnyDone done) {
    const auto partition = partition_of(*image_, transactional_id_of(request));
    if (!partition) return done(fail(ErrorCode::not_coordinator));
    TransactionRequest copy = request;
    driver_.submit(*partition, std::move(request),
                   [this, request = std::move(copy),
                    done = std::move(done)](Result<TransactionResponse, ErrorCode> answer) mutable {
                       if (answer && std::holds_alternative<NeedsProducerId>(*answer)) {
                           return ask_again(std::move(request), std::move(done));
                       }
                       const bool is_too_large =
                           !answer && answer.error() == ErrorCode::message_too_large;
                       if (is_too_large) return done(fail(ErrorCode::unknown_server_error));
                       done(std::move(answer));
                   });
}

/// Where the answer is given nothing may be asked: on a fiber of its own.
void TransactionCoordinators::ask_again(TransactionRequest request, AnyDone done) {
    tasks_.spawn("producer id",
                 [this, request = std::move(request), done = std::move(done)]() mutable {
                     const auto id = producer_ids_.next();
                     if (!id) {
                         PROBE("a transaction coordinator got no producer id");
                         return done(fail(ErrorCode::coordinator_load_in_progress));
                     }
                     set_fresh_id(request, *id);
                     submit(std::move(request), std::move(done));
                 });
}

Result<TransactionResponse, ErrorCode> TransactionCoordinators::wait_for(
    PartitionId partition, TransactionRequest request) {
    struct Waiting {
        explicit Waiting(Scheduler& scheduler) : answered(scheduler) {}
        Event answered;
        std::optional<Result<TransactionResponse, ErrorCode>> answer;
    };
    // Who waits may be cancelled, and the answer come all the same.
    const auto waiting = std::make_shared<Waiting>(runtime_.scheduler());
    driver_.submit(partition, std::move(request),
                   [waiting](Result<TransactionResponse, ErrorCode> answer) {
                       waiting->answer = std::move(answer);
                       waiting->answered.set();
                   });
    waiting->answered.wait();
    return *std::move(waiting->answer);
}

}  // namespace gregor::drivers
