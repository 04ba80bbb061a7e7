// ImageInvariants: the metadata images that nodes publish, held against each other and against
// those before.
//
// M2: equal on all nodes at equal offsets. M4: who may be in ISR, ELR and lead, and in which racks
// replicas are placed. M5: epochs rise, and with every change. M8: topic ids and producer ids are
// never given twice.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "scenarios/checkers/cluster_view.h"
#include "scenarios/judge.h"

namespace gregor::scenarios {

class ImageInvariants {
public:
    struct Options {
        /// M2 looks at every so many offsets: comparing whole images costs.
        std::int64_t compare_every = 1;
        /// And at every so many whether a snapshot would say the same: writing one costs more.
        std::int64_t snapshot_every = 8;
    };

    ImageInvariants(Judge& judge, Options options) : judge_(judge), options_(options) {}

    void check(const std::map<NodeId, ImageView>& images);
    /// The newest that any node has published, also one that is gone; empty at first.
    [[nodiscard]] const metadata::MetadataImage& newest() const { return *newest_.image; }

private:
    void compare(NodeId node, const ImageView& seen);
    void take_newer(const ImageView& next);
    void check_snapshot(const ImageView& next);
    void check_topic(const metadata::TopicImage& topic, const metadata::TopicImage* before,
                     const metadata::MetadataImage& next);
    void check_partition(std::string_view name, const metadata::PartitionState& state,
                         const metadata::MetadataImage& next);
    void check_placement(std::string_view name, const metadata::PartitionState& state,
                         const metadata::MetadataImage& next);
    void check_change(std::string_view name, const metadata::PartitionState& before,
                      const metadata::PartitionState& after);
    void check_leader_change(std::string_view name, const metadata::PartitionState& before,
                             const metadata::PartitionState& after);
    void check_brokers(const metadata::MetadataImage& next);
    void check_ids(const metadata::MetadataImage& next);

    struct FirstSeen {
        NodeId node;
        metadata::ImageRef image;
    };

    Judge& judge_;
    Options options_;
    ImageView newest_{Offset(0), std::make_shared<const metadata::MetadataImage>()};
    std::map<Offset, FirstSeen> first_seen_;
    std::map<NodeId, Offset> compared_;
    std::map<protocol::TopicId, std::string> topic_names_;
};

}  // namespace gregor::scenarios
