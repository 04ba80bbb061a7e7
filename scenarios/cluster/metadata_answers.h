// MetadataAnswers: what a broker tells clients of the cluster is what it has read when it is asked,
// or something newer.
//
//     broker's image   40 ........ 44 ........ 47
//                          ^ asked                ^ answered: as of 40, 44 or 47, not before
//
// A broker that was fenced in all of these is not told of (M4), no leader epoch is older than the
// first, or newer than any (M5), and a partition that is the same in all is told of as it is (M2).
#pragma once

#include <map>

#include "broker/protocol/messages/metadata.h"
#include "scenarios/cluster/nodes.h"
#include "scenarios/judge.h"

namespace gregor::scenarios::cluster {

class MetadataAnswers {
public:
    MetadataAnswers(Judge& judge, Nodes& nodes) : judge_(judge), nodes_(nodes) {}

    /// What the broker knows as it is asked.
    struct Question {
        const ClusterNode* node = nullptr;
        std::uint64_t start = 0;
        protocol::Offset image_offset{0};
        metadata::ImageRef image;  // nullptr: it does not serve
    };

    /// Some node has published an image.
    void image_published();
    [[nodiscard]] Question ask(protocol::NodeId broker) const;
    void judge(const Question& question, const protocol::MetadataResponse& answer) const;

private:
    void judge_partition(const Question& question, const protocol::MetadataResponse::Topic& of,
                         const protocol::MetadataResponse::Partition& told) const;

    Judge& judge_;
    Nodes& nodes_;
    std::map<protocol::NodeId, std::int64_t> fenced_since_;  // which image
};

}  // namespace gregor::scenarios::cluster
