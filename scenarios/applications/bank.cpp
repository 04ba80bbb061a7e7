#include "scenarios/applications/bank.h"

#include <algorithm>

#include "scenarios/applications/auditor.h"
#include "scenarios/applications/deserter.h"
#include "scenarios/applications/draw.h"
#include "scenarios/applications/pipeline_settings.h"
#include "scenarios/applications/recorded_consumer.h"
#include "scenarios/applications/recorded_transactions.h"
#include "scenarios/applications/transaction_impostor.h"
#include "scenarios/applications/transaction_version.h"

namespace gregor::scenarios::applications {
namespace {

using client::TopicPartition;
using clients::Phase;

constexpr std::int64_t kEpochPerTransaction = 2;  // transaction.version

struct TellerSlot {
    std::string name;
    std::string transactional_id;
    bool is_twin = false;
    std::uint64_t started = 0;
    bool is_done = false;
    std::string doing;
};

struct BankCounts {
    std::uint64_t transfers = 0;  // of transactions that were committed
    std::uint64_t committed = 0;
    std::uint64_t aborted = 0;
    std::uint64_t fenced = 0;
    std::uint64_t consistent_readings = 0;
    std::uint64_t deserters = 0;
    std::uint64_t impersonations = 0;  // that were refused
};

/// One process of a teller.
class Teller {
public:
    Teller(const ApplicationContext& context, const PipelineSettings& settings, Process& process,
           TellerSlot& slot, BankCounts& counts)
        : context_(context),
          settings_(settings),
          process_(process),
          random_(process.runtime.random()),
          slot_(slot),
          counts_(counts),
          name_(fmt::format("{}.{}", slot.name, ++slot.started)),
          producer_(context.history, process.runtime, name_, config()),
          transactions_(context.history, producer_, slot.transactional_id) {}

    void run() {
        slot_.doing = "taking its transactional id over";
        while (is_transactional() && !transactions_.init()) {
            if (is_over() || transactions_.is_over()) return;
            rest(100ms);
        }
        while (!is_over() && !transactions_.is_over()) {
            slot_.doing = "resting";
            rest(random_.between(Duration(), 2 * pace()));
            transfer();
        }
        // Nobody hears of a crash.
        if (!process_.is_stopping && random_.below(3) == 0) return;
        slot_.doing = "closing";
        producer_->close(2s);
    }

private:
    [[nodiscard]] bool is_transactional() const {
        return settings_.mode == WorkMode::in_transaction;
    }
    [[nodiscard]] bool is_over() const {
        return process_.is_stopping || context_.workload.phase == Phase::finishing;
    }
    void rest(Duration duration) { process_.runtime.clock().sleep_for(duration); }
    [[nodiscard]] Duration pace() const {
        return Duration(1s) * settings_.instances / context_.workload.setting("produce_per_second");
    }
    [[nodiscard]] producer::ProducerConfig config() const {
        producer::ProducerConfig config = producer_config(settings_, context_.workload, name_);
        if (is_transactional()) config.transactional_id = slot_.transactional_id;
        return config;
    }

    void transfer() {
        const std::vector<TopicPartition> partitions = context_.partitions();
        if (partitions.empty()) return;
        if (!is_transactional()) {
            static_cast<void>(write_transfer(partitions, std::nullopt));
            return;
        }
        if (!transactions_.begin()) return;
        slot_.doing = "transferring";
        const std::int64_t count = random_.between(1, 3);
        bool is_whole = true;
        for (std::int64_t i = 0; i < count && is_whole; ++i) {
            is_whole = write_transfer(partitions, transactions_.number());
        }
        const bool gives_up = random_.below(100) < settings_.abort_percent;
        const auto goes_on = [this] { return !process_.is_stopping; };
        slot_.doing = "ending a transaction";
        if (is_whole && !gives_up && transactions_.commit(goes_on)) {
            ++counts_.committed;
            counts_.transfers += static_cast<std::uint64_t>(count);
        } else if (!transactions_.is_over() && !producer_->transaction_is_ending() &&
                   transactions_.abort(goes_on)) {
            ++counts_.aborted;
        }
        if (transactions_.is_over()) ++counts_.fenced;
    }

