// ElectionMetrics: leaders elected from outside the in-sync set, which may lose what was
// acknowledged (Kafka's UncleanLeaderElectionsPerSec), seen in the images that a controller
// publishes.
#pragma once

#include "broker/metadata/image.h"
#include "broker/metrics/counter.h"

namespace gregor::server {

class ElectionMetrics {
public:
    /// Each pair of images that follow each other, in order.
    void published(const metadata::MetadataImage& before, const metadata::MetadataImage& after);

    [[nodiscard]] const metrics::Counter& unclean() const { return unclean_; }

private:
    metrics::Counter unclean_;
};

}  // namespace gregor::server
