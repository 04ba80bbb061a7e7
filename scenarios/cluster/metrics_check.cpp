#include "scenarios/cluster/metrics_check.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

namespace gregor::scenarios::cluster {
namespace {

/// The series of one page whose values are whole numbers, by name and labels.
using Page = std::map<std::string, std::int64_t, std::less<>>;

Page parse(std::string_view text) {
    Page page;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(line.size() + 1);
        const std::size_t blank = line.rfind(' ');
        if (line.starts_with('#') || blank == std::string_view::npos) continue;
        std::int64_t value = 0;
        const char* const last = line.data() + line.size();
        const auto [stopped, error] = std::from_chars(line.data() + blank + 1, last, value);
        if (error == std::errc{} && stopped == last) page.emplace(line.substr(0, blank), value);
    }
    return page;
}

class MetricsCheck {
public:
    explicit MetricsCheck(const Nodes& nodes) : nodes_(nodes) {}

    [[nodiscard]] std::string check() {
        for (const ClusterNode& each : nodes_.all) {
            if (each.is_absent) continue;
            if (each.is_cut_off) continue;  // it knows what the cluster was
            const server::Node* node = each.serving();
            if (node == nullptr) return each.machine->name() + " does not serve";
            pages_.emplace(each.id, parse(node->metrics_page()));
        }
        check_pages();
        return wrong_;
    }

private:
    void check_pages() {
        const metadata::MetadataImage& image = *nodes_.image();
        const auto registered = static_cast<std::int64_t>(image.brokers().size());
        const std::int64_t gone = stopped_for_good();
        std::int64_t partitions = 0;
        std::int64_t replicas = 0;
        for (const auto& [id, topic] : image.topics()) {
            for (const auto& [index, state] : topic->partitions) {
                ++partitions;
                replicas += static_cast<std::int64_t>(state.replicas.size());
                check_log_ends(topic->name, index.value(), state);
            }
        }
        expect_sum("kafka_controller_kafkacontroller_activecontrollercount", 1);
        expect_each("kafka_controller_kafkacontroller_globalpartitioncount", partitions);
        expect_each("kafka_controller_kafkacontroller_offlinepartitionscount", 0);
        expect_each("kafka_controller_kafkacontroller_activebrokercount", registered - gone);
        expect_each("kafka_controller_kafkacontroller_fencedbrokercount", gone);
        expect_sum("kafka_server_replicamanager_leadercount", partitions);
        expect_sum("kafka_server_replicamanager_partitioncount", replicas);
        expect_sum("kafka_server_replicamanager_underreplicatedpartitions", 0);
        expect_sum("kafka_server_replicamanager_underminisrpartitioncount", 0);
        expect_sum("kafka_server_replicamanager_offlinereplicacount", 0);
        expect_each("kafka_server_brokermetadatametrics_last_applied_record_offset",
                    nodes_.image_offset() - 1);
    }

    /// Brokers that stopped and were not unregistered.
    [[nodiscard]] std::int64_t stopped_for_good() const {
        return std::ranges::count_if(nodes_.all, [this](const ClusterNode& each) {
            return each.is_absent &&
                   nodes_.image()->find_broker(protocol::NodeId(each.id)) != nullptr;
        });
    }

    template <class... Args>
    void wrong(fmt::format_string<Args...> format, Args&&... args) {
        wrong_ += (wrong_.empty() ? "" : "; ") + fmt::format(format, std::forward<Args>(args)...);
    }

    void expect_sum(std::string_view series, std::int64_t expected) {
        std::int64_t sum = 0;
        for (const auto& [id, page] : pages_) {
            const auto found = page.find(series);
            if (found != page.end()) sum += found->second;
        }
        if (sum != expected) wrong("{} is {} over all nodes, not {}", series, sum, expected);
    }

    /// Wherever it stands.
    void expect_each(std::string_view series, std::int64_t expected) {
        for (const auto& [id, page] : pages_) {
            const auto found = page.find(series);
            if (found == page.end() || found->second == expected) continue;
            wrong("{} is {} on n{}, not {}", series, found->second, id, expected);
        }
    }

