#include "tests/script/transactions/transaction_commands.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "tests/support/catch.h"

namespace gregor::coordinator::test {
namespace {

using protocol::ErrorCode;
using protocol::PartitionId;
using protocol::ProducerEpoch;
using protocol::ProducerId;

ProducerIdAndEpoch producer_of(const std::string& text) {
    const std::size_t slash = text.find('/');
    return {ProducerId(std::stoll(text.substr(0, slash))),
            ProducerEpoch(static_cast<std::int16_t>(std::stoi(text.substr(slash + 1))))};
}

TransactionPartition partition_of(const std::string& text) {
    const std::size_t dash = text.rfind('-');
    return {text.substr(0, dash), PartitionId(std::stoi(text.substr(dash + 1)))};
}

std::string text_of(const ProducerIdAndEpoch& producer) {
    return fmt::format("{}/{}", producer.id, producer.epoch);
}

std::string text_of(const std::set<TransactionPartition>& partitions) {
    std::string text;
    for (const auto& each : partitions) {
        text += fmt::format(" {}-{}", each.topic, each.partition);
    }
    return text;
}

std::string text_of(const TransactionMetadata& metadata) {
    std::string text = fmt::format("{} {}", name(metadata.state), text_of(metadata.producer));
    if (metadata.next_producer_id != protocol::kNoProducerId) {
        text += fmt::format(" next {}", metadata.next_producer_id);
    }
    if (metadata.previous_producer_id != protocol::kNoProducerId) {
        text += fmt::format(" previous {}", metadata.previous_producer_id);
    }
    return text + text_of(metadata.partitions);
}

std::string text_of(const ProducerAnswer& answer) {
    if (answer.error != ErrorCode::none) return fmt::format("{}", answer.error);
    return "producer " + text_of(answer.producer);
}

bool takes(const std::string& word, std::string_view prefix, std::string& value) {
    if (!word.starts_with(prefix)) return false;
    value = word.substr(prefix.size());
    return true;
}

}  // namespace

std::vector<std::string> TransactionCommands::run(const std::string& line) {
    Words words;
    std::istringstream in(line);
    for (std::string word; in >> word;) words.push_back(word);
    const std::map<std::string, TransactionMetadata> before = shard_.machine().transactions();
    Lines said = execute(words);
    const auto& after = shard_.machine().transactions();
    for (const auto& [id, metadata] : before) {
        if (!after.contains(id)) said.push_back(id + ": forgotten");
    }
    for (const auto& [id, metadata] : after) {
        const auto known = before.find(id);
        if (known != before.end() && known->second == metadata) continue;
        said.push_back(fmt::format("{}: {}", id, text_of(metadata)));
    }
    return said;
}

TransactionCommands::Lines TransactionCommands::execute(const Words& words) {
    const std::string& command = words.at(0);
    if (command == "init") return init(words);
    if (command == "add") return add(words, false);
    if (command == "verify") return add(words, true);
    if (command == "commit") return end(words, true);
    if (command == "abort") return end(words, false);
    if (command == "markers") return markers(words.size() > 1);
    if (command == "written") return written(words);
    if (command == "describe") return describe(words.at(1));
    if (command == "list") return list(words);
    if (command == "wait") {
        shard_.wait(std::stoll(words.at(1)));
    } else if (command == "restart") {
        shard_.restart();
    } else if (command == "epoch") {
        set_epoch(words);
    } else if (command == "writes") {
        shard_.set_writes_fail(words.at(1) == "fail");
    } else {
        FAIL("unknown command " << command);
    }
    return {};
}

TransactionCommands::Lines TransactionCommands::init(const Words& words) {
    InitProducer request{.transactional_id = words.at(1),
                         .timeout_ms = 60'000,
                         .expected = std::nullopt,
                         .fresh_id = std::nullopt};
    for (std::size_t i = 2; i < words.size(); ++i) {
        std::string value;
        if (takes(words[i], "timeout=", value)) request.timeout_ms = std::stoi(value);
        if (takes(words[i], "as=", value)) request.expected = producer_of(value);
    }
    return {text_of(shard_.ask_producer(std::move(request)))};
}

TransactionCommands::Lines TransactionCommands::add(const Words& words, bool verify_only) {
    AddPartitions request{.transactional_id = words.at(1),
                          .producer = producer_of(words.at(2)),
                          .partitions = {},
                          .verify_only = verify_only};
    for (std::size_t i = 3; i < words.size(); ++i) {
        if (words[i] == "v2") {
            request.client_version = kEpochPerTransaction;
        } else {
            request.partitions.insert(partition_of(words[i]));
        }
    }
    const AddAnswer answer = shard_.add(std::move(request));
    if (answer.error != ErrorCode::none) return {fmt::format("{}", answer.error)};
    if (!answer.absent.empty()) return {"not in the transaction:" + text_of(answer.absent)};
    return {"ok"};
}

TransactionCommands::Lines TransactionCommands::end(const Words& words, bool commit) {
    EndTransaction request{.transactional_id = words.at(1),
                           .producer = producer_of(words.at(2)),
                           .commit = commit,
                           .fresh_id = std::nullopt};
    if (words.size() > 3) request.client_version = kEpochPerTransaction;
    return {text_of(shard_.ask_producer(std::move(request)))};
}

TransactionCommands::Lines TransactionCommands::markers(bool is_last_lost) {
    Lines lines;
    for (TransactionMarker& marker : shard_.take_markers(is_last_lost)) {
        lines.push_back(fmt::format("marker of {}: {} {} coordinator epoch {}:{}",
                                    marker.transactional_id, marker.commit ? "commit" : "abort",
                                    text_of(marker.producer), marker.coordinator_epoch,
                                    text_of(marker.partitions)));
        taken_.insert_or_assign(marker.transactional_id, std::move(marker));
    }
    return lines;
}

TransactionCommands::Lines TransactionCommands::written(const Words& words) {
    TransactionMarker marker = taken_.at(words.at(1));
    if (words.size() > 2) marker.partitions.clear();
    for (std::size_t i = 2; i < words.size(); ++i) {
        marker.partitions.insert(partition_of(words[i]));
    }
    const auto noted = shard_.ask(MarkersWritten{std::move(marker)});
    return noted ? Lines{} : Lines{"COORDINATOR_NOT_AVAILABLE"};
}

void TransactionCommands::set_epoch(const Words& words) {
    TransactionMetadata metadata = *shard_.machine().find(words.at(1));
    metadata.producer.epoch = ProducerEpoch(static_cast<std::int16_t>(std::stoi(words.at(2))));
    shard_.write(encode_transaction(words.at(1), metadata, 1));
}

TransactionCommands::Lines TransactionCommands::describe(const std::string& transactional_id) {
    const auto answer = shard_.ask(DescribeTransaction{transactional_id});
    const Description& description = std::get<Description>(answer.value());
    if (description.error != ErrorCode::none) return {fmt::format("{}", description.error)};
    return {fmt::format("{} timeout {} started {}", text_of(description.metadata),
                        description.metadata.timeout_ms, description.metadata.start_ms)};
}

TransactionCommands::Lines TransactionCommands::list(const Words& words) {
    ListTransactions request;
    for (std::size_t i = 1; i < words.size(); ++i) {
        std::string value;
        if (takes(words[i], "state=", value)) {
            request.states.insert(find_transaction_state(value).value());
        }
        if (takes(words[i], "longer=", value)) request.longer_than_ms = std::stoll(value);
        if (takes(words[i], "producer=", value)) {
            request.producer_ids.insert(ProducerId(std::stoll(value)));
        }
    }
    Lines lines;
    const auto answer = shard_.ask(std::move(request));
    for (const auto& entry : std::get<Listing>(answer.value()).entries) {
        lines.push_back(
            fmt::format("{} {} {}", entry.transactional_id, entry.producer_id, name(entry.state)));
    }
    return lines;
}

}  // namespace gregor::coordinator::test
