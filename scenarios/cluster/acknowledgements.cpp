#include "scenarios/cluster/acknowledgements.h"

namespace gregor::scenarios::cluster {
namespace {

replication::HostedRef hosted_by(const ClusterNode& node,
                                 const replication::TopicPartition& partition) {
    server::Node* const serving = node.serving();
    if (serving == nullptr || serving->find_replicas() == nullptr) return nullptr;
    return serving->find_replicas()->find(partition);
}

/// None: it does not lead.
protocol::LeaderEpoch epoch_led_by(const replication::HostedRef& hosted) {
    if (hosted == nullptr || !hosted->state.is_leader()) return protocol::kNoLeaderEpoch;
    return hosted->state.leader()->epoch;
}

}  // namespace

Acknowledgements::Question Acknowledgements::ask(const clients::PartitionUnderTest& partition,
                                                 std::size_t broker) const {
    const ClusterNode& node = nodes_.all.at(broker);
    Question question{.node = &node,
                      .partition = {partition.topic, partition.index},
                      .start = node.machine->starts()};
    question.leader_epoch = epoch_led_by(hosted_by(node, question.partition));
    return question;
}

void Acknowledgements::judge(const Question& question, std::int16_t acks,
                             std::int64_t last_offset) const {
    if (acks == -1) judge_all(question, protocol::Offset(last_offset));
    if (acks == 1) judge_leader(question, protocol::Offset(last_offset));
}

void Acknowledgements::judge_all(const Question& question, protocol::Offset last_offset) const {
    const auto* topic =
        nodes_.image() == nullptr ? nullptr : nodes_.image()->find_topic(question.partition.topic);
    if (topic == nullptr) return;
    const auto committed = observer_.invariants().committed_end(
        {topic->id, protocol::PartitionId(question.partition.partition)});
    if (!committed) return;
    judge_.compared();
    if (*committed > last_offset) return;
    judge_.violated("R12",
                    "{}: {} answers that all have offset {}, and no leader had a high watermark "
                    "above {} yet",
                    question.partition, question.node->machine->name(), last_offset, *committed);
}

void Acknowledgements::judge_leader(const Question& question, protocol::Offset last_offset) const {
    if (question.leader_epoch == protocol::kNoLeaderEpoch) return;
    if (question.start != question.node->machine->starts()) return;
    const auto hosted = hosted_by(*question.node, question.partition);
    if (epoch_led_by(hosted) != question.leader_epoch) return;
    judge_.compared();
    if (hosted->log->log_end_offset() > last_offset) return;
    judge_.violated("R12", "{}: {} answers that it has offset {}, and its log ends at {}",
                    question.partition, question.node->machine->name(), last_offset,
                    hosted->log->log_end_offset());
}

}  // namespace gregor::scenarios::cluster
