// Draft: a decision of several steps, each made on the state after the one before. It carries the
// image as it will be once its records are applied, so that two changes of one partition cannot
// undo each other (KAFKA-13173).
//
//     image ──step──> records, image' ──step──> records, image'' …
//
// An image is a handful of shared pointers: a draft costs nothing until its first record.
#pragma once

#include <utility>
#include <vector>

#include "broker/controller/controller_result.h"
#include "broker/metadata/image.h"
#include "sim/base/check.h"

namespace gregor::controller {

class Draft {
public:
    explicit Draft(const metadata::MetadataImage& image) : image_(image) {}

    /// With every record so far.
    [[nodiscard]] const metadata::MetadataImage& image() const { return image_; }

    void add(metadata::MetadataRecord record) {
        records_.push_back(versioned(std::move(record), image_.metadata_version()));
        const auto applied = image_.apply(records_.back().record);
        CHECK(applied.has_value(), "our own record does not apply: {}", applied.error());
    }

    [[nodiscard]] std::size_t size() const { return records_.size(); }
    [[nodiscard]] std::vector<VersionedRecord> take_records() && { return std::move(records_); }

private:
    metadata::MetadataImage image_;
    std::vector<VersionedRecord> records_;
};

}  // namespace gregor::controller
