// make_history OPERATIONS [SEED]: a history of clients as scenarios/HISTORY.md says, on standard
// output, that passes. It is what a busy cluster with a group of consumers would give: idempotent
// and transactional producers on 64 partitions, a transaction in three that aborts or of which
// nobody can say how it ended, eight members that poll and commit, and a reader of everything at
// the end.
//
// An operation is a line: a send, a poll, a commit, a step of a transaction.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sim/base/random.h"

namespace gregor {
namespace {

constexpr std::uint32_t kPartitions = 64;
constexpr std::uint32_t kProducers = 32;  // every second one is transactional
constexpr std::uint32_t kMembers = 8;
constexpr std::size_t kFlush = std::size_t{1} << 20;

struct Record {
    std::int64_t offset = 0;
    std::string value;
};

struct Partition {
    std::int64_t end = 0;
    std::int64_t position = 0;    // of the group
    std::vector<Record> visible;  // to read_committed
    std::size_t delivered = 0;    // of them
};

struct Producer {
    std::uint64_t number = 0;
    std::uint64_t transaction = 0;
    std::uint64_t left = 0;  // sends of the open transaction
    std::vector<std::pair<std::uint32_t, Record>> pending;
};

class Maker {
public:
    Maker(std::uint64_t operations, std::uint64_t seed)
        : left_(operations), random_(seed), partitions_(kPartitions), producers_(kProducers) {}

    void run() {
        text_ = R"({"format":"gregor-history","version":2,"acks":"all","enable.idempotence":true,)"
                R"("unclean.leader.election.enable":false,"isolation.level":"read_committed"})"
                "\n";
        for (std::uint32_t p = 0; p < kPartitions; ++p) assign(p);
        while (left_ > 0) {
            const std::uint64_t what = random_.below(100);
            if (what < 60) {
                produce(static_cast<std::uint32_t>(random_.below(kProducers)));
            } else {
                consume(static_cast<std::uint32_t>(random_.below(kPartitions)), what >= 95);
            }
        }
        for (std::uint32_t producer = 0; producer < kProducers; ++producer) {
            if (producers_[producer].left > 0) finish(producer);
        }
        for (std::uint32_t p = 0; p < kPartitions; ++p) drain(p);
        flush();
    }

private:
    template <class... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        text_ += '{';
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
        fmt::format_to(std::back_inserter(text_), ",\"began\":{}.{:06},\"ended\":{}.{:06}}}\n",
                       now_ / 1'000'000, now_ % 1'000'000, (now_ + 3) / 1'000'000,
                       (now_ + 3) % 1'000'000);
        now_ += 4;
        if (left_ > 0) --left_;
        if (text_.size() > kFlush) flush();
    }

    void flush() {
        std::fwrite(text_.data(), 1, text_.size(), stdout);
        text_.clear();
    }

    static std::uint32_t member_of(std::uint32_t partition) { return partition % kMembers; }

    void assign(std::uint32_t p) {
        line(R"("op":"assign","consumer":"member-{}","group":"workers","topic":"orders",)"
             R"("partition":{},"offset":0,"generation":1)",
             member_of(p), p);
    }

    void produce(std::uint32_t id) {
        Producer& producer = producers_[id];
        const bool is_transactional = id % 2 == 1;
        if (is_transactional && producer.left == 0) {
            producer.left = 1 + random_.below(6);
            line(R"("op":"begin","producer":"producer-{}","transaction":{})", id,
                 ++producer.transaction);
            return;
        }
        send(id, is_transactional);
        if (is_transactional && --producer.left == 0) finish(id);
    }

    void send(std::uint32_t id, bool is_transactional) {
        Producer& producer = producers_[id];
        const auto p = static_cast<std::uint32_t>(random_.below(kPartitions));
        Partition& partition = partitions_[p];
        Record record{partition.end++, fmt::format("producer-{} {}", id, producer.number)};
        const std::string transaction =
            is_transactional ? fmt::format(",\"transaction\":{}", producer.transaction) : "";
        line(R"("op":"send","producer":"producer-{}","number":{},"topic":"orders","partition":{},)"
             R"("value":"{}","result":"ok","offset":{}{})",
             id, producer.number++, p, record.value, record.offset, transaction);
        if (is_transactional) {
            producer.pending.emplace_back(p, std::move(record));
        } else {
            hold(p, std::move(record));
        }
    }