    void check_log_ends(const std::string& topic, std::int32_t index,
                        const metadata::PartitionState& state) {
        if (!state.has_leader()) return;
        const auto leader = nodes_.node(state.leader).serving()->replicas().find({topic, index});
        if (leader == nullptr || leader->log == nullptr) return;
        const std::int64_t end = leader->log->log_end_offset().value();
        const std::string series = fmt::format(
            "kafka_log_log_logendoffset{{topic=\"{}\",partition=\"{}\"}}", topic, index);
        for (const protocol::NodeId replica : state.replicas) {
            const Page& page = pages_.at(replica.value());
            const auto found = page.find(series);
            if (found != page.end() && found->second == end) continue;
            wrong("{} is {} on n{}, but the leader's log ends at {}", series,
                  found == page.end() ? "not there" : std::to_string(found->second),
                  replica.value(), end);
        }
    }

    const Nodes& nodes_;
    std::string wrong_;
    std::map<std::int32_t, Page> pages_;
};

}  // namespace

namespace {

std::int64_t value_of(const Page& page, std::string_view series) {
    const auto found = page.find(series);
    return found == page.end() ? -1 : found->second;
}

}  // namespace

void RunningMetrics::look() {
    for (const ClusterNode& each : nodes_.all) {
        if (each.is_broker && each.serving() != nullptr) look_at(each, brokers_[each.id]);
    }
}

void RunningMetrics::look_at(const ClusterNode& node, Broker& broker) {
    const Page page = parse(node.serving()->metrics_page());
    constexpr std::string_view kShrinks = "kafka_server_replicamanager_isrshrinks_total";
    constexpr std::string_view kExpands = "kafka_server_replicamanager_isrexpands_total";
    if (broker.start != node.machine->starts()) broker = {.start = node.machine->starts()};
    const auto led_before = std::exchange(broker.led, {});
    std::int64_t replicas = 0;
    std::int64_t under_replicated = 0;
    std::int64_t under_min_isr = 0;
    for (const replication::HostedRef& hosted : node.serving()->replicas().hosted()) {
        ++replicas;
        const replication::LeaderRole* const leader = hosted->state.leader();
        if (leader == nullptr) continue;
        const Led led{hosted->topic_id, leader->epoch, leader->isr.committed().size()};
        broker.led.emplace(hosted->partition, led);
        const auto min_isr = static_cast<std::size_t>(hosted->state.settings().min_insync_replicas);
        if (led.isr < leader->replicas.size()) ++under_replicated;
        if (led.isr < std::min(min_isr, leader->replicas.size())) ++under_min_isr;
        const auto before = led_before.find(hosted->partition);
        if (before == led_before.end() || before->second.topic_id != led.topic_id ||
            before->second.epoch != led.epoch) {
            continue;
        }
        if (led.isr < before->second.isr) ++broker.shrinks;
        if (led.isr > before->second.isr) ++broker.expands;
    }
    const auto hold = [&](std::string_view series, std::int64_t least, std::int64_t most) {
        const std::int64_t told = value_of(page, series);
        judge_.compared();
        if (told >= least && told <= most) return;
        judge_.violated("O1", "{} is {} on {}, not {}", series, told, node.machine->name(), least);
    };
    const auto leaders = static_cast<std::int64_t>(broker.led.size());
    hold("kafka_server_replicamanager_partitioncount", replicas, replicas);
    hold("kafka_server_replicamanager_leadercount", leaders, leaders);
    hold("kafka_server_replicamanager_underreplicatedpartitions", under_replicated,
         under_replicated);
    hold("kafka_server_replicamanager_underminisrpartitioncount", under_min_isr, under_min_isr);
    hold(kShrinks, broker.shrinks, INT64_MAX);
    hold(kExpands, broker.expands, INT64_MAX);
    // Those that nobody looked at have been counted, too.
    broker.shrinks = value_of(page, kShrinks);
    broker.expands = value_of(page, kExpands);
}

std::string what_metrics_get_wrong(const Nodes& nodes) { return MetricsCheck(nodes).check(); }

}  // namespace gregor::scenarios::cluster
