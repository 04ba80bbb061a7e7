// MetadataLoader: applies the records of the metadata log in their order and keeps two images
// apart: the one after every record, and the one that may be seen. They differ only inside a
// metadata transaction (KIP-868), whose records count all together at its end marker, or never:
//
//     ... | begin | r1  r2 | r3 | end | ...
//     visible:  stays as before     ^ takes r1, r2, r3
//
// A leader that died inside a transaction left it open: whoever leads next writes an abort marker
// first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/metadata/image.h"
#include "broker/protocol/ids.h"

namespace gregor::metadata {

class MetadataLoader {
public:
    MetadataLoader() = default;
    /// From a snapshot that holds everything below `next_offset`.
    MetadataLoader(MetadataImage image, protocol::Offset next_offset)
        : image_(std::move(image)), next_offset_(next_offset) {}

    /// Applies the record at `offset`, at or above next_offset(); control records leave gaps. An
    /// error means that the log does not make sense; the loader is then of no more use.
    [[nodiscard]] Result<void, std::string> apply(protocol::Offset offset,
                                                  const MetadataRecord& record);
    /// Control records and other offsets that have nothing to say.
    void skip_to(protocol::Offset next_offset);

    /// After every record so far, those of an open transaction too: what a controller decides upon.
    [[nodiscard]] const MetadataImage& image() const { return image_; }
    /// What may be published and put into a snapshot.
    [[nodiscard]] const MetadataImage& visible() const {
        return before_transaction_ ? *before_transaction_ : image_;
    }
    [[nodiscard]] bool in_transaction() const { return before_transaction_.has_value(); }
    [[nodiscard]] protocol::Offset next_offset() const { return next_offset_; }

private:
    MetadataImage image_;
    std::optional<MetadataImage> before_transaction_;
    protocol::Offset next_offset_{0};
};

}  // namespace gregor::metadata