    [[nodiscard]] bool write_transfer(const std::vector<TopicPartition>& partitions,
                                      std::optional<TransactionNumber> transaction) {
        const std::int64_t accounts = context_.workload.setting("accounts");
        const std::int64_t from = random_.between(0, accounts - 1);
        const std::int64_t to = random_.between(0, accounts - 1);
        const std::int64_t amount = random_.between(1, 100);
        const std::string transfer = fmt::format("{} {}", name_, ++transfers_);
        const auto write = [&](std::int64_t account, std::int64_t change) {
            const HalfTransfer half{.transfer = transfer, .account = account, .amount = change};
            const auto place = static_cast<std::size_t>(account) % partitions.size();
            return producer_
                .send({.to = partitions[place], .key = half.to_key(), .transaction = transaction})
                .has_value();
        };
        if (!write(from, -amount)) return false;
        rest(random_.between(Duration(), settings_.longest_work));
        return write(to, amount);
    }

    const ApplicationContext& context_;
    const PipelineSettings& settings_;
    Process& process_;
    Random& random_;
    TellerSlot& slot_;
    BankCounts& counts_;
    const std::string name_;
    RecordedProducer producer_;
    RecordedTransactions transactions_;
    std::uint64_t transfers_ = 0;
};

class Bank final : public Application {
public:
    explicit Bank(const ApplicationContext& context)
        : context_(context), settings_(context.workload) {
        for (std::int64_t i = 0; i < settings_.instances; ++i) {
            const std::int64_t id = i % settings_.transactional_ids;
            tellers_.push_back({.name = fmt::format("teller{}", i),
                                .transactional_id = fmt::format("teller-{}", id),
                                .is_twin = i >= settings_.transactional_ids});
        }
    }

    std::vector<Program> programs(std::size_t machine) override {
        std::vector<Program> programs;
        std::size_t next = 0;
        const auto machines = static_cast<std::size_t>(context_.workload.setting("clients"));
        const auto add = [&](Program program) {
            if (next++ % machines == machine) programs.push_back(std::move(program));
        };
        for (TellerSlot& slot : tellers_) {
            add([this, &slot](Process& process) { run_teller(process, slot); });
        }
        for (int i = 0; i < 2; ++i) {
            add([this, i](Process& process) { run_auditor(process, i); });
        }
        add([this](Process& process) {
            set_transaction_version(context_, process, settings_.transaction_version,
                                    has_features_);
        });
        add([this](Process& process) {
            run_deserters(context_, settings_, process, counts_.deserters);
        });
        add([this](Process& process) {
            run_transaction_impostor(context_, settings_, process, counts_.impersonations);
        });
        return programs;
    }

    Stuck unfinished() override {
        std::string text;
        for (const TellerSlot& slot : tellers_) {
            if (!slot.is_done) text += fmt::format("{}: {}; ", slot.name, slot.doing);
        }
        if (!text.empty()) return {"V3", text};
        return {"T2", is_audited_ ? "" : "the auditors: " + auditing_};
    }

    Duration patience() const override { return 3 * settings_.transaction_timeout + 20s; }

    std::map<std::string, std::uint64_t> counts() const override {
        return {{"transfers", counts_.transfers},
                {"committed_transactions", counts_.committed},
                {"aborted_transactions", counts_.aborted},
                {"fenced_tellers", counts_.fenced},
                {"deserters", counts_.deserters},
                {"impersonations", counts_.impersonations},
                {"consistent_readings", counts_.consistent_readings}};
    }

    std::vector<Floor> floors() const override {
        const bool has_transactions = settings_.mode == WorkMode::in_transaction;
        return {{"committed transactions", counts_.committed, has_transactions ? 30U : 0U},
                {"aborted transactions", counts_.aborted, has_transactions ? 2U : 0U},
                {"consistent readings", counts_.consistent_readings, 10}};
    }

private:
    [[nodiscard]] bool is_finishing() const { return context_.workload.phase == Phase::finishing; }

    void run_teller(Process& process, TellerSlot& slot) {
        slot.is_done = false;
        while (!(context_.workload.topics_made && has_features_) && !process.is_stopping) {
            process.runtime.clock().sleep_for(50ms);
        }
        while (!process.is_stopping && !is_finishing()) {
            Teller(context_, settings_, process, slot, counts_).run();
            slot.doing = "starting again";
            process.runtime.clock().sleep_for(
                process.runtime.random().between(Duration(50ms), Duration(2s)));
        }
        slot.is_done = is_finishing();
    }

    /// Reads everything from the start, and judges each consistent state that it comes by.
    void run_auditor(Process& process, int index) {
        while (!context_.workload.topics_made && !process.is_stopping) {
            process.runtime.clock().sleep_for(50ms);
        }
        const std::string name = fmt::format("auditor{}.{}", index, ++auditors_started_);
        consumer::ConsumerConfig config = instance_config(settings_, context_.workload, name);
        config.group_id.clear();
        RecordedConsumer consumer(context_.history, process.runtime, name, std::move(config));
        const std::vector<TopicPartition> all = context_.partitions();
        CHECK(consumer->assign({all.begin(), all.end()}).has_value());
        Auditor auditor;
        while (!process.is_stopping) {
            const auto records = consumer.poll(200ms);
            if (!records) {
                process.runtime.clock().sleep_for(100ms);
                continue;
            }
            for (const consumer::ConsumerRecord& record : *records) see(auditor, name, record);
            judge(auditor, name, consumer, all);
        }
    }