    /// In a log what is committed first need not stand first: it is given when all before it is
    /// decided.
    void hold(std::uint32_t p, Record record) {
        partitions_[p].visible.push_back(std::move(record));
    }

    void finish(std::uint32_t id) {
        Producer& producer = producers_[id];
        const std::uint64_t how = random_.below(10);
        const bool commits = how != 0;
        line(R"("op":"{}","producer":"producer-{}","transaction":{},"result":"{}")",
             commits ? "commit" : "abort", id, producer.transaction, how == 1 ? "unknown" : "ok");
        for (auto& [p, record] : producer.pending) {
            if (commits) hold(p, std::move(record));
            ++partitions_[p].end;  // a marker
        }
        producer.pending.clear();
        producer.left = 0;
    }

    /// Below the first record of an open transaction.
    [[nodiscard]] std::int64_t last_stable_offset(std::uint32_t p) const {
        std::int64_t stable = partitions_[p].end;
        for (const Producer& producer : producers_) {
            for (const auto& [at, record] : producer.pending) {
                if (at == p) stable = std::min(stable, record.offset);
            }
        }
        return stable;
    }

    void consume(std::uint32_t p, bool commits) {
        Partition& partition = partitions_[p];
        const std::int64_t stable = last_stable_offset(p);
        const auto first =
            partition.visible.begin() + static_cast<std::ptrdiff_t>(partition.delivered);
        std::ranges::sort(first, partition.visible.end(), {}, &Record::offset);
        std::size_t until = partition.delivered;
        while (until < partition.visible.size() && partition.visible[until].offset < stable &&
               until - partition.delivered < 10) {
            ++until;
        }
        if (until > partition.delivered) {
            line(R"("op":"poll","consumer":"member-{}","topic":"orders","partition":{},)"
                 R"("records":[{}])",
                 member_of(p), p, records(partition, partition.delivered, until));
            partition.position = partition.visible[until - 1].offset + 1;
            partition.delivered = until;
        }
        if (commits) {
            line(
                R"("op":"offset_commit","group":"workers","consumer":"member-{}","topic":"orders",)"
                R"("partition":{},"offset":{},"generation":1,"result":"ok")",
                member_of(p), p, partition.position);
        }
    }

    static std::string records(const Partition& partition, std::size_t from, std::size_t until) {
        std::string text;
        for (std::size_t i = from; i < until; ++i) {
            const Record& record = partition.visible[i];
            fmt::format_to(std::back_inserter(text), "{}[{},\"{}\"]", i == from ? "" : ",",
                           record.offset, record.value);
        }
        return text;
    }

    void drain(std::uint32_t p) {
        Partition& partition = partitions_[p];
        std::ranges::sort(partition.visible, {}, &Record::offset);
        line(R"("op":"seek","consumer":"reader","topic":"orders","partition":{},"offset":0)", p);
        for (std::size_t from = 0; from < partition.visible.size(); from += 100) {
            const std::size_t until = std::min(from + 100, partition.visible.size());
            line(
                R"("op":"poll","consumer":"reader","topic":"orders","partition":{},"records":[{}])",
                p, records(partition, from, until));
        }
        line(R"("op":"end","consumer":"reader","topic":"orders","partition":{1},"log_start":0,)"
             R"("log_end":{0},"position":{0})",
             partition.end, p);
    }

    std::uint64_t left_;
    Random random_;
    std::vector<Partition> partitions_;
    std::vector<Producer> producers_;
    std::uint64_t now_ = 0;  // microseconds
    std::string text_;
};

}  // namespace
}  // namespace gregor

int main(int count, char** arguments) {
    if (count < 2) {
        fmt::print(stderr, "make_history OPERATIONS [SEED]\n");
        return 254;
    }
    const auto number = [&](int i) { return std::strtoull(arguments[i], nullptr, 10); };
    gregor::Maker(number(1), count > 2 ? number(2) : 1).run();
    return 0;
}
