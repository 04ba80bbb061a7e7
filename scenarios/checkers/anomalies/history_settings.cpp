#include "scenarios/checkers/anomalies/history_settings.h"

namespace gregor::scenarios {

Excuse excuse_of_loss(const HistorySettings& topic) {
    if (topic.unclean_elections) return Excuse::unclean_elections;
    // Who reads has been told of a high watermark: min.insync.replicas had the record.
    if (topic.disk_losses >= topic.min_insync_replicas) return Excuse::lost_replicas;
    const bool is_synced = topic.flushes_every_message;
    if (!is_synced && topic.power_losses >= topic.min_insync_replicas) {
        return Excuse::lost_replicas;
    }
    return Excuse::none;
}

Excuse excuse_of_loss(const HistorySettings& topic, const HistorySettings& producer) {
    const Excuse excuse = excuse_of_loss(topic);
    if (excuse != Excuse::none) return excuse;
    return producer.acks_all ? Excuse::none : Excuse::acks;
}

Excuse excuse_of_repeat(const HistorySettings& topic, const HistorySettings& producer) {
    if (!producer.idempotence) return Excuse::not_idempotent;
    return excuse_of_loss(topic);
}

}  // namespace gregor::scenarios
