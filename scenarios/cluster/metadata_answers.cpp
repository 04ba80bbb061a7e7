#include "scenarios/cluster/metadata_answers.h"

namespace gregor::scenarios::cluster {

void MetadataAnswers::image_published() {
    nodes_.look_at_images();
    if (nodes_.image() == nullptr) return;
    for (const auto& [id, broker] : nodes_.image()->brokers()) {
        if (broker.fenced) {
            fenced_since_.try_emplace(id, nodes_.image_offset());
        } else {
            fenced_since_.erase(id);
        }
    }
}

MetadataAnswers::Question MetadataAnswers::ask(protocol::NodeId broker) const {
    const ClusterNode& node = nodes_.node(broker);
    server::Node* const serving = node.serving();
    if (serving == nullptr) return {};
    return {.node = &node,
            .start = node.machine->starts(),
            .image_offset = serving->metadata().image_offset(),
            .image = serving->metadata().image()};
}

void MetadataAnswers::judge(const Question& question,
                            const protocol::MetadataResponse& answer) const {
    // Another process may have answered, of which nothing is known.
    if (question.image == nullptr || question.start != question.node->machine->starts()) return;
    judge_.compared();
    for (const auto& broker : answer.brokers) {
        const auto since = fenced_since_.find(broker.node_id);
        if (since == fenced_since_.end() || since->second > question.image_offset.value()) continue;
        judge_.violated("M4", "{} tells clients of n{}, which is fenced since the image at {}",
                        question.node->machine->name(), broker.node_id, since->second);
    }
    for (const auto& topic : answer.topics) {
        for (const auto& partition : topic.partitions) {
            judge_partition(question, topic, partition);
        }
    }
}

void MetadataAnswers::judge_partition(const Question& question,
                                      const protocol::MetadataResponse::Topic& of,
                                      const protocol::MetadataResponse::Partition& told) const {
    const std::string topic = of.name.value_or("");
    const auto* known = question.image->find_topic(topic);
    const auto* now = nodes_.image()->find_topic(topic);
    // Another topic of that name, before or behind it.
    if (known == nullptr || now == nullptr || known->id != of.topic_id || now->id != of.topic_id) {
        return;
    }
    const auto* first = known->find(told.partition_index);
    const auto* newest = now->find(told.partition_index);
    if (first == nullptr || newest == nullptr) return;
    if (told.leader_epoch < first->leader_epoch || told.leader_epoch > newest->leader_epoch) {
        judge_.violated("M5", "{} tells clients that {}-{} is led in epoch {}, between {} and {}",
                        question.node->machine->name(), topic, told.partition_index,
                        told.leader_epoch, first->leader_epoch, newest->leader_epoch);
    }
    if (told.error_code != protocol::ErrorCode::none || *first != *newest) return;
    if (told.leader_id == first->leader && told.isr_nodes == first->isr &&
        told.replica_nodes == first->replicas) {
        return;
    }
    judge_.violated("M2", "{} tells clients of {}-{} something else than it has read",
                    question.node->machine->name(), topic, told.partition_index);
}

}  // namespace gregor::scenarios::cluster
