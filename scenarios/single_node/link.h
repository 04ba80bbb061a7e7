// Link: a client's connection to the broker, made again whenever it is lost.
#pragma once

#include <string>

#include "broker/rpc/client.h"
#include "scenarios/single_node/workload.h"

namespace gregor::scenarios::single_node {

class Link {
public:
    Link(Workload& workload, Runtime& runtime, std::string name)
        : workload_(workload),
          runtime_(runtime),
          name_(std::move(name)),
          machine_(workload.machines[name_]),
          client_(runtime, {.client_id = name_}) {}

    /// Waits until there is a connection; backs off between tries.
    rpc::Client& connected() {
        Duration backoff = 20ms;
        while (!client_.is_connected()) {
            doing("connecting");
            if (client_.connect(kBroker, deadline(2s))) break;
            runtime_.clock().sleep_for(backoff);
            backoff = std::min<Duration>(backoff * 2, 500ms);
        }
        return client_;
    }

    /// A call that ends the connection when it fails: whatever comes later must not be taken for an
    /// answer to something else.
    template <class Response, class Request>
    Result<Response, IoError> call(const Request& request, std::int16_t version,
                                   Duration timeout = 5s) {
        doing(Request::kMessage.name);
        auto response = connected().template call<Response>(request, version, deadline(timeout));
        if (!response) client_.close();
        return response;
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
    std::string purpose_;
};

}  // namespace gregor::scenarios::single_node
