// Router: a client's way into a cluster: a link to each broker, and who leads each partition as far
// as the client knows. What it knows may be old; who finds that out says so with moved(), and the
// next question to the router is preceded by one to the cluster.
//
// With one broker there is nothing to know: it leads everything.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/clients/link.h"

namespace gregor::scenarios::clients {

class Router {
public:
    Router(Workload& workload, Runtime& runtime, std::string name);

    /// The place, among the brokers, of the partition's leader; nothing: ask the cluster.
    [[nodiscard]] std::optional<std::size_t> leader_of(std::size_t partition) const {
        return leaders_[partition].broker;
    }
    /// -1: not known.
    [[nodiscard]] std::int32_t leader_epoch_of(std::size_t partition) const {
        return leaders_[partition].epoch;
    }
    [[nodiscard]] Link& link(std::size_t broker) { return *links_[broker]; }
    [[nodiscard]] std::size_t brokers() const { return links_.size(); }
    /// Waits until the leader is known.
    [[nodiscard]] Link& wait_for_leader(std::size_t partition);

    /// The partition's leader is another, or gone.
    void moved(std::size_t partition);
    /// The broker does not answer: whatever it led may have moved.
    void unreachable(std::size_t broker);
    /// Asks some broker who leads; one try, and a wait when there was nothing new. Of several
    /// fibers one asks.
    void find_leaders();

    /// A question that any broker answers; after a failure the next one is asked.
    template <class Response, class Request>
    Result<Response, IoError> ask(const Request& request, std::int16_t version) {
        auto response = link(any_).template call<Response>(request, version);
        if (!response) any_ = (any_ + 1) % links_.size();
        return response;
    }

    /// What the calls to come are for.
    void set_purpose(std::string purpose) { workload_.purposes[name_] = std::move(purpose); }
    void done() { workload_.doing.erase(name_); }
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    struct Leader {
        std::optional<std::size_t> broker;
        std::int32_t epoch = -1;
    };

    [[nodiscard]] bool all_known() const;

    Workload& workload_;
    Runtime& runtime_;
    std::string name_;
    std::vector<std::unique_ptr<Link>> links_;
    std::vector<Leader> leaders_;
    Mutex asking_;
    std::size_t any_ = 0;
};

}  // namespace gregor::scenarios::clients
