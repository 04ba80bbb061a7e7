#include "scenarios/cluster/inquiry.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <vector>

#include "broker/drivers/transaction_coordinators.h"
#include "scenarios/checkers/image_answers.h"
#include "scenarios/checkers/quorum_answers.h"
#include "scenarios/checkers/transaction_answers.h"

namespace gregor::scenarios::cluster {
namespace {

using metadata::ConfigResourceType;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::DescribeQuorumRequest;
using protocol::DescribeQuorumResponse;
using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::DescribeTransactionsRequest;
using protocol::DescribeTransactionsResponse;
using protocol::ErrorCode;
using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;
using protocol::NodeId;

QuorumMoment::Replica seen(const raft::ReplicaState& replica) {
    return {.end_offset = replica.end_offset,
            .last_fetch = replica.last_fetch,
            .last_caught_up = replica.last_caught_up};
}

QuorumMoment::Leader look_at_leader(const ClusterNode& node, const raft::Raft& core,
                                    const raft::LeaderState& state) {
    QuorumMoment::Leader leader{
        .start = node.machine->starts(),
        .epoch = core.epoch(),
        .high_watermark = state.high_watermark().value_or(protocol::kNoOffset),
        .log_end_offset = core.end_offset(),
        .voters_since = core.voter_history().latest_offset().value_or(protocol::kNoOffset),
        .now = node.machine->clock().now(),
        .wall_ms = to_epoch_ms(node.machine->clock().wall())};
    for (const auto& [id, voter] : state.voters()) {
        leader.voters[{voter.key.id, voter.key.directory_id}] = seen(voter);
    }
    for (const auto& [key, observer] : state.observers()) {
        leader.observers[{key.id, key.directory_id}] = seen(observer);
    }
    return leader;
}

QuorumMoment look_at_quorum(const Nodes& nodes) {
    QuorumMoment moment;
    for (const ClusterNode& each : nodes.all) {
        server::Node* const node = each.running();
        drivers::ClusterMetadata* const metadata =
            node == nullptr ? nullptr : node->find_metadata();
        if (metadata == nullptr || !metadata->raft().has_started()) continue;
        const raft::Raft& core = metadata->raft().core();
        moment.newest_epoch = std::max(moment.newest_epoch, core.epoch());
        const auto* leader = std::get_if<raft::Leader>(&core.role());
        if (leader == nullptr) continue;
        moment.leaders[NodeId(each.id)] = look_at_leader(each, core, leader->state);
    }
    return moment;
}

TransactionMoment look_at_transactions(const ClusterNode& node) {
    TransactionMoment moment{.start = node.machine->starts()};
    server::Node* const serving = node.serving();
    const auto* coordinators = serving == nullptr ? nullptr : serving->find_transactions();
    if (coordinators == nullptr) return moment;
    for (const protocol::PartitionId partition : coordinators->driver().partitions()) {
        const auto* machine = coordinators->driver().find_machine(partition);
        if (machine == nullptr) {
            moment.loads = true;
            continue;
        }
        moment.loaded[partition] = *coordinators->driver().epoch_of(partition);
        moment.transactions.insert(machine->transactions().begin(), machine->transactions().end());
    }
    return moment;
}

}  // namespace

class Inquiry::Inquirer {
public:
    Inquirer(Inquiry& inquiry, Runtime& runtime, std::string name)
        : workload_(inquiry.workload_),
          nodes_(inquiry.nodes_),
          runtime_(runtime),
          random_(runtime.random()),
          name_(std::move(name)) {
        for (const Endpoint& broker : workload_.brokers) {
            links_.push_back(std::make_unique<clients::Link>(workload_, runtime, name_, broker));
        }
    }
    ~Inquirer() { workload_.doing.erase(name_); }

