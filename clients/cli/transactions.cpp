// kafka-transactions.sh: which transactions there are, who writes to a partition in one, and how to
// get rid of one that nobody ends.
#include <algorithm>
#include <memory>
#include <optional>

#include "clients/admin/transaction_admin.h"
#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

using admin::TransactionAdmin;
using client::Error;
using client::TopicPartition;
using protocol::PartitionId;

using Rows = std::vector<std::vector<std::string>>;

struct Options {
    std::string transactional_id;
    std::string topic;
    std::optional<std::int32_t> partition;
    std::optional<std::int32_t> broker;
    std::optional<std::int64_t> duration_filter;
    std::optional<std::int64_t> start_offset;
    std::optional<std::int64_t> producer_id;
    std::optional<std::int32_t> producer_epoch;
    std::optional<std::int32_t> coordinator_epoch;
    std::int64_t max_timeout_minutes = 15;
};

/// As Kafka's tools print tables: cells as wide as their column, a tab behind each.
void print_rows(const Rows& rows) {
    std::vector<std::size_t> widths(rows.front().size(), 0);
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += fmt::format("{:<{}}\t", row[i], widths[i]);
        }
        fmt::print("{}\n", line);
    }
}

std::string text(std::int64_t number) { return fmt::format("{}", number); }
std::string text_or_none(bool is_there, std::int64_t number) {
    return is_there ? text(number) : "None";
}

class TransactionsCommand {
public:
    TransactionsCommand(Context& context, const Options& options)
        : context_(context), options_(options), transactions_(context.cluster) {}

    Result<int, Error> list() {
        Rows rows{{"TransactionalId", "Coordinator", "ProducerId", "TransactionState"}};
        for (const auto& each :
             TRY(transactions_.list({.longer_than_ms = options_.duration_filter.value_or(-1)}))) {
            rows.push_back({each.transaction.transactional_id, text(each.coordinator.value()),
                            text(each.transaction.producer_id.value()),
                            each.transaction.transaction_state});
        }
        print_rows(rows);
        return kDone;
    }

    Result<int, Error> describe() {
        const auto found = TRY(transactions_.describe(options_.transactional_id));
        const auto& transaction = found.transaction;
        const std::int64_t start_ms = transaction.transaction_start_time_ms;
        std::vector<std::string> partitions;
        for (const auto& topic : transaction.topics) {
            for (const PartitionId partition : topic.partitions) {
                partitions.push_back(fmt::format("{}-{}", topic.topic, partition));
            }
        }
        print_rows(
            {{"CoordinatorId", "TransactionalId", "ProducerId", "ProducerEpoch", "TransactionState",
              "TransactionTimeoutMs", "CurrentTransactionStartTimeMs", "TransactionDurationMs",
              "TopicPartitions"},
             {text(found.coordinator.value()), options_.transactional_id,
              text(transaction.producer_id.value()), text(transaction.producer_epoch.value()),
              transaction.transaction_state, text(transaction.transaction_timeout_ms),
              text_or_none(start_ms >= 0, start_ms),
              text_or_none(start_ms >= 0, now_ms() - start_ms),
              fmt::format("{}", fmt::join(partitions, ","))}});
        return kDone;
    }

    Result<int, Error> describe_producers() {
        Rows rows{{"ProducerId", "ProducerEpoch", "LatestCoordinatorEpoch", "LastSequence",
                   "LastTimestamp", "CurrentTransactionStartOffset"}};
        for (const auto& each : TRY(transactions_.producers(partition()))) {
            const std::int64_t start = each.current_txn_start_offset.value();
            rows.push_back({text(each.producer_id.value()), text(each.producer_epoch),
                            text(each.coordinator_epoch), text(each.last_sequence),
                            text(each.last_timestamp), text_or_none(start >= 0, start)});
        }
        print_rows(rows);
        return kDone;
    }

    Result<int, Error> abort() {
        const bool is_named =
            options_.producer_id && options_.producer_epoch && options_.coordinator_epoch;
        if (!options_.start_offset && !is_named) {
            complain(
                "The transaction to abort must be identified either with --start-offset or with "
                "all of --producer-id, --producer-epoch and --coordinator-epoch");
            return kUsage;
        }
        TransactionAdmin::OpenTransaction transaction{.partition = partition(), .producer = {}};
        if (options_.start_offset) {
            const auto producers = TRY(transactions_.producers(partition()));
            const auto found = std::ranges::find_if(producers, [this](const auto& each) {
                return each.current_txn_start_offset.value() == *options_.start_offset;
            });
            if (found == producers.end()) {
                complain(
                    "Could not find any open transactions starting at offset {} on partition {}",
                    *options_.start_offset, partition());
                return kFailed;
            }
            transaction.producer = *found;
        } else {
            transaction.producer.producer_id = protocol::ProducerId(*options_.producer_id);
            transaction.producer.producer_epoch = *options_.producer_epoch;
            transaction.producer.coordinator_epoch = *options_.coordinator_epoch;
        }
        TRY(transactions_.abort(transaction));
        return kDone;
    }

