// Link: a client's connection to the broker, made again whenever it is lost.
#pragma once

#include <mutex>
#include <string>

#include "broker/rpc/client.h"
#include "scenarios/single_node/workload.h"
#include "sim/runtime/sync.h"

namespace gregor::scenarios::single_node {

class Link {
public:
    Link(Workload& workload, Runtime& runtime, std::string name)
        : workload_(workload),
          runtime_(runtime),
          name_(std::move(name)),
          machine_(workload.machines[name_]),
          client_(runtime, {.client_id = name_}),
          connecting_(runtime.scheduler()) {}

    /// Waits until there is a connection; backs off between tries. Of several fibers one connects.
    rpc::Client& connected() {
        if (client_.is_connected()) return client_;
        const std::lock_guard one_at_a_time(connecting_);
        Duration backoff = 20ms;
        while (!client_.is_connected()) {
            doing("connecting");
            ++generation_;
            if (client_.connect(kBroker, deadline(2s))) break;
            runtime_.clock().sleep_for(backoff);
            backoff = std::min<Duration>(backoff * 2, 500ms);
        }
        return client_;
    }
    [[nodiscard]] bool is_connected() const { return client_.is_connected(); }
    /// Counts the connections: what was sent on an earlier one is not answered any more.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

    /// A call that ends its connection when it fails: whatever comes later must not be taken for an
    /// answer to something else. On a connection that is there, requests go out in the order of
    /// their calls.
    template <class Response, class Request>
    Result<Response, IoError> call(const Request& request, std::int16_t version,
                                   Duration timeout = 5s) {
        doing(Request::kMessage.name);
        rpc::Client& client = connected();
        const std::uint64_t generation = generation_;
        auto response = client.template call<Response>(request, version, deadline(timeout));
        if (!response && generation == generation_) client_.close();
        return response;
    }

    /// Without an answer: Produce with acks=0.
    template <class Request>
    void send(const Request& request, std::int16_t version) {
        doing(Request::kMessage.name);
        rpc::Client& client = connected();
        const std::uint64_t generation = generation_;
        const auto sent = client.send(request, version, deadline(5s));
        if (!sent && generation == generation_) client_.close();
    }

    // To be kept with a question, and held against damage in what was sent or answered.
    [[nodiscard]] std::size_t flips_to_broker() const {
        return workload_.flips.so_far(machine_, kBroker.host);
    }
    [[nodiscard]] std::size_t flips_from_broker() const {
        return workload_.flips.so_far(kBroker.host, machine_);
    }
    [[nodiscard]] bool flip_explains_refusal(std::size_t since) {
        return workload_.flips.explains(machine_, kBroker.host, since);
    }
    [[nodiscard]] bool flip_explains_answer(std::size_t since) {
        return workload_.flips.explains(kBroker.host, machine_, since);
    }

    void close() { client_.close(); }
    /// What the calls to come are for.
    void set_purpose(std::string purpose) { purpose_ = std::move(purpose); }
    void doing(std::string_view what) {
        workload_.doing[name_] =
            purpose_.empty() ? std::string(what) : fmt::format("{} ({})", what, purpose_);
    }
    void done() { workload_.doing.erase(name_); }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] Instant deadline(Duration timeout) {
        return deadline_after(runtime_.clock().now(), timeout);
    }

private:
    Workload& workload_;
    Runtime& runtime_;
    std::string name_;
    std::string machine_;
    rpc::Client client_;
    Mutex connecting_;
    std::uint64_t generation_ = 0;
    std::string purpose_;
};

}  // namespace gregor::scenarios::single_node