    void ask_at_random() {
        broker_ = random_.below(links_.size());
        constexpr std::array kQuestions{&Inquirer::ask_quorum,        &Inquirer::ask_topics,
                                        &Inquirer::ask_topic_configs, &Inquirer::ask_broker_configs,
                                        &Inquirer::ask_transaction,   &Inquirer::ask_transactions};
        (this->*kQuestions[random_.below(kQuestions.size())])();
    }

    void ask_all() {
        is_at_rest_ = true;
        for (broker_ = 0; broker_ < links_.size(); ++broker_) {
            if (nodes_.all[broker_].is_absent) continue;
            ask_quorum();
            ask_topics();
            ask_topic_configs();
            ask_broker_configs();
            ask_transaction();
            ask_transactions();
        }
    }

private:
    static constexpr int kTries = 5;
    static constexpr Duration kRest = 200ms;

    [[nodiscard]] const ClusterNode& node() const { return nodes_.all[broker_]; }

    /// What a process of the broker went by.
    struct Knowledge {
        std::uint64_t start = 0;
        metadata::ImageRef image;  // nullptr: it does not serve
    };
    [[nodiscard]] Knowledge look() const {
        server::Node* const serving = node().serving();
        if (serving == nullptr) return {};
        return {.start = node().machine->starts(), .image = serving->metadata().image()};
    }
    [[nodiscard]] static bool is_one_process(const Knowledge& before, const Knowledge& after) {
        return before.image != nullptr && after.image != nullptr && before.start == after.start;
    }

    template <class Response, class Request>
    std::optional<Response> ask(const Request& request, std::int16_t version) {
        auto response = links_[broker_]->call<Response>(request, version);
        if (!response) return std::nullopt;
        return *std::move(response);
    }

    void judge(const AnswerVerdict& verdict) {
        workload_.judge.compared();
        if (!verdict) return;
        workload_.judge.violated(verdict->invariant, "{} tells: {}", node().machine->name(),
                                 verdict->text);
    }

    // The quorum. ---------------------------------------------------------------------------------

    /// At rest whoever is asked finds the leader, though not over a connection that has died.
    void ask_quorum() {
        for (int left = is_at_rest_ ? kTries : 1; left > 0; --left) {
            const auto error = describe_quorum();
            if (!error || *error == ErrorCode::none || !is_at_rest_) return;
            if (left == 1) {
                judge(
                    wrong_answer("V4", "the quorum is not described: {}", protocol::name(*error)));
            }
            runtime_.clock().sleep_for(kRest);
        }
    }

    /// What is told; nothing: nobody answered.
    std::optional<ErrorCode> describe_quorum() {
        const QuorumMoment before = look_at_quorum(nodes_);
        DescribeQuorumRequest request;
        request.topics.push_back({.topic_name = "__cluster_metadata"});
        request.topics[0].partitions.emplace_back();
        const auto response = ask<DescribeQuorumResponse>(request, 2);
        if (!response) return std::nullopt;
        const QuorumMoment after = look_at_quorum(nodes_);
        if (response->error_code == ErrorCode::none) {
            judge(QuorumAnswers(before, after).check(*response));
        }
        return response->error_code;
    }

    // What is in an image. ------------------------------------------------------------------------

    void ask_topics() {
        const Knowledge before = look();
        std::vector<ImageAnswers::Topic> told;
        DescribeTopicPartitionsRequest request;
        request.response_partition_limit = static_cast<std::int32_t>(random_.between(1L, 20L));
        while (true) {
            auto response = ask<DescribeTopicPartitionsResponse>(request, 0);
            if (!response) return;
            std::ranges::move(response->topics, std::back_inserter(told));
            if (!response->next_cursor) break;
            request.cursor = DescribeTopicPartitionsRequest::Cursor{
                .topic_name = response->next_cursor->topic_name,
                .partition_index = response->next_cursor->partition_index};
        }
        const Knowledge after = look();
        if (!is_one_process(before, after)) return;
        judge(ImageAnswers(*before.image, *after.image).check_topics(told));
    }