    void see(Auditor& auditor, const std::string& name, const consumer::ConsumerRecord& record) {
        const ByteSpan key = record.key.value_or(Bytes()).span();
        const auto half = HalfTransfer::parse(
            std::string_view(reinterpret_cast<const char*>(key.data()), key.size()));
        CHECK(half.has_value(), "a record of nobody's");
        const std::string wrong = auditor.see(*half);
        if (!wrong.empty()) context_.workload.judge.violated("T2", "bank: {} sees {}", name, wrong);
        if (!auditor.is_consistent()) return;
        ++counts_.consistent_readings;
        context_.workload.judge.compared(1);
        if (auditor.total() == 0) return;
        context_.workload.judge.violated("T2", "bank: {} finds {} more in all than there was", name,
                                         auditor.total());
    }

    void judge(const Auditor& auditor, const std::string& name, RecordedConsumer& consumer,
               const std::vector<TopicPartition>& all) {
        const bool tellers_are_done = std::ranges::all_of(tellers_, &TellerSlot::is_done);
        if (!is_finishing() || !tellers_are_done) return;
        if (!auditor.is_consistent()) {
            auditing_ = fmt::format("{} has seen one half of transfer {}", name,
                                    auditor.open().begin()->first);
            return;
        }
        for (const TopicPartition& each : all) {
            const auto position = consumer->position(each);
            const std::int64_t end = context_.history.end_of(each);
            auditing_ = fmt::format("{} has read {} to {} of {}", name, each,
                                    position ? position->value() : -1, end);
            if (!position || position->value() < end) return;
        }
        is_audited_ = true;
    }

    const ApplicationContext& context_;
    const PipelineSettings settings_;
    std::vector<TellerSlot> tellers_;
    BankCounts counts_;
    std::uint64_t auditors_started_ = 0;
    bool has_features_ = false;
    bool is_audited_ = false;
    std::string auditing_ = "not begun";
};

/// Coordinators forget who has not been heard for a while, and nobody whose transaction is open for
/// longer than that. Not where two share an id: who was forgotten with its successor may come back.
/// Nor where producers wait for long: who was forgotten is not told how its transaction ended.
void draw_id_expiration(simulated::Plan& plan) {
    Draw draw(plan, "transactional id expiration");
    const bool has_twins = draw.workload("transactional_ids") < draw.workload("consumers");
    const bool are_late = draw.workload("late_verifications") != 0;
    if (has_twins || are_late || !draw.one_in(3)) return;
    draw.set("transactional.id.expiration.ms", draw.number(700, 6'000));
    draw.set("transaction.remove.expired.transaction.cleanup.interval.ms", draw.number(100, 1'000));
}

}  // namespace

std::span<const NumberRange> BankKind::numbers() const { return pipeline_numbers(); }

void BankKind::draw_numbers(simulated::Plan& plan) const {
    draw_exactly_once(plan);
    Draw draw(plan, "bank");
    draw.workload("accounts") = draw.number(2, 40);
}

/// Where each transaction has an epoch of its own, and nothing is sent outside of one, leaders may
/// forget a producer between two of them: what comes late is refused by its coordinator (KIP-890).
void BankKind::draw_settings(simulated::Plan& plan) const {
    draw_pipeline_settings(plan);
    draw_id_expiration(plan);
    Draw draw(plan, "producer expiration");
    const bool has_own_epochs = draw.workload("transactions") != 0 &&
                                draw.workload("transaction_version") >= kEpochPerTransaction;
    if (!has_own_epochs || !draw.coin()) return;
    draw.set("producer.id.expiration.ms", draw.number(500, 10'000));
    draw.set("log.retention.check.interval.ms", draw.number(200, 2'000));
}
void BankKind::draw_faults(simulated::Plan& plan) const { draw_pipeline_faults(plan); }

std::unique_ptr<Application> BankKind::make(const ApplicationContext& context) const {
    return std::make_unique<Bank>(context);
}

HistorySettings BankKind::settings(const simulated::Plan& plan) const {
    HistorySettings settings = settings_of_cluster(plan);
    settings.read_committed = true;
    return settings;
}

constinit const BankKind kBank;

}  // namespace gregor::scenarios::applications
