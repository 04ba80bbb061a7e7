#include "scenarios/checkers/anomalies/history_tables.h"

#include <fmt/format.h>

#include "sim/base/check.h"

namespace gregor::scenarios {

Id HistoryTables::named(Interner& names, std::string_view name, Settings& settings, bool is_use) {
    const Id id = names.id_of(name);
    if (id == settings.size()) settings.push_back({.settings = defaults_});
    settings[id].is_used |= is_use;
    return id;
}

Id HistoryTables::partition(const PartitionName& name) {
    const Id topic = named(topics, name.topic, topic_settings_);
    const std::uint64_t key =
        std::uint64_t{topic} << 32U | static_cast<std::uint32_t>(name.partition);
    if (const Id* found = partition_ids_.find(key)) return *found;
    const auto id = static_cast<Id>(partitions.size());
    partition_ids_.try_emplace(key, id);
    partitions.push_back(std::make_unique<PartitionState>());
    partitions.back()->topic = topic;
    partitions.back()->number = name.partition;
    return id;
}

Id HistoryTables::value(std::string_view text) {
    const Id id = value_texts.id_of(text);
    if (id == values.size()) values.push_back({});
    return id;
}

Id HistoryTables::transaction(Id producer, TransactionNumber number) {
    if (transaction_ids_.size() <= producer) transaction_ids_.resize(producer + 1);
    HashMap<TransactionNumber, Id>& ids = transaction_ids_[producer];
    if (const Id* found = ids.find(number)) return *found;
    CHECK(transactions.size() < kNone, "too many transactions");
    const auto id = static_cast<Id>(transactions.size());
    ids.try_emplace(number, id);
    transactions.push_back({.number = number, .producer = producer});
    return id;
}

bool HistoryTables::configure(const ConfigEvent& config) {
    const auto set = [&](Interner& names, Settings& all) {
        NamedSettings& one = all[named(names, config.name, all, false)];
        if (one.is_used || one.is_set) return false;
        one.settings = config.settings;
        return one.is_set = true;
    };
    switch (config.of) {
        case ConfigEvent::Of::topic: return set(topics, topic_settings_);
        case ConfigEvent::Of::producer: return set(producers, producer_settings_);
        case ConfigEvent::Of::consumer: return set(consumers, consumer_settings_);
        case ConfigEvent::Of::group: return set(groups, group_settings_);
    }
    UNREACHABLE("settings of {}", static_cast<int>(config.of));
}

std::string HistoryTables::name_of(Id partition) const {
    const PartitionState& state = *partitions[partition];
    return fmt::format("{}-{}", topics.text(state.topic), state.number);
}

std::string HistoryTables::text_of(Id value) const {
    return fmt::format("'{}'", value_texts.text(value));
}

std::string HistoryTables::text_of_transaction(Id transaction) const {
    const TransactionState& state = transactions[transaction];
    return fmt::format("{}'s transaction {}", producers.text(state.producer), state.number);
}

}  // namespace gregor::scenarios
