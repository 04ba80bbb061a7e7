// Link: a client's connection to one node, made again whenever it is lost.
#pragma once

#include <mutex>
#include <string>

#include "broker/rpc/client.h"
#include "scenarios/clients/workload.h"
#include "sim/runtime/sync.h"

namespace gregor::scenarios::clients {

class Link {
public:
    /// `name` is the client's.
    Link(Workload& workload, Runtime& runtime, std::string name, Endpoint node)
        : workload_(workload),
          runtime_(runtime),
          name_(std::move(name)),
          node_(std::move(node)),
          machine_(workload.machines[name_]),
          client_(runtime, {.client_id = name_}),
          connecting_(runtime.scheduler()) {}

    /// One try, if there is no connection. Of several fibers one tries.
    bool connect() {
        if (client_.is_connected()) return true;
        const std::lock_guard one_at_a_time(connecting_);
        if (client_.is_connected()) return true;
        doing(fmt::format("connecting to {}", node_.host));
        ++generation_;
        if (client_.connect(node_, deadline(2s))) return true;
        runtime_.clock().sleep_for(runtime_.random().between(Duration(20ms), Duration(200ms)));
        return false;
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
        if (!connect()) return fail(IoError::connection_refused);
        doing(fmt::format("{} to {}", Request::kMessage.name, node_.host));
        const std::uint64_t generation = generation_;
        auto response = client_.template call<Response>(request, version, deadline(timeout));
        if (!response && generation == generation_) client_.close();
        return response;
    }

    /// Without an answer: Produce with acks=0.
    template <class Request>
    void send(const Request& request, std::int16_t version) {
        if (!connect()) return;
        doing(fmt::format("{} to {}", Request::kMessage.name, node_.host));
        const std::uint64_t generation = generation_;
        const auto sent = client_.send(request, version, deadline(5s));
        if (!sent && generation == generation_) client_.close();
    }

    // To be kept with a question, and held against damage in what was sent or answered.
    [[nodiscard]] std::size_t flips_to_node() const {
        return workload_.flips.so_far(machine_, node_.host);
    }
    [[nodiscard]] std::size_t flips_from_node() const {
        return workload_.flips.so_far(node_.host, machine_);
    }
    [[nodiscard]] bool flip_explains_refusal(std::size_t since) {
        return workload_.flips.explains(machine_, node_.host, since);
    }
    [[nodiscard]] bool flip_explains_answer(std::size_t since) {
        return workload_.flips.explains(node_.host, machine_, since);
    }

private:
    void doing(std::string_view what) { workload_.note(name_, what); }
    [[nodiscard]] Instant deadline(Duration timeout) {
        return deadline_after(runtime_.clock().now(), timeout);
    }

    Workload& workload_;
    Runtime& runtime_;
    std::string name_;
    Endpoint node_;
    std::string machine_;
    rpc::Client client_;
    Mutex connecting_;
    std::uint64_t generation_ = 0;
};

}  // namespace gregor::scenarios::clients
