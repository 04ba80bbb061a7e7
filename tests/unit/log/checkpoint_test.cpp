// Kafka's text files and topic settings.
#include "broker/log/checkpoint_file.h"
#include "broker/log/log_config.h"
#include "tests/support/catch.h"

namespace gregor::log {
namespace {

TEST_CASE("offset checkpoints are Kafka's text and damage is seen") {
    const OffsetCheckpoint offsets{{{"a.b_c-d", 12}, Offset(3)}, {{"orders", 0}, Offset(1042)}};
    const std::string text = format_offset_checkpoint(offsets);
    REQUIRE(text == "0\n2\na.b_c-d 12 3\norders 0 1042\n");
    REQUIRE(parse_offset_checkpoint(text) == offsets);
    for (const std::string_view bad :
         {"", "1\n0\n", "0\n", "0\n-1\n", "0\n2\na 0 1\n", "0\n1\na 0 1\nb 0 1\n", "0\n1\na 0\n",
          "0\n1\na x 1\n", "0\n1\n 0 1\n"}) {
        REQUIRE(!parse_offset_checkpoint(bad));
    }
}

TEST_CASE("epoch checkpoints and partition.metadata are Kafka's text") {
    const std::vector<EpochEntry> entries{{LeaderEpoch(0), Offset(0)}, {LeaderEpoch(3), Offset(9)}};
    REQUIRE(format_epoch_checkpoint(entries) == "0\n2\n0 0\n3 9\n");
    REQUIRE(parse_epoch_checkpoint("0\n2\n0 0\n3 9\n") == entries);
    REQUIRE(!parse_epoch_checkpoint("0\n2\n0 0\n"));
    const auto id = protocol::parse_uuid("b53bvqciTUajLGACMHYgyA");
    REQUIRE(format_partition_metadata(*id) == "version: 0\ntopic_id: b53bvqciTUajLGACMHYgyA");
    REQUIRE(parse_partition_metadata("version: 0\ntopic_id: b53bvqciTUajLGACMHYgyA") == id);
    REQUIRE(!parse_partition_metadata("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA"));
    REQUIRE(!parse_partition_metadata(""));
}

TEST_CASE("meta.properties and the clean shutdown file are read and written") {
    const auto parsed = parse_meta_properties(
        "#\n#Sun Nov 22 11:40:22 UTC 2026\nnode.id=1\ndirectory.id=Ptm9zdWYAYj9uM0kBzI0og\n"
        "version=1\ncluster.id=zaL9798egFAqSvNgSBWNvw\n");
    REQUIRE(parsed->cluster_id == "zaL9798egFAqSvNgSBWNvw");
    REQUIRE(parsed->node_id == protocol::NodeId(1));
    REQUIRE(parse_meta_properties(format_meta_properties(*parsed)) == parsed);
    REQUIRE(!parse_meta_properties("cluster.id=x\n"));
    REQUIRE(format_clean_shutdown(123) == "{\"version\":0,\"brokerEpoch\":123}");
    REQUIRE(parse_clean_shutdown("{\"version\":0,\"brokerEpoch\":123}") == 123);
    REQUIRE(parse_clean_shutdown("") == -1);
    REQUIRE(!parse_clean_shutdown("{}"));
}

TEST_CASE("topic settings have Kafka's names, defaults and limits") {
    const LogConfig defaults;
    REQUIRE(defaults.value_of("cleanup.policy") == "delete");
    REQUIRE(defaults.value_of("segment.bytes") == "1073741824");
    REQUIRE(defaults.value_of("flush.messages") == "9223372036854775807");
    REQUIRE(defaults.value_of("min.cleanable.dirty.ratio") == "0.5");
    REQUIRE(defaults.value_of("message.timestamp.type") == "CreateTime");
    for (const LogConfigKey& key : log_config_keys()) {
        INFO(key.name);
        const auto same =
            LogConfig::with({}, {{std::string(key.name), defaults.value_of(key.name)}});
        REQUIRE(same);
        REQUIRE(*same == defaults);
    }
    const auto changed = LogConfig::with({}, {{"cleanup.policy", "compact, delete"},
                                              {"segment.bytes", "5000"},
                                              {"min.cleanable.dirty.ratio", "0.01"},
                                              {"message.timestamp.type", "LogAppendTime"},
                                              {"unclean.leader.election.enable", "true"}});
    REQUIRE(changed->cleanup_compact);
    REQUIRE(changed->cleanup_delete);
    REQUIRE(changed->segment_bytes == 5000);
    REQUIRE(changed->min_cleanable_dirty_ratio == Chance{10'000});
    REQUIRE(changed->unclean_leader_election_enable);
    for (const auto& [key, value] :
         std::map<std::string, std::string>{{"no.such.key", "1"},
                                            {"segment.bytes", "13"},
                                            {"segment.bytes ", "5000"},
                                            {"segment.ms", "0"},
                                            {"retention.ms", "-2"},
                                            {"cleanup.policy", "drop"},
                                            {"compression.type", "brotli"},
                                            {"preallocate", "yes"},
                                            {"max.message.bytes", "2147483648"},
                                            {"flush.ms", "soon"}}) {
        REQUIRE(!LogConfig::with({}, {{key, value}}));
    }
}

}  // namespace
}  // namespace gregor::log
