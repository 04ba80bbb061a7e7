// ImageAnswers: what a broker tells tools of topics and of settings, held against the images that
// it goes by when it is asked and when the answer has come:
//
//     image   40 ........ 44 ........ 47        a partition that is the same at 40 and at 47 is
//              ^ asked                ^ told     told of as it is; of others nothing is said
//
// M2: an answer is what the metadata log says. Pure.
#pragma once

#include <map>
#include <span>
#include <string>

#include "broker/log/log_config.h"
#include "broker/metadata/image.h"
#include "broker/protocol/messages/configs.h"
#include "broker/protocol/messages/metadata.h"
#include "scenarios/checkers/answer_fault.h"

namespace gregor::scenarios {

class ImageAnswers {
public:
    using Topic = protocol::DescribeTopicPartitionsResponse::Topic;
    using Partition = protocol::DescribeTopicPartitionsResponse::Partition;
    using Described = protocol::DescribeConfigsResponse::Result;

    /// Both outlive it.
    ImageAnswers(const metadata::MetadataImage& before, const metadata::MetadataImage& after)
        : before_(before), after_(after) {}

    /// DescribeTopicPartitions: all pages of a walk through all topics. A topic that goes on on the
    /// next page is there twice.
    [[nodiscard]] AnswerVerdict check_topics(std::span<const Topic> told) const;
    /// DescribeConfigs of a topic, of every key. `defaults`: what the broker's own settings make of
    /// a log whose topic has none.
    [[nodiscard]] AnswerVerdict check_topic_configs(const Described& told,
                                                    const log::LogConfig& defaults) const;
    /// DescribeConfigs of the broker itself, of every key. `properties`: from its file.
    [[nodiscard]] AnswerVerdict check_broker_configs(
        const Described& told, const std::map<std::string, std::string>& properties) const;

private:
    [[nodiscard]] AnswerVerdict check_partition(const metadata::TopicImage& topic,
                                                const Partition& told) const;
    /// nullptr: not the same topic before and after.
    [[nodiscard]] const metadata::TopicImage* steady_topic(const std::string& name) const;
    /// Whether the partition and all its brokers are the same before and after.
    [[nodiscard]] bool is_steady(const metadata::TopicImage& topic,
                                 protocol::PartitionId partition) const;

    const metadata::MetadataImage& before_;
    const metadata::MetadataImage& after_;
};

}  // namespace gregor::scenarios