    std::optional<ImageAnswers::Described> ask_configs(ConfigResourceType type, std::string name) {
        DescribeConfigsRequest request;
        request.resources.push_back({.resource_type = static_cast<std::int8_t>(type),
                                     .resource_name = std::move(name),
                                     .configuration_keys = std::nullopt});
        auto response = ask<DescribeConfigsResponse>(request, 4);
        if (!response || response->results.size() != 1) return std::nullopt;
        return std::move(response->results[0]);
    }

    void ask_topic_configs() {
        const Knowledge before = look();
        if (before.image == nullptr || before.image->topic_ids().empty()) return;
        const auto& topics = before.image->topic_ids();
        auto topic = topics.begin();
        std::advance(topic, static_cast<std::ptrdiff_t>(random_.below(topics.size())));
        const auto told = ask_configs(ConfigResourceType::topic, topic->first);
        const Knowledge after = look();
        if (!told || !is_one_process(before, after)) return;
        judge(ImageAnswers(*before.image, *after.image)
                  .check_topic_configs(*told, *node().serving()->config().topic_defaults()));
    }

    void ask_broker_configs() {
        const Knowledge before = look();
        const auto told = ask_configs(ConfigResourceType::broker, fmt::format("{}", node().id));
        const Knowledge after = look();
        if (!told || !is_one_process(before, after)) return;
        std::map<std::string, std::string> properties;
        for (const auto& [key, value] : node().serving()->config().properties()) {
            if (server::find_config_key(key) != nullptr) properties.emplace(key, value);
        }
        judge(ImageAnswers(*before.image, *after.image).check_broker_configs(*told, properties));
    }

    // Transactions. -------------------------------------------------------------------------------

    /// One that the broker knows, or one that nobody has.
    void ask_transaction() {
        const TransactionMoment before = look_at_transactions(node());
        std::string id = "nobody";
        if (!before.transactions.empty()) {
            auto known = before.transactions.begin();
            const auto place = random_.below(before.transactions.size());
            std::advance(known, static_cast<std::ptrdiff_t>(place));
            id = known->first;
        }
        DescribeTransactionsRequest request;
        request.transactional_ids.push_back(id);
        const auto response = ask<DescribeTransactionsResponse>(request, 0);
        const Knowledge now = look();
        if (!response || response->transaction_states.size() != 1 || now.image == nullptr) return;
        const auto partition = drivers::TransactionCoordinators::partition_of(*now.image, id);
        if (!partition) return;
        const TransactionMoment after = look_at_transactions(node());
        judge(TransactionAnswers(before, after).check(*partition, response->transaction_states[0]));
    }

    void ask_transactions() {
        const TransactionMoment before = look_at_transactions(node());
        const auto response = ask<ListTransactionsResponse>(ListTransactionsRequest{}, 1);
        if (!response) return;
        const TransactionMoment after = look_at_transactions(node());
        judge(TransactionAnswers(before, after).check(*response));
    }

    clients::Workload& workload_;
    const Nodes& nodes_;
    Runtime& runtime_;
    Random& random_;
    std::string name_;
    std::vector<std::unique_ptr<clients::Link>> links_;
    std::size_t broker_ = 0;
    bool is_at_rest_ = false;
};

void Inquiry::ask_at_random(Runtime& runtime) {
    while (!workload_.topics_made) runtime.clock().sleep_for(50ms);
    Inquirer inquirer(*this, runtime, "inquiry");
    while (workload_.phase == clients::Phase::faults) {
        runtime.clock().sleep_for(runtime.random().between(Duration(50ms), Duration(500ms)));
        inquirer.ask_at_random();
    }
}

void Inquiry::ask_all(Runtime& runtime) {
    Inquirer(*this, runtime, "last-inquiry").ask_all();
    is_done_ = true;
}

}  // namespace gregor::scenarios::cluster