    Result<int, Error> find_hanging() {
        if (options_.topic.empty() && !options_.broker) {
            complain("The `find-hanging` command requires either --topic or --broker-id");
            return kUsage;
        }
        constexpr std::int64_t kMinuteMs = 60'000;
        const std::int64_t now = now_ms();
        Rows rows{{"Topic", "Partition", "ProducerId", "ProducerEpoch", "CoordinatorEpoch",
                   "StartOffset", "LastTimestamp", "Duration(min)"}};
        const std::vector<TopicPartition> looked_at = TRY(partitions());
        const auto hanging = TRY(
            transactions_.find_hanging(looked_at, now, options_.max_timeout_minutes * kMinuteMs));
        for (const auto& [partition, producer] : hanging) {
            rows.push_back(
                {partition.topic, text(partition.partition.value()),
                 text(producer.producer_id.value()), text(producer.producer_epoch),
                 text(producer.coordinator_epoch), text(producer.current_txn_start_offset.value()),
                 text(producer.last_timestamp), text((now - producer.last_timestamp) / kMinuteMs)});
        }
        print_rows(rows);
        return kDone;
    }

private:
    [[nodiscard]] TopicPartition partition() const {
        return {options_.topic, PartitionId(options_.partition.value_or(0))};
    }
    [[nodiscard]] std::int64_t now_ms() { return to_epoch_ms(context_.runtime.clock().wall()); }

    /// Those that the flags name.
    [[nodiscard]] Result<std::vector<TopicPartition>, Error> partitions() {
        std::vector<std::string> topics;
        if (!options_.topic.empty()) topics.push_back(options_.topic);
        std::vector<TopicPartition> all;
        const auto metadata = TRY(
            context_.cluster.metadata(topics, deadline_after(context_.runtime.clock().now(), 60s)));
        for (const auto& topic : metadata.topics) {
            if (topic.error_code != protocol::ErrorCode::none) {
                return fail(client::error_of(topic.error_code));
            }
            for (const auto& each : topic.partitions) {
                const std::int32_t index = each.partition_index.value();
                if (options_.partition && *options_.partition != index) continue;
                const auto& replicas = each.replica_nodes;
                const bool is_there =
                    !options_.broker ||
                    std::ranges::count(replicas, protocol::NodeId(*options_.broker)) > 0;
                if (is_there) all.push_back({*topic.name, each.partition_index});
            }
        }
        return all;
    }

    Context& context_;
    const Options& options_;
    TransactionAdmin transactions_;
};

using Verb = Result<int, Error> (TransactionsCommand::*)();

void add_partition(CLI::App& command, Options& options, bool is_required) {
    command.add_option("--topic", options.topic, "topic name")->required(is_required);
    command.add_option("--partition", options.partition, "partition number")->required(is_required);
}

}  // namespace

Action add_transactions(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.require_subcommand(1);
    command.fallthrough();
    std::vector<std::pair<CLI::App*, Verb>> verbs;
    const auto add = [&](const char* name, const char* what, Verb verb) -> CLI::App& {
        CLI::App* added = command.add_subcommand(name, what);
        added->fallthrough();
        verbs.emplace_back(added, verb);
        return *added;
    };
    add("list", "the transactions of all coordinators", &TransactionsCommand::list)
        .add_option("--duration-filter", options->duration_filter,
                    "only those that run for longer than so many ms");
    add("describe", "one transactional id", &TransactionsCommand::describe)
        .add_option("--transactional-id", options->transactional_id, "transactional id")
        ->required();
    add_partition(add("describe-producers", "who writes to a partition",
                      &TransactionsCommand::describe_producers),
                  *options, true);
    CLI::App& abort = add("abort", "a hanging transaction", &TransactionsCommand::abort);
    add_partition(abort, *options, true);
    abort.add_option("--start-offset", options->start_offset, "where the transaction begins");
    abort.add_option("--producer-id", options->producer_id, "producer id");
    abort.add_option("--producer-epoch", options->producer_epoch, "producer epoch");
    abort.add_option("--coordinator-epoch", options->coordinator_epoch, "coordinator epoch");
    CLI::App& hanging = add("find-hanging", "transactions that no coordinator knows of",
                            &TransactionsCommand::find_hanging);
    add_partition(hanging, *options, false);
    hanging.add_option("--broker-id", options->broker, "partitions of this broker");
    hanging.add_option("--max-transaction-timeout", options->max_timeout_minutes,
                       "only those that are open for longer than so many minutes");
    return [options, verbs](Context& context) {
        TransactionsCommand transactions(context, *options);
        for (const auto& [subcommand, verb] : verbs) {
            if (!subcommand->parsed()) continue;
            const auto code = (transactions.*verb)();
            return code ? *code : failed("transactions", code.error());
        }
        return kUsage;
    };
}

}  // namespace gregor::cli
